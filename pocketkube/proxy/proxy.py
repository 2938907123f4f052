"""Keeps every node's rules as the store's Services and EndpointSlices ask."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from pocketkube.nftables import Nftables, rest
from pocketkube.node.network import Node
from pocketkube.placement.topology_labels import zone_of
from pocketkube.proxy import own_state
from pocketkube.proxy.changes import Elements, commands
from pocketkube.proxy.conntrack import Conntrack, Flow
from pocketkube.proxy.endpoints import ready_here, serving
from pocketkube.proxy.health_checks import HealthChecks
from pocketkube.proxy.rules import BASE, TABLE, Rules, external_addresses, has_cluster_ip, rules_of
from pocketkube.resources import ENDPOINTSLICES, NODES, SERVICES
from pocketkube.store import Event, Object, Store
from pocketkube.well_known_labels import SERVICE_NAME

Key = tuple[str, str]  # (namespace, name)
log = logging.getLogger(__name__)


class _NodeRules:
    """One node: what its tables hold, by Service."""

    def __init__(self, node: Node) -> None:
        gateway = str(IPv4Network(node.pod_cidr)[1])
        self.node = node
        self.own = (node.address, gateway, "127.0.0.0/8")
        self.by_service: dict[Key, Rules] = {}
        self._nftables = Nftables(node.netns)
        self._conntrack = Conntrack(node.netns)
        self._health_checks = HealthChecks(node.netns)
        self._checked: dict[Key, tuple[int, int]] = {}
        self._elements: Elements = {}
        self._begin()

    def apply(self, changed: dict[Key, Rules]) -> None:
        """Carry out the new rules of these Services; OSError when that is not possible."""
        before, after = Rules(elements=self._elements), Rules()
        for key, rules in changed.items():
            old = self.by_service.get(key, Rules())
            before.chains |= old.chains
            before.sets |= old.sets
            after.chains |= rules.chains
            after.sets |= rules.sets
            if rules.elements:
                self.by_service[key] = rules  # in the place that it had: it keeps the addresses it was first to claim
            else:
                self.by_service.pop(key, None)
        after.elements = _elements(self.by_service.values())
        try:
            self._run(commands(before, after))
        except OSError:
            log.exception("the Services' rules of %s are written anew", self.node.name)
            self._begin()
            everything = Rules(elements=after.elements)
            for rules in self.by_service.values():
                everything.chains |= rules.chains
                everything.sets |= rules.sets
            self._run(commands(Rules(), everything))
        self._elements = after.elements

    def forget(self, flows: Iterable[Flow]) -> None:
        """Let go of UDP packets that go on to where nobody serves any more."""
        self._conntrack.forget(list(flows))

    def check(self, services: dict[Key, Object | None], slices: dict[Key, list[Object]]) -> None:
        """Tell load balancers whether there are endpoints here."""
        for key, service in services.items():
            self._checked.pop(key, None)
            port = (service["spec"].get("healthCheckNodePort") or 0) if service else 0
            if service and port:
                self._checked[key] = (port, len(ready_here(service["spec"]["ports"], slices[key], self.node.name)))
        self._health_checks.serve({port: (*key, count) for key, (port, count) in self._checked.items()})

    def _begin(self) -> None:
        self._nftables.run(f"{BASE}\nadd element ip {TABLE} node-ips {{ {self.node.address} }}\n")

    def _run(self, text: str) -> None:
        if text:
            self._nftables.run(text)


class Proxy:
    def __init__(self, store: Store, nodes: Iterable[Node]) -> None:
        self._store = store
        self._nodes = [_NodeRules(node) for node in nodes]
        self._flows: dict[Key, list[Flow]] = {}

    async def run(self) -> None:
        """Follow the store until cancelled.

        What a transaction costs grows with the rules that there are, so that many changes are gathered into one.
        """
        serving = [task for each in self._nodes for task in own_state.serve(each.node.netns)]
        try:
            await self._follow()
        finally:
            for task in serving:
                task.cancel()

    async def _follow(self) -> None:
        with self._store.watch(SERVICES, ENDPOINTSLICES, NODES) as watch:
            async for events in watch:
                start = time.monotonic()
                self.apply({key for event in events for key in self._keys(event)})
                await rest(start)

    def apply(self, keys: Iterable[Key]) -> None:
        """Carry out what these Services are now, as one transaction a node."""
        keys = sorted(keys)
        slices: dict[Key, list[Object]] = {key: [] for key in keys}
        for each in self._store.list(ENDPOINTSLICES):
            owner = _owner(each)
            if owner in slices:
                slices[owner].append(each)
        services = {key: self._store.find(SERVICES, *key) for key in keys}
        zones = {each["metadata"]["name"]: zone_of(each) for each in self._store.list(NODES)}
        for state in self._nodes:
            rules = {
                key: rules_of(service, slices[key], state.node.name, state.own, zones.get(state.node.name, ""))
                if service
                else Rules()
                for key, service in services.items()
            }
            state.check(services, slices)
            try:
                state.apply(rules)
            except OSError:
                log.exception("the Services' rules could not be written on %s", state.node.name)
        self._forget_flows({key: list(_flows(service, slices[key])) for key, service in services.items()})

    def _keys(self, event: Event) -> Iterator[Key]:
        if event.resource is NODES:
            if zone_of(event.object) != (zone_of(event.previous) if event.previous else ""):
                yield from (_key_of(each) for each in self._store.list(SERVICES))
        elif event.resource is SERVICES:
            yield _key_of(event.object)
        else:
            for each in (event.object, event.previous):
                if each and (owner := _owner(each)):
                    yield owner

    def _forget_flows(self, flows: dict[Key, list[Flow]]) -> None:
        stale: list[Flow] = []
        for key, now in flows.items():
            before = self._flows.pop(key, [])
            if now:
                self._flows[key] = now
            if now != before:
                places = {(flow.address, flow.port) for flow in now}
                stale += now
                stale += [Flow(old.address, old.port, ()) for old in before if (old.address, old.port) not in places]
        if stale:
            for state in self._nodes:
                state.forget(stale)


def _flows(service: Object | None, slices: list[Object]) -> Iterator[Flow]:
    """Where UDP packets to a Service come in, and who may be answering."""
    if service is None or not has_cluster_ip(service):
        return
    for port in service["spec"].get("ports") or ():
        if port.get("protocol") == "UDP":
            answering = tuple(sorted(serving(port, slices)))
            for address in (service["spec"]["clusterIP"], *external_addresses(service)):
                yield Flow(address, port["port"], answering)
            if port.get("nodePort"):
                yield Flow("", port["nodePort"], answering)


def _elements(all_rules: Iterable[Rules]) -> Elements:
    """Of two Services that claim the same address and port the first has it."""
    elements: Elements = {}
    for rules in all_rules:
        for key, verdict in rules.elements.items():
            elements.setdefault(key, verdict)
    return elements


def _key_of(service: Object) -> Key:
    return service["metadata"]["namespace"], service["metadata"]["name"]


def _owner(obj: Object) -> Key | None:
    name = (obj["metadata"].get("labels") or {}).get(SERVICE_NAME)
    return (obj["metadata"]["namespace"], name) if name else None
