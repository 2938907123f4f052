"""Roles with real kubectl: bound, aggregated, missing, and used by a Pod."""

from __future__ import annotations

import json

from tests.conftest import Kubectl
from tests.controllers.objects import get

INSIDE = "/var/run/secrets/kubernetes.io/serviceaccount"
ASK = f"""curl -s --cacert {INSIDE}/ca.crt -H "Authorization: Bearer $(cat {INSIDE}/token)" \\
  https://kubernetes.default.svc/api/v1/namespaces/$(cat {INSIDE}/namespace)/pods"""


def test_what_is_bound_may_be_done(kubectl: Kubectl, namespace: str) -> None:
    account = f"--as=system:serviceaccount:{namespace}:bob"
    kubectl("create", "serviceaccount", "bob", namespace=namespace)
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods,pods/log", namespace=namespace)
    bind = ["create", "rolebinding", "bob", "--role=reader", f"--serviceaccount={namespace}:bob"]
    kubectl(*bind, namespace=namespace)
    assert kubectl("auth", "can-i", "list", "pods", account, namespace=namespace).stdout == "yes\n"
    assert kubectl("auth", "can-i", "get", "pods", "--subresource=log", account, namespace=namespace).stdout == "yes\n"
    assert kubectl("auth", "can-i", "delete", "pods", account, namespace=namespace, fails=True).stdout == "no\n"
    kubectl("get", "pods", account, namespace=namespace)
    refused = kubectl("get", "services", account, namespace=namespace, fails=True).stderr
    assert 'cannot list resource "services" in API group "" in the namespace' in refused
    wide = kubectl("get", "rolebindings", "-o", "wide", "--no-headers", namespace=namespace).stdout.split()
    assert [*wide[:2], wide[-1]] == ["bob", "Role/reader", f"{namespace}/bob"]


def test_a_role_that_is_not_there(kubectl: Kubectl, namespace: str) -> None:
    kubectl("create", "rolebinding", "jim", "--role=none", "--user=jim", namespace=namespace)
    refused = kubectl("get", "pods", "--as=jim", namespace=namespace, fails=True).stderr
    assert refused.endswith(f'in the namespace "{namespace}": RBAC: role.rbac.authorization.k8s.io "none" not found\n')


def test_a_role_that_comes_from_others(kubectl: Kubectl, namespace: str) -> None:
    whole, *parts = (f"{namespace}-{each}" for each in ("whole", "a", "b"))
    kubectl("create", "clusterrole", whole, f"--aggregation-rule=part-of={namespace}")
    for part, resource in zip(parts, ("nodes", "secrets"), strict=True):
        kubectl("create", "clusterrole", part, "--verb=get", f"--resource={resource}")
        kubectl("label", "clusterrole", part, f"part-of={namespace}")
    for rule, resource in ((0, "nodes"), (1, "secrets")):
        wanted = f"--for=jsonpath={{.rules[{rule}].resources[0]}}={resource}"
        kubectl("wait", wanted, f"clusterrole/{whole}", "--timeout=60s")
    kubectl("delete", "clusterrole", parts[0])
    kubectl("wait", "--for=jsonpath={.rules[0].resources[0]}=secrets", f"clusterrole/{whole}", "--timeout=60s")
    kubectl("delete", "clusterrole", whole, parts[1])


def test_the_roles_for_users(kubectl: Kubectl, namespace: str) -> None:
    for role, verb, resource, may in (
        ("view", "list", "endpointslices.discovery.k8s.io", True),
        ("view", "get", "secrets", False),
        ("view", "create", "services", False),
        ("edit", "create", "services", True),
        ("edit", "create", "rolebindings", False),
        ("admin", "create", "rolebindings", True),
        ("admin", "create", "namespaces", False),
        ("cluster-admin", "create", "namespaces", True),
    ):
        binding = f"{namespace}-{role}-{verb}-{resource.partition('.')[0]}"
        kubectl("create", "clusterrolebinding", binding, f"--clusterrole={role}", f"--user={binding}")
        said = kubectl("auth", "can-i", verb, resource, f"--as={binding}", fails=not may).stdout
        assert said == ("yes\n" if may else "no\n"), binding
        kubectl("delete", "clusterrolebinding", binding)


def test_who_may_be_another(kubectl: Kubectl, namespace: str) -> None:
    """An administrator of a namespace its ServiceAccounts, and nobody else."""
    token = kubectl("create", "token", "default", namespace=namespace).stdout
    bind = ["create", "rolebinding", "admin", "--clusterrole=edit", f"--serviceaccount={namespace}:default"]
    kubectl(*bind, namespace=namespace)
    own = [f"--token={token}", "--user="]
    kubectl("get", "pods", *own, f"--as=system:serviceaccount:{namespace}:default", namespace=namespace)
    refused = kubectl("get", "pods", *own, "--as=jane", namespace=namespace, fails=True).stderr
    who = f'User "system:serviceaccount:{namespace}:default"'
    assert f'users "jane" is forbidden: {who} cannot impersonate resource "users" in API group ""' in refused


def test_a_pod_asks(kubectl: Kubectl, namespace: str) -> None:
    command = ["sleep", "infinity"]
    container = {"name": "c", "image": "giantswarm/tiny-tools", "imagePullPolicy": "IfNotPresent", "command": command}
    spec = {"terminationGracePeriodSeconds": 0, "containers": [container]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    kubectl("apply", "-f", "-", namespace=namespace, stdin=json.dumps(pod))
    kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=60s", namespace=namespace)
    refused = json.loads(kubectl("exec", "p", "--", "sh", "-c", ASK, namespace=namespace).stdout)
    assert (refused["code"], refused["reason"]) == (403, "Forbidden")
    bind = ["create", "rolebinding", "view", "--clusterrole=view", f"--serviceaccount={namespace}:default"]
    kubectl(*bind, namespace=namespace)
    answer = json.loads(kubectl("exec", "p", "--", "sh", "-c", ASK, namespace=namespace).stdout)
    assert [each["metadata"]["name"] for each in answer["items"]] == ["p"]
    assert get(kubectl, namespace, "rolebinding", "view")["roleRef"]["apiGroup"] == "rbac.authorization.k8s.io"
