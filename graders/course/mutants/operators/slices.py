"""A hand-made EndpointSlice that belongs to nobody, or leads elsewhere. Its ports are ports like others."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from itertools import islice
from typing import Any

from graders.course.mutants.fields import at, mapping, named, replaced
from graders.course.mutants.mutant import Edit, called, set_to, without
from graders.submission import Document

TIE = "kubernetes.io/service-name"
OTHER_KEY = "service-name"
OTHER_TYPES = ("IPv6", "FQDN", "IP")


def edits(document: Document) -> Iterator[Edit]:
    content = document.content
    if content["kind"] != "EndpointSlice":
        return
    labels = ("metadata", "labels")
    if TIE in mapping(content, *labels):
        yield without("slice-label", content, (*labels, TIE))
        yield called("slice-label", content, (*labels, TIE), OTHER_KEY)
        yield set_to("slice-label", content, (*labels, TIE), document.name)
        moved = replaced(content, ("metadata", "annotations"), mapping(content, *labels))
        moved["metadata"].pop("labels")
        yield Edit("slice-label", labels, "as annotations", (moved,))
    for other in OTHER_TYPES:
        yield set_to("address-type", content, ("addressType",), other)
    for path, addresses in islice(named(content, "addresses"), 1):
        yield set_to("slice-address", content, path, at(addresses, (0,)))
        for address in _others(at(addresses, (0,))):
            yield set_to("slice-address", content, (*path, 0), address)
    if mapping(content, "endpoints", 0):
        yield set_to("slice-ready", content, ("endpoints", 0, "conditions"), {"ready": False})
    yield from _together(content)


def _others(address: Any) -> Iterator[str]:
    """What stands where an address should."""
    try:
        yield str(ipaddress.ip_address(str(address)) + 1)
    except ValueError:
        return
    yield from (f"{address}:80", "db.example.com")


def _together(content: dict[str, Any]) -> Iterator[Edit]:
    """All addresses in one endpoint: a list of lists is easily taken for one list."""
    endpoints = content.get("endpoints")
    lists = (
        [each.get("addresses") for each in endpoints if isinstance(each, dict)] if isinstance(endpoints, list) else []
    )
    addresses = [address for each in lists if isinstance(each, list) for address in each]
    if len(lists) > 1:
        for how, other in (("in one endpoint", [{"addresses": addresses}]), ("without endpoints", addresses)):
            yield Edit("slice-endpoints", ("endpoints",), how, (replaced(content, ("endpoints",), other),))
