"""CoreDNS without a cluster around it: a store with objects, a Corefile, and questions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import dns.message
import pytest

from pocketkube.dns import DnsServer
from pocketkube.resources import CONFIGMAPS, ENDPOINTSLICES, NAMESPACES, PODS, SERVICES, Resource
from pocketkube.store import Store

Ask = Callable[..., dns.message.Message]
KINDS: dict[str, Resource] = {
    "Namespace": NAMESPACES,
    "Service": SERVICES,
    "EndpointSlice": ENDPOINTSLICES,
    "Pod": PODS,
}


class CoreDns:
    """`server` has seen every object; `log` are the lines that CoreDNS has written."""

    def __init__(self, objects: list[dict[str, Any]], corefile: str, **files: str) -> None:
        self.store = Store()
        self.server = DnsServer(self.store)
        for each in objects:
            self.store.put(KINDS[each["kind"]], each)
        self.configure(corefile, **files)

    def configure(self, corefile: str, **files: str) -> None:
        """`files`: what lies beside the Corefile."""
        data = {"Corefile": corefile, **files}
        config = {"metadata": {"name": "coredns", "namespace": "kube-system"}, "data": data}
        self.store.put(CONFIGMAPS, config)
        asyncio.run(self._catch_up())

    def ask(self, name: str, kind: str = "A", transport: str = "udp", port: int = 53, **options: Any) -> Any:
        query = dns.message.make_query(name, kind, **options).to_wire()
        answer = asyncio.run(self.server.answer(query, transport, ("10.244.1.9", 40000), port))
        return dns.message.from_wire(answer)

    async def _catch_up(self) -> None:
        running = asyncio.create_task(self.server.run())
        await asyncio.sleep(0)  # one turn of the loop: the first batch is there already
        running.cancel()


def records(response: dns.message.Message, section: str = "answer") -> set[str]:
    """Records as `name ttl type data`."""
    return {
        f"{rrset.name} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} {data.to_text()}"
        for rrset in getattr(response, section)
        for data in rrset
    }


def namespace(name: str) -> dict[str, Any]:
    return {"kind": "Namespace", "metadata": {"name": name}}


def service(name: str, in_namespace: str = "default", **spec: Any) -> dict[str, Any]:
    full = {"type": "ClusterIP", "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}], **spec}
    return {"kind": "Service", "metadata": {"name": name, "namespace": in_namespace}, "spec": full}


def endpoint_slice(
    name: str,
    endpoints: list[dict[str, Any]],
    *,
    owner: str | None = None,
    in_namespace: str = "default",
    kind: str = "IPv4",
    ports: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """`owner`: its Service, by default the part of `name` before the first dash."""
    owner = name.partition("-")[0] if owner is None else owner
    labels = {"kubernetes.io/service-name": owner} if owner else {}
    return {
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": in_namespace, "labels": labels},
        "addressType": kind,
        "endpoints": endpoints,
        "ports": [{"name": "http", "port": 80, "protocol": "TCP"}] if ports is None else ports,
    }


def ready(*addresses: str, **more: Any) -> list[dict[str, Any]]:
    return [{"addresses": [address], "conditions": {"ready": True}, **more} for address in addresses]


def pod(name: str, address: str, in_namespace: str = "default", **metadata: Any) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": in_namespace, **metadata},
        "status": {"podIP": address, "phase": "Running"},
    }


@pytest.fixture(scope="session")
def coredns() -> type[CoreDns]:
    return CoreDns
