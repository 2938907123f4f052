"""Keeps every node's rules as the store's Services and EndpointSlices ask."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable

from pocketkube.nftables import Nftables
from pocketkube.node.network import Node
from pocketkube.proxy.rules import ruleset, service_ports
from pocketkube.resources import ENDPOINTSLICES, SERVICES
from pocketkube.store import Object, Store

SERVICE_NAME = "kubernetes.io/service-name"
log = logging.getLogger(__name__)


class Proxy:
    def __init__(self, store: Store, nodes: Iterable[Node]) -> None:
        self._store = store
        self._nodes = [(node, Nftables(node.netns)) for node in nodes]
        self._applied: dict[str, str] = {}

    async def run(self) -> None:
        """Follow the store until cancelled."""
        with self._store.watch(SERVICES, ENDPOINTSLICES) as watch:
            async for _ in watch:
                self.apply()

    def apply(self) -> None:
        """Write what changed, as one transaction a node."""
        slices: dict[tuple[str, str], list[Object]] = defaultdict(list)
        for each in self._store.list(ENDPOINTSLICES):
            metadata = each["metadata"]
            slices[metadata["namespace"], (metadata.get("labels") or {}).get(SERVICE_NAME, "")].append(each)
        for node, nftables in self._nodes:
            ports = [
                port
                for service in self._store.list(SERVICES)
                for port in service_ports(
                    service, slices[service["metadata"]["namespace"], service["metadata"]["name"]], node.name
                )
            ]
            commands = ruleset(ports, node.address)
            if self._applied.get(node.name) == commands:
                continue
            try:
                nftables.run(commands)
                self._applied[node.name] = commands
            except OSError:
                log.exception("the Services' rules could not be written on %s", node.name)
