"""Who asks, and for what: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#review-your-request-attributes"""

from __future__ import annotations

from dataclasses import dataclass

ACCOUNT = "system:serviceaccount:"
AUTHENTICATED, UNAUTHENTICATED = "system:authenticated", "system:unauthenticated"


@dataclass(frozen=True, slots=True)
class User:
    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a request wants: a verb on a resource, or on a path when `resource` is "".

    `resource` has its subresource: `pods/log`.
    """

    verb: str
    path: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""


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
