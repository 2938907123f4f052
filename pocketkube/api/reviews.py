"""Questions about who somebody is and what they may: the owner of the cluster everything, a ServiceAccount only ask.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
"""

from __future__ import annotations

from dataclasses import dataclass

from pocketkube.api.authorization import (
    DISCOVERY,
    PUBLIC,
    SELF_REVIEWS,
    Attributes,
    Authenticator,
    User,
    allowed,
    named_user,
)
from pocketkube.errors import Cause, invalid
from pocketkube.resources import Resource
from pocketkube.service_account_tokens import ISSUER
from pocketkube.store import Object


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
BY_CLUSTER_ADMIN = 'RBAC: allowed by ClusterRoleBinding "{}" of ClusterRole "cluster-admin" to Group "{}"'
BINDINGS = {"kubeadm:cluster-admins": "kubeadm:cluster-admins", "system:masters": "cluster-admin"}


def answer(review: Review, body: Object, user: User, authenticator: Authenticator) -> Object:
    """ApiError 422 for a question that lacks what it is about."""
    spec = body.get("spec") or {}
    return {
        "kind": review.kind,
        "apiVersion": f"{review.group}/{review.version}",
        "metadata": {},
        **({"spec": spec} if review is not IDENTITY else {}),
        "status": _status(review, spec, user, authenticator),
    }


def _status(review: Review, spec: Object, user: User, authenticator: Authenticator) -> Object:
    if review is IDENTITY:
        return {"userInfo": _user_info(user)}
    if review is TOKEN:
        return _token(spec, authenticator)
    if review is RULES:
        return _rules(user)
    _check_access(review, spec)
    if review is not ACCESS:
        user = named_user(spec.get("user", ""), tuple(spec.get("groups") or ()))
    return _access(spec, user)


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


def _access(spec: Object, user: User) -> Object:
    about = spec.get("resourceAttributes") or {}
    path = (spec.get("nonResourceAttributes") or {}).get("path", "")
    verb = (about or spec.get("nonResourceAttributes") or {}).get("verb", "")
    if not allowed(user, Attributes(verb, path, about.get("group", ""), about.get("resource", ""))):
        return {"allowed": False}
    group = next((group for group in user.groups if group in BINDINGS), None)
    return {"allowed": True, **({"reason": BY_CLUSTER_ADMIN.format(BINDINGS[group], group)} if group else {})}


def _token(spec: Object, authenticator: Authenticator) -> Object:
    user = authenticator.known(spec.get("token", ""))
    if user is None:
        return {"user": {}, "error": "[invalid bearer token, Token could not be parsed]"}
    return {"authenticated": True, "user": _user_info(user), "audiences": [ISSUER]}


def _user_info(user: User) -> Object:
    return {"username": user.name, "groups": list(user.groups)}


def _rules(user: User) -> Object:
    """Those of cluster-admin for whom it is bound to; of system:basic-user, system:discovery, public-info-viewer."""
    own = [review for review in REVIEWS if review.plural in SELF_REVIEWS]
    resources = [{"verbs": ["create"], "apiGroups": [each.group], "resources": [each.plural]} for each in own]
    paths = [{"verbs": ["get"], "nonResourceURLs": sorted({*PUBLIC, *DISCOVERY})}]
    paths.append({"verbs": ["get"], "nonResourceURLs": list(PUBLIC)})
    if user.all_powerful:
        resources.insert(0, {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]})
        paths.insert(0, {"verbs": ["*"], "nonResourceURLs": ["*"]})
    return {"resourceRules": resources, "nonResourceRules": paths, "incomplete": False}
