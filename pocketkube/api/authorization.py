"""Who may do what: the owner of the cluster everything, everybody else what Kubernetes allows by default.

That is discovery for the ServiceAccounts of Pods, and for nobody in particular whether the API is well.
Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from fnmatch import fnmatchcase

from aiohttp import hdrs, web

from pocketkube.errors import ApiError
from pocketkube.service_account_tokens import ServiceAccountTokens

UNAUTHORIZED = ApiError(401, "Unauthorized", "Unauthorized")
ALL_POWERFUL = {"system:masters", "kubeadm:cluster-admins"}  # groups that are bound to cluster-admin
ACCOUNT = "system:serviceaccount:"
AUTHENTICATED, UNAUTHENTICATED = "system:authenticated", "system:unauthenticated"
# Of the roles system:public-info-viewer and system:discovery; at its end a * stands for whatever follows.
PUBLIC = ("/healthz", "/livez", "/readyz", "/version", "/version/")
DISCOVERY = ("/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*")
SELF_REVIEWS = ("selfsubjectaccessreviews", "selfsubjectreviews", "selfsubjectrulesreviews")
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


@dataclass(frozen=True, slots=True)
class User:
    name: str
    groups: tuple[str, ...]

    @property
    def all_powerful(self) -> bool:
        return not ALL_POWERFUL.isdisjoint(self.groups)

    @property
    def anonymous(self) -> bool:
        return UNAUTHENTICATED in self.groups


ANONYMOUS = User("system:anonymous", (UNAUTHENTICATED,))
OWNER = User("kubernetes-admin", ("kubeadm:cluster-admins", AUTHENTICATED))


def named_user(name: str, groups: tuple[str, ...] = ()) -> User:
    """With the groups that come with a name: those of ServiceAccounts, and that one has said who one is."""
    if name == ANONYMOUS.name:
        return ANONYMOUS
    if name.startswith(ACCOUNT) and not groups:
        namespace = name.removeprefix(ACCOUNT).partition(":")[0]
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return User(name, groups if AUTHENTICATED in groups else (*groups, AUTHENTICATED))


class Authenticator:
    """Knows the owner's token and those of ServiceAccounts."""

    def __init__(self, token: str, tokens: ServiceAccountTokens) -> None:
        self._owner = token.encode()
        self.tokens = tokens

    def user(self, request: web.Request) -> User:
        """Whose request it is, or in whose name; ApiError 401 for a token that is nobody's, 403 who may not be another.

        Source: https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
        """
        who = self._itself(request)
        other = request.headers.get("Impersonate-User", "")
        if not other:
            return who
        if not who.all_powerful:
            raise _forbidden_resource(who, Attributes("impersonate", request.path, "", "users", "", other))
        return named_user(other, tuple(request.headers.getall("Impersonate-Group", [])))

    def known(self, token: str) -> User | None:
        """Whose token it is."""
        if hmac.compare_digest(token.encode(), self._owner):
            return OWNER
        name = self.tokens.verify(token)
        return named_user(name) if name else None

    def _itself(self, request: web.Request) -> User:
        scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return ANONYMOUS
        user = self.known(token)
        if user is None:
            raise UNAUTHORIZED
        return user


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a request wants: a verb on a resource, or on a path when `resource` is ""."""

    verb: str
    path: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""


def authorize(user: User, request: web.Request) -> None:
    """ApiError 403 unless the user may do that."""
    wanted = attributes(request)
    if allowed(user, wanted):
        return
    if wanted.resource:
        raise _forbidden_resource(user, wanted)
    message = f'forbidden: User "{user.name}" cannot {wanted.verb} path "{wanted.path}"'
    raise ApiError(403, "Forbidden", message, {})


def allowed(user: User, wanted: Attributes) -> bool:
    if user.all_powerful:
        return True
    if wanted.resource:
        return not user.anonymous and wanted.resource in SELF_REVIEWS and wanted.verb == "create"
    open_to_all = PUBLIC if user.anonymous else (*PUBLIC, *DISCOVERY)
    return wanted.verb == "get" and any(fnmatchcase(wanted.path, each) for each in open_to_all)


def attributes(request: web.Request) -> Attributes:
    """Source: k8s.io/apiserver/pkg/endpoints/request/requestinfo.go"""
    method, path = request.method, request.path
    parts = [part for part in path.split("/") if part]
    core = parts[:1] == ["api"]
    rest = parts[2:] if core else parts[3:]
    if parts[:1] not in (["api"], ["apis"]) or not rest:
        return Attributes(method.lower(), path)
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    resource, name = rest[0], rest[1] if len(rest) > 1 else ""
    if len(rest) > 2:
        resource = f"{resource}/{rest[2]}"
    watches = request.query.get("watch") in ("true", "1")
    verb = VERBS.get(method) or {
        "GET": "get" if name else "watch" if watches else "list",
        "DELETE": "delete" if name else "deletecollection",
    }.get(method, method.lower())
    return Attributes(verb, path, "" if core else parts[1], resource, namespace, name)


def _forbidden_resource(user: User, wanted: Attributes) -> ApiError:
    where = f'in the namespace "{wanted.namespace}"' if wanted.namespace else "at the cluster scope"
    kind = wanted.resource.partition("/")[0]
    qualified = f"{kind}.{wanted.group}" if wanted.group else kind
    named = f'{qualified} "{wanted.name}"' if wanted.name else qualified
    message = (
        f'{named} is forbidden: User "{user.name}" cannot {wanted.verb} resource "{wanted.resource}" in API group '
        f'"{wanted.group}" {where}'
    )
    details = {"name": wanted.name, "group": wanted.group, "kind": kind}
    return ApiError(403, "Forbidden", message, {key: value for key, value in details.items() if value})
