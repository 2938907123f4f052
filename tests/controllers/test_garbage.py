"""Garbage collection: whoever has no owner left goes; how an owner goes decides what becomes of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Kubectl
from tests.controllers.objects import get, wait


def config_map(name: str, *owners: dict[str, Any], finalizers: tuple[str, ...] = ()) -> dict[str, Any]:
    metadata = {"name": name, "ownerReferences": list(owners), "finalizers": list(finalizers)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


@pytest.fixture
def owner(kubectl: Kubectl, namespace: str) -> dict[str, Any]:
    """A reference to the ConfigMap `owner`."""
    return make(kubectl, namespace, config_map("owner"))


def make(kubectl: Kubectl, namespace: str, obj: dict[str, Any]) -> dict[str, Any]:
    made = kubectl("create", "-f", "-", "-o", "json", namespace=namespace, stdin=json.dumps(obj)).stdout
    metadata = json.loads(made)["metadata"]
    return {"apiVersion": "v1", "kind": "ConfigMap", "name": metadata["name"], "uid": metadata["uid"]}


def gone(kubectl: Kubectl, namespace: str, name: str) -> None:
    wait(kubectl, namespace, f"configmap/{name}", "delete")


def owners_of(kubectl: Kubectl, namespace: str, name: str) -> list[str]:
    return [each["name"] for each in get(kubectl, namespace, "cm", name)["metadata"].get("ownerReferences", ())]


def test_background_is_the_default(kubectl: Kubectl, namespace: str, owner: dict[str, Any]) -> None:
    make(kubectl, namespace, config_map("child", owner))
    kubectl("delete", "cm", "owner", namespace=namespace)
    gone(kubectl, namespace, "child")


def test_foreground_waits_for_those_that_block(kubectl: Kubectl, namespace: str, owner: dict[str, Any]) -> None:
    held = config_map("held", {**owner, "blockOwnerDeletion": True}, finalizers=("example.com/held",))
    make(kubectl, namespace, held)
    make(kubectl, namespace, config_map("free", owner, finalizers=("example.com/held",)))
    kubectl("delete", "cm", "owner", "--cascade=foreground", "--wait=false", namespace=namespace)
    wait(kubectl, namespace, "configmap/held", "jsonpath={.metadata.deletionGracePeriodSeconds}=0")
    found = get(kubectl, namespace, "cm", "owner")["metadata"]
    assert found["finalizers"] == ["foregroundDeletion"]
    assert "deletionTimestamp" not in get(kubectl, namespace, "cm", "free")["metadata"]
    kubectl("patch", "cm", "held", "-p", '{"metadata":{"finalizers":null}}', "--type=merge", namespace=namespace)
    gone(kubectl, namespace, "owner")
    wait(kubectl, namespace, "configmap/free", "jsonpath={.metadata.deletionGracePeriodSeconds}=0")
    kubectl("patch", "cm", "free", "-p", '{"metadata":{"finalizers":null}}', "--type=merge", namespace=namespace)


def test_orphans_lose_their_owner(kubectl: Kubectl, namespace: str, owner: dict[str, Any]) -> None:
    make(kubectl, namespace, config_map("child", owner))
    kubectl("delete", "cm", "owner", "--cascade=orphan", "--timeout=60s", namespace=namespace)
    assert owners_of(kubectl, namespace, "child") == []


def test_a_second_owner_keeps_it(kubectl: Kubectl, namespace: str, owner: dict[str, Any]) -> None:
    second = make(kubectl, namespace, config_map("second"))
    make(kubectl, namespace, config_map("child", owner, second))
    kubectl("delete", "cm", "owner", namespace=namespace)
    wait(kubectl, namespace, "configmap/child", "jsonpath={.metadata.ownerReferences[0].name}=second")
    assert owners_of(kubectl, namespace, "child") == ["second"]
    kubectl("delete", "cm", "second", namespace=namespace)
    gone(kubectl, namespace, "child")


def test_an_owner_that_never_was(kubectl: Kubectl, namespace: str) -> None:
    nobody = {"apiVersion": "v1", "kind": "ConfigMap", "name": "nobody", "uid": "none"}
    make(kubectl, namespace, config_map("child", nobody))
    gone(kubectl, namespace, "child")


def test_an_owner_of_an_unknown_kind_is_not_known_to_be_gone(
    kubectl: Kubectl, namespace: str, owner: dict[str, Any]
) -> None:
    make(kubectl, namespace, config_map("child", {**owner, "apiVersion": "example.com/v1", "kind": "Thing"}))
    make(kubectl, namespace, config_map("sign", {**owner, "uid": "none"}))
    gone(kubectl, namespace, "sign")  # by then the other has been looked at too
    assert owners_of(kubectl, namespace, "child") == ["owner"]


def test_an_owner_in_another_namespace_is_none(kubectl: Kubectl, namespace: str) -> None:
    elsewhere = get(kubectl, "kube-system", "cm", "coredns")["metadata"]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "coredns", "uid": elsewhere["uid"]}
    make(kubectl, namespace, config_map("child", reference))
    gone(kubectl, namespace, "child")
    told = [each["message"] for each in get(kubectl, namespace, "events")["items"]]
    assert told == [
        f"ownerRef [v1/ConfigMap, namespace: {namespace}, name: coredns, uid: {elsewhere['uid']}] does not exist in "
        f'namespace "{namespace}"'
    ]


def test_grandchildren_go_before_children_in_the_foreground(
    kubectl: Kubectl, namespace: str, owner: dict[str, Any]
) -> None:
    child = make(kubectl, namespace, config_map("child", {**owner, "blockOwnerDeletion": True}))
    held = config_map("grandchild", {**child, "blockOwnerDeletion": True}, finalizers=("example.com/held",))
    make(kubectl, namespace, held)
    kubectl("delete", "cm", "owner", "--cascade=foreground", "--wait=false", namespace=namespace)
    wait(kubectl, namespace, "configmap/grandchild", "jsonpath={.metadata.deletionGracePeriodSeconds}=0")
    assert get(kubectl, namespace, "cm", "child")["metadata"]["finalizers"] == ["foregroundDeletion"]
    kubectl("patch", "cm", "grandchild", "-p", '{"metadata":{"finalizers":null}}', "--type=merge", namespace=namespace)
    gone(kubectl, namespace, "owner")
