"""Questions about who one is and what one may: whoever has the token may do everything.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
"""

from __future__ import annotations

from dataclasses import dataclass

from pocketkube.store import Object

USER = {"username": "kubernetes-admin", "groups": ["kubeadm:cluster-admins", "system:authenticated"]}
EVERYTHING = {
    "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
    "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
    "incomplete": False,
}


@dataclass(frozen=True, slots=True)
class Review:
    """A kind that is only ever created, and answered at once with `status`."""

    group: str
    version: str
    plural: str
    kind: str
    status: Object


REVIEWS = (
    Review("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", {"userInfo": USER}),
    Review("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", {"allowed": True}),
    Review("authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", EVERYTHING),
)


def answer(review: Review, body: object) -> Object:
    spec = body.get("spec") if isinstance(body, dict) else None
    return {
        "kind": review.kind,
        "apiVersion": f"{review.group}/{review.version}",
        "metadata": {},
        **({"spec": spec} if spec is not None else {}),
        "status": review.status,
    }
