"""Questions about who one is and what one may: the owner of the cluster everything, a ServiceAccount only ask.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
"""

from __future__ import annotations

from dataclasses import dataclass

from pocketkube.api.authorization import DISCOVERY, OWNER, PUBLIC
from pocketkube.store import Object


@dataclass(frozen=True, slots=True)
class Review:
    """A kind that is only ever created, and answered at once."""

    group: str
    version: str
    plural: str
    kind: str


IDENTITY = Review("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview")
ACCESS = Review("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview")
RULES = Review("authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview")
REVIEWS = (IDENTITY, ACCESS, RULES)


def answer(review: Review, body: object, user: str) -> Object:
    spec = body.get("spec") if isinstance(body, dict) else None
    return {
        "kind": review.kind,
        "apiVersion": f"{review.group}/{review.version}",
        "metadata": {},
        **({"spec": spec} if spec is not None else {}),
        "status": _status(review, user),
    }


def _status(review: Review, user: str) -> Object:
    if review is IDENTITY:
        return {"userInfo": {"username": user, "groups": _groups(user)}}
    if review is ACCESS:
        return {"allowed": user == OWNER}
    if user == OWNER:
        resources = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
        paths = ["*"]
    else:
        resources = [{"verbs": ["create"], "apiGroups": [each.group], "resources": [each.plural]} for each in REVIEWS]
        paths = [path for each in (*PUBLIC, *DISCOVERY) for path in (each, f"{each}/*")]
    rules = [{"verbs": ["*" if user == OWNER else "get"], "nonResourceURLs": paths}]
    return {"resourceRules": resources, "nonResourceRules": rules, "incomplete": False}


def _groups(user: str) -> list[str]:
    if user == OWNER:
        return ["kubeadm:cluster-admins", "system:authenticated"]
    namespace = user.removeprefix("system:serviceaccount:").partition(":")[0]
    return ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"]
