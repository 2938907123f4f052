"""Keeps every node's packet filter as the store's NetworkPolicies ask. Without any there is none."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from pocketkube.nftables import Nftables, rest
from pocketkube.node.network import Node
from pocketkube.policy.rules import NO_RULES, ruleset
from pocketkube.policy.traffic import as_pod, isolations
from pocketkube.resources import NAMESPACES, NETWORKPOLICIES, PODS
from pocketkube.store import Event, Object, Store

log = logging.getLogger(__name__)


class Enforcer:
    def __init__(self, store: Store, nodes: Iterable[Node]) -> None:
        self._store = store
        self._nodes = list(nodes)
        self._nftables: dict[str, Nftables] = {}
        self._applied = {node.name: NO_RULES for node in self._nodes}
        self._joining: dict[str, str] = {}  # {uid: address} of Pods whose status does not tell it yet

    async def run(self) -> None:
        """Follow the store until cancelled."""
        with self._store.watch(NETWORKPOLICIES, PODS, NAMESPACES) as watch:
            async for events in watch:
                matters = [event for event in events if self._matters(event)]
                if matters and (self._store.list(NETWORKPOLICIES) or any(self._filters(node) for node in self._nodes)):
                    start = time.monotonic()
                    try:
                        self.apply()
                    except OSError:
                        log.exception("the NetworkPolicies' rules could not be written")
                    await rest(start)

    def join(self, pod: Object, address: str) -> None:
        """Isolate a Pod before anything in it runs. OSError when that fails: then nothing may."""
        self._joining[pod["metadata"]["uid"]] = address
        if self._store.list(NETWORKPOLICIES, pod["metadata"]["namespace"]):
            self.apply()

    def apply(self) -> None:
        """Write what changed, as one transaction a node."""
        policies = self._store.list(NETWORKPOLICIES)
        objects = self._store.list(PODS)
        pods = [pod for each in objects if (pod := as_pod(each, self._joining.get(each["metadata"]["uid"], "")))]
        namespaces = {
            each["metadata"]["name"]: each["metadata"].get("labels") or {} for each in self._store.list(NAMESPACES)
        }
        isolated = {
            direction: list(isolations(direction, policies, pods, namespaces)) for direction in ("Ingress", "Egress")
        }
        for node in self._nodes:
            commands = ruleset(isolated, node.name)
            if self._applied[node.name] != commands:
                if node.name not in self._nftables:
                    self._nftables[node.name] = Nftables(node.netns)
                self._nftables[node.name].run(commands)
                self._applied[node.name] = commands

    def _filters(self, node: Node) -> bool:
        return self._applied[node.name] != NO_RULES

    def _matters(self, event: Event) -> bool:
        """Whether a change is one that policies can see; most of a Pod's are not."""
        if event.resource is not PODS:
            return True
        if event.type == "DELETED" or event.object.get("status", {}).get("podIP"):
            self._joining.pop(event.object["metadata"]["uid"], None)
        before = as_pod(event.previous) if event.previous else None
        return event.type == "DELETED" or as_pod(event.object) != before
