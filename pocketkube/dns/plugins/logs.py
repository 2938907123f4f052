"""What CoreDNS writes into its log of queries: `errors` and `log`.

Sources: https://coredns.io/plugins/errors/ https://coredns.io/plugins/log/
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import dns.flags
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from pocketkube.dns import wire
from pocketkube.dns.corefile import CorefileError, Directive
from pocketkube.dns.message import Failed, Handler, Request, Response, zone_of
from pocketkube.dns.plugins.response_kind import Kind, kind_of
from pocketkube.dns.plugins.setup import Surroundings, names, once

CLASSES = {"success", "denial", "error", "all"}
CLASS_OF = {Kind.SUCCESS: "success", Kind.DELEGATION: "success", Kind.DENIAL: "denial"}


@dataclass(frozen=True, slots=True)
class Errors:
    log: Callable[[str], None]

    async def answer(self, request: Request, following: Handler) -> Response:
        try:
            return await following(request)
        except Failed as error:
            kind = dns.rdatatype.to_text(request.kind)
            self.log(f"[ERROR] plugin/errors: {int(error.rcode)} {request.text} {kind}: {error}")
            raise


@dataclass(frozen=True, slots=True)
class Log:
    """`classes` of responses that are logged."""

    zones: list[dns.name.Name]
    classes: set[str]
    log: Callable[[str], None]

    async def answer(self, request: Request, following: Handler) -> Response:
        if zone_of(request.name, self.zones) is None:
            return await following(request)
        began = time.perf_counter()
        try:
            response = await following(request)
        except Failed as error:
            self._write(request, Response(error.rcode, authoritative=False), time.perf_counter() - began)
            raise
        self._write(request, response, time.perf_counter() - began)
        return response

    def _write(self, request: Request, response: Response, seconds: float) -> None:
        if not self.classes & {"all", CLASS_OF.get(kind_of(request, response), "error")}:
            return
        query = request.query
        written = wire.write(query, response, request.transport)
        flags = dns.flags.to_text(int.from_bytes(written[2:4], "big") & ~0xF).lower().replace(" ", ",")
        kind, kind_class = dns.rdatatype.to_text(request.kind), dns.rdataclass.to_text(request.kind_class)
        do = "true" if query.edns >= 0 and query.ednsflags & dns.flags.DO else "false"
        size = query.payload if query.edns >= 0 else wire.SMALLEST
        asked = f"{kind} {kind_class} {request.text} {request.transport} {len(query.to_wire())} {do} {size}"
        host, port = request.client
        self.log(
            f'[INFO] {host}:{port} - {query.id} "{asked}" {dns.rcode.to_text(response.rcode)} {flags} '
            f"{len(written)} {seconds:.9f}s"
        )


def errors_setup(directives: list[Directive], surroundings: Surroundings) -> Errors:
    directive = once(directives)
    for line in directive.properties:
        if line.words[0] not in ("consolidate", "stacktrace"):
            raise CorefileError(line.number, f"unknown property '{line.words[0]}'")
    return Errors(surroundings.log)


def log_setup(directives: list[Directive], surroundings: Surroundings) -> Log:
    """`log [NAMES...] [FORMAT]`; every line has the format `common`."""
    zones: list[dns.name.Name] = []
    classes: set[str] = set()
    for directive in directives:
        zones += names(text for text in directive.arguments if "{" not in text) or surroundings.zones
        for line in directive.properties:
            if line.words[0] != "class":
                raise directive.wrong_arguments(line.words[-1], line.number)
            unknown = set(line.words[1:]) - CLASSES
            if unknown or len(line.words) == 1:
                raise directive.wrong_arguments(line.words[-1], line.number)
            classes |= set(line.words[1:])
        if any("{" in text for text in directive.arguments):
            surroundings.log("[WARNING] plugin/log: pocketkube writes every line in the format {common}")
    return Log(zones, classes or {"all"}, surroundings.log)
