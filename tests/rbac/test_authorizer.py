"""What a rule covers, and whom a binding binds, by table."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketkube.rbac.authorizer import covers, decide, rules_of
from pocketkube.rbac.request import Attributes, User, named_user
from pocketkube.resources import CLUSTERROLEBINDINGS, CLUSTERROLES, ROLEBINDINGS, ROLES
from pocketkube.store import Store

READ_PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
GET = Attributes("get", "", "", "pods", "n", "p")
ROWS = [
    (READ_PODS, GET, True),
    (READ_PODS, Attributes("delete", "", "", "pods", "n", "p"), False),
    (READ_PODS, Attributes("get", "", "apps", "pods", "n", "p"), False),
    (READ_PODS, Attributes("get", "", "", "pods/log", "n", "p"), False),
    ({**READ_PODS, "resources": ["pods/log"]}, Attributes("get", "", "", "pods/log", "n", "p"), True),
    ({**READ_PODS, "resources": ["*/log"]}, Attributes("get", "", "", "pods/log", "n", "p"), True),
    ({**READ_PODS, "resources": ["*/log"]}, GET, False),
    ({**READ_PODS, "resources": ["*"]}, Attributes("get", "", "", "pods/log", "n", "p"), True),
    ({**READ_PODS, "apiGroups": ["*"]}, Attributes("get", "", "apps", "pods", "n", "p"), True),
    ({**READ_PODS, "verbs": ["*"]}, Attributes("delete", "", "", "pods", "n", "p"), True),
    ({**READ_PODS, "resourceNames": ["p"]}, GET, True),
    ({**READ_PODS, "resourceNames": ["q"]}, GET, False),
    ({**READ_PODS, "resourceNames": ["p"]}, Attributes("list", "", "", "pods", "n"), False),
    ({"nonResourceURLs": ["/healthz"], "verbs": ["get"]}, Attributes("get", "/healthz"), True),
    ({"nonResourceURLs": ["/healthz"], "verbs": ["get"]}, Attributes("get", "/healthz/etcd"), False),
    ({"nonResourceURLs": ["/healthz/*"], "verbs": ["get"]}, Attributes("get", "/healthz/etcd"), True),
    ({"nonResourceURLs": ["*"], "verbs": ["get"]}, Attributes("get", "/any"), True),
    ({"nonResourceURLs": ["*"], "verbs": ["get"]}, GET, False),
]
ROLE = {"kind": "Role", "name": "r"}
BOB = named_user("system:serviceaccount:n:bob")


@pytest.mark.parametrize(("rule", "wanted", "covered"), ROWS)
def test_rule(rule: dict[str, Any], wanted: Attributes, covered: bool) -> None:
    assert covers(rule, wanted) == covered


def cluster(subject: dict[str, str], reference: dict[str, str], namespace: str = "n") -> Store:
    store = Store()
    store.put(ROLES, {"metadata": {"name": "r", "namespace": "n"}, "rules": [READ_PODS]})
    store.put(CLUSTERROLES, {"metadata": {"name": "c"}, "rules": [READ_PODS]})
    binding = {"metadata": {"name": "b"}, "roleRef": reference, "subjects": [subject]}
    if namespace:
        metadata = {"name": "b", "namespace": namespace}
        store.put(ROLEBINDINGS, {**binding, "kind": "RoleBinding", "metadata": metadata})
    else:
        store.put(CLUSTERROLEBINDINGS, {**binding, "kind": "ClusterRoleBinding"})
    return store


@pytest.mark.parametrize(
    ("subject", "user"),
    [
        ({"kind": "User", "name": "jane"}, named_user("jane")),
        ({"kind": "Group", "name": "dev"}, User("jane", ("dev",))),
        ({"kind": "Group", "name": "system:serviceaccounts:n"}, BOB),
        ({"kind": "ServiceAccount", "name": "bob"}, BOB),
        ({"kind": "ServiceAccount", "name": "bob", "namespace": "n"}, BOB),
    ],
)
def test_whom_a_binding_binds(subject: dict[str, str], user: User) -> None:
    assert decide(cluster(subject, ROLE), user, GET).allowed
    assert not decide(cluster(subject, ROLE), named_user("other"), GET).allowed
    assert not decide(cluster(subject, ROLE), user, Attributes("get", "", "", "pods", "elsewhere", "p")).allowed


def test_reasons() -> None:
    subject = {"kind": "ServiceAccount", "name": "bob", "namespace": "n"}
    of_namespace = decide(cluster(subject, {"kind": "ClusterRole", "name": "c"}), BOB, GET)
    assert of_namespace.reason == 'RBAC: allowed by RoleBinding "b/n" of ClusterRole "c" to ServiceAccount "bob/n"'
    everywhere = decide(cluster(subject, {"kind": "ClusterRole", "name": "c"}, ""), BOB, GET)
    assert everywhere.reason == 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "c" to ServiceAccount "bob/n"'
    missing = decide(cluster(subject, {"kind": "Role", "name": "x"}), BOB, GET)
    assert (missing.allowed, missing.reason) == (False, 'RBAC: role.rbac.authorization.k8s.io "x" not found')


def test_masters_may_do_everything() -> None:
    user = User("root", ("system:masters",))
    assert decide(Store(), user, GET).allowed
    rules, problems = rules_of(Store(), user, "n")
    assert all(covers(rules[number], wanted) for number, wanted in enumerate((GET, Attributes("get", "/x"))))
    assert not problems


@given(st.text(max_size=20), st.sampled_from(["get", "list", "delete"]))
def test_nobody_is_bound_by_what_they_are_called(name: str, verb: str) -> None:
    store = cluster({"kind": "User", "name": "jane"}, ROLE)
    decision = decide(store, named_user(name), Attributes(verb, "", "", "pods", "n", "p"))
    assert decision.allowed == (name == "jane" and verb != "delete")
