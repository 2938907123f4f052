"""Where a hand-made EndpointSlice or Endpoints may not lead: to the nodes themselves."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from graders.policy.fields import Path, items, mappings, refuse
from graders.submission import Document


def enforce(document: Document) -> None:
    for path, address in _addresses(document):
        if _is_of_the_node(address):
            what = f"{address} is not allowed: it leads to the node itself. Use the addresses of the task."
            refuse(document, path, what)


def _addresses(document: Document) -> Iterator[tuple[Path, Any]]:
    """EndpointSlice: endpoints[].addresses[]. Endpoints: subsets[].addresses[].ip, and notReadyAddresses."""
    for number, endpoint in mappings(document.content.get("endpoints")):
        for index, address in enumerate(items(endpoint.get("addresses"))):
            yield ("endpoints", number, "addresses", index), address
    for number, subset in mappings(document.content.get("subsets")):
        for name in ("addresses", "notReadyAddresses"):
            for index, each in mappings(subset.get(name)):
                yield ("subsets", number, name, index, "ip"), each.get("ip")


def _is_of_the_node(text: Any) -> bool:
    """Loopback, link-local (169.254.169.254 serves a cloud's credentials), multicast and unspecified addresses.

    The API server refuses most of them too: https://github.com/kubernetes/kubernetes/issues/91506
    """
    try:
        address = ipaddress.ip_address(text if isinstance(text, str) else "")
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
