"""Nodes' Leases."""

from __future__ import annotations

from pocketkube.node.node_leases import NAMESPACE, renew
from pocketkube.registry import Registry
from pocketkube.resources import LEASES, NAMESPACES, NODES
from pocketkube.store import Store
from tests.conftest import Kubectl
from tests.controllers.objects import get


def test_each_node_holds_its_own(kubectl: Kubectl) -> None:
    leases = get(kubectl, "kube-node-lease", "leases")["items"]
    nodes = {each["metadata"]["name"]: each["metadata"]["uid"] for each in get(kubectl, "", "nodes")["items"]}
    owners = {each["metadata"]["name"]: each["metadata"]["ownerReferences"][0]["uid"] for each in leases}
    assert owners == nodes
    assert {each["spec"]["holderIdentity"] for each in leases} == set(nodes)
    described = kubectl("describe", "node", "node01").stdout
    assert "Lease:\n  HolderIdentity:  node01\n  AcquireTime:     <unset>\n  RenewTime:  " in described


def test_it_is_renewed_and_made_anew() -> None:
    registry = Registry(Store())
    registry.create(NAMESPACES, {"metadata": {"name": NAMESPACE}})
    registry.create(NODES, {"metadata": {"name": "a"}})
    renew(registry)
    first = registry.store.get(LEASES, NAMESPACE, "a")
    renew(registry)
    second = registry.store.get(LEASES, NAMESPACE, "a")
    assert second["metadata"]["uid"] == first["metadata"]["uid"]
    assert second["spec"]["renewTime"] > first["spec"]["renewTime"]
    registry.delete(LEASES, NAMESPACE, "a")
    renew(registry)
    assert registry.store.get(LEASES, NAMESPACE, "a")["metadata"]["uid"] != first["metadata"]["uid"]
