"""Who may do what: the owner of the cluster everything, everybody else what Kubernetes allows by default.

That is discovery for the ServiceAccounts of Pods, and for nobody in particular whether the API is well.
Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from aiohttp import hdrs, web

from pocketkube.errors import ApiError
from pocketkube.service_account_tokens import ServiceAccountTokens

UNAUTHORIZED = ApiError(401, "Unauthorized", "Unauthorized")
ANONYMOUS = "system:anonymous"
OWNER = "kubernetes-admin"
PUBLIC = ("/healthz", "/livez", "/readyz", "/version")
DISCOVERY = ("/api", "/apis", "/openapi")
SELF_REVIEWS = ("selfsubjectaccessreviews", "selfsubjectreviews", "selfsubjectrulesreviews")
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


class Authenticator:
    """Knows the owner's token and those of ServiceAccounts."""

    def __init__(self, token: str, tokens: ServiceAccountTokens) -> None:
        self._owner = token.encode()
        self._tokens = tokens

    def user(self, request: web.Request) -> str:
        """Whose request it is; ApiError 401 for a token that is nobody's."""
        scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return ANONYMOUS
        if hmac.compare_digest(token.encode(), self._owner):
            return OWNER
        user = self._tokens.verify(token)
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


def authorize(user: str, request: web.Request) -> None:
    """ApiError 403 unless the user may do that."""
    if user == OWNER:
        return
    wanted = attributes(request)
    if wanted.resource:
        if user == ANONYMOUS or wanted.resource not in SELF_REVIEWS:
            raise _forbidden_resource(user, wanted)
        return
    open_to_all = PUBLIC if user == ANONYMOUS else (*PUBLIC, *DISCOVERY)
    if not any(wanted.path == each or wanted.path.startswith(f"{each}/") for each in open_to_all):
        message = f'forbidden: User "{user}" cannot {wanted.verb} path "{wanted.path}"'
        raise ApiError(403, "Forbidden", message, {})


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


def _forbidden_resource(user: str, wanted: Attributes) -> ApiError:
    where = f'in the namespace "{wanted.namespace}"' if wanted.namespace else "at the cluster scope"
    kind = wanted.resource.partition("/")[0]
    qualified = f"{kind}.{wanted.group}" if wanted.group else kind
    named = f'{qualified} "{wanted.name}"' if wanted.name else qualified
    message = (
        f'{named} is forbidden: User "{user}" cannot {wanted.verb} resource "{wanted.resource}" in API group '
        f'"{wanted.group}" {where}'
    )
    details = {"name": wanted.name, "group": wanted.group, "kind": kind}
    return ApiError(403, "Forbidden", message, {key: value for key, value in details.items() if value})
