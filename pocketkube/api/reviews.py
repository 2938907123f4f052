"""Questions about who somebody is and what they may.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
"""

from __future__ import annotations

from dataclasses import dataclass

from pocketkube.api.authorization import Authenticator
from pocketkube.errors import Cause, invalid
from pocketkube.rbac.authorizer import decide, rules_of
from pocketkube.rbac.request import Attributes, User, named_user
from pocketkube.resources import Resource
from pocketkube.service_account_tokens import ISSUER
from pocketkube.store import Object, Store


@dataclass(frozen=True, slots=True)
class Review:
    """A kind that is only ever created, and answered at once."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = False


IDENTITY = Review("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview")
TOKEN = Review("authentication.k8s.io", "v1", "tokenreviews", "TokenReview")
LOCAL_ACCESS = Review(
    "authorization.k8s.io", "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", namespaced=True
)
ACCESS = Review("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview")
RULES = Review("authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview")
OTHERS_ACCESS = Review("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview")
REVIEWS = (IDENTITY, TOKEN, LOCAL_ACCESS, ACCESS, RULES, OTHERS_ACCESS)


def answer(store: Store, review: Review, body: Object, user: User, authenticator: Authenticator) -> Object:
    """ApiError 422 for a question that lacks what it is about."""
    spec = body.get("spec") or {}
    return {
        "kind": review.kind,
        "apiVersion": f"{review.group}/{review.version}",
        "metadata": {},
        **({"spec": spec} if review is not IDENTITY else {}),
        "status": _status(store, review, spec, user, authenticator),
    }


def _status(store: Store, review: Review, spec: Object, user: User, authenticator: Authenticator) -> Object:
    if review is IDENTITY:
        return {"userInfo": _user_info(user)}
    if review is TOKEN:
        return _token(spec, authenticator)
    if review is RULES:
        return _rules(store, spec, user)
    _check_access(review, spec)
    if review is not ACCESS:
        user = named_user(spec.get("user", ""), tuple(spec.get("groups") or ()))
    return _access(store, spec, user)


def _check_access(review: Review, spec: Object) -> None:
    """k8s.io/kubernetes/pkg/apis/authorization/validation"""
    causes = []
    both = "resourceAttributes" in spec, "nonResourceAttributes" in spec
    if both == (True, True):
        what = "cannot be specified in combination with resourceAttributes"
        causes.append(Cause.invalid("spec.nonResourceAttributes", "null", what))
    if both == (False, False):
        what = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        causes.append(Cause.invalid("spec.resourceAttributes", "null", what))
    if review is not ACCESS and not spec.get("user") and not spec.get("groups"):
        causes.append(Cause.invalid("spec.user", '""', "at least one of user or group must be specified"))
    if causes:
        kind = Resource(review.group, review.version, review.plural, review.kind.lower(), review.kind)
        raise invalid(kind, "", causes)


def _access(store: Store, spec: Object, user: User) -> Object:
    about, path = spec.get("resourceAttributes") or {}, spec.get("nonResourceAttributes") or {}
    resource, subresource = about.get("resource", ""), about.get("subresource", "")
    wanted = Attributes(
        (about or path).get("verb", ""),
        path.get("path", ""),
        about.get("group", ""),
        f"{resource}/{subresource}" if subresource else resource,
        about.get("namespace", ""),
        about.get("name", ""),
    )
    decision = decide(store, user, wanted)
    return {"allowed": decision.allowed, **({"reason": decision.reason} if decision.reason else {})}


def _token(spec: Object, authenticator: Authenticator) -> Object:
    user = authenticator.known(spec.get("token", ""))
    if user is None:
        return {"user": {}, "error": "[invalid bearer token, Token could not be parsed]"}
    return {"authenticated": True, "user": _user_info(user), "audiences": [ISSUER]}


def _user_info(user: User) -> Object:
    return {"username": user.name, "groups": list(user.groups)}


def _rules(store: Store, spec: Object, user: User) -> Object:
    rules, problems = rules_of(store, user, spec.get("namespace", ""))
    status = {
        "resourceRules": [rule for rule in rules if not rule.get("nonResourceURLs")],
        "nonResourceRules": [rule for rule in rules if rule.get("nonResourceURLs")],
        "incomplete": bool(problems),
    }
    return {**status, **({"evaluationError": problems} if problems else {})}
