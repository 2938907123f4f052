"""Whose a request is, and whether they may: tokens, impersonation, and what the roles say."""

from __future__ import annotations

import hmac

from aiohttp import hdrs, web

from pocketkube.errors import ApiError
from pocketkube.rbac.authorizer import decide
from pocketkube.rbac.request import ACCOUNT, ANONYMOUS, OWNER, Attributes, User, named_user
from pocketkube.service_account_tokens import ServiceAccountTokens
from pocketkube.store import Store

UNAUTHORIZED = ApiError(401, "Unauthorized", "Unauthorized")
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


class Authenticator:
    """Knows the owner's token and those of ServiceAccounts."""

    def __init__(self, token: str, tokens: ServiceAccountTokens) -> None:
        self._owner = token.encode()
        self.tokens = tokens

    def user(self, request: web.Request) -> User:
        """Whose request it is; ApiError 401 for a token that is nobody's."""
        scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return ANONYMOUS
        user = self.known(token)
        if user is None:
            raise UNAUTHORIZED
        return user

    def known(self, token: str) -> User | None:
        """Whose token it is."""
        if hmac.compare_digest(token.encode(), self._owner):
            return OWNER
        name = self.tokens.verify(token)
        return named_user(name) if name else None


def acting_user(store: Store, authenticator: Authenticator, request: web.Request) -> User:
    """Whose request it is, or in whose name; ApiError 401, or 403 for who may not be another.

    Source: https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
    """
    who = authenticator.user(request)
    other = request.headers.get("Impersonate-User", "")
    groups = tuple(request.headers.getall("Impersonate-Group", []))
    if not other:
        return who
    for wanted in _impersonations(request.path, other, groups):
        _require(store, who, wanted)
    return named_user(other, groups)


def _impersonations(path: str, name: str, groups: tuple[str, ...]) -> list[Attributes]:
    namespace, colon, account = name.removeprefix(ACCOUNT).partition(":")
    if name.startswith(ACCOUNT) and colon:
        first = Attributes("impersonate", path, "", "serviceaccounts", namespace, account)
    else:
        first = Attributes("impersonate", path, "", "users", "", name)
    return [first, *(Attributes("impersonate", path, "", "groups", "", group) for group in groups)]


def authorize(store: Store, user: User, request: web.Request) -> None:
    """ApiError 403 unless the user may do that."""
    _require(store, user, attributes(request))


def _require(store: Store, user: User, wanted: Attributes) -> None:
    decision = decide(store, user, wanted)
    if decision.allowed:
        return
    why = f": {decision.reason}" if decision.reason else ""
    if wanted.resource:
        raise _forbidden_resource(user, wanted, why)
    message = f'forbidden: User "{user.name}" cannot {wanted.verb} path "{wanted.path}"{why}'
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


def _forbidden_resource(user: User, wanted: Attributes, why: str) -> ApiError:
    where = f'in the namespace "{wanted.namespace}"' if wanted.namespace else "at the cluster scope"
    kind = wanted.resource.partition("/")[0]
    qualified = f"{kind}.{wanted.group}" if wanted.group else kind
    named = f'{qualified} "{wanted.name}"' if wanted.name else qualified
    message = (
        f'{named} is forbidden: User "{user.name}" cannot {wanted.verb} resource "{wanted.resource}" in API group '
        f'"{wanted.group}" {where}{why}'
    )
    details = {"name": wanted.name, "group": wanted.group, "kind": kind}
    return ApiError(403, "Forbidden", message, {key: value for key, value in details.items() if value})
