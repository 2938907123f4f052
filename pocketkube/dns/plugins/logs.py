"""What CoreDNS writes into its log of queries: `errors` and `log`.

Sources: https://coredns.io/plugins/errors/ https://coredns.io/plugins/log/
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import dns.flags
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from pocketkube.dns import wire
from pocketkube.dns.corefile import CorefileError, Directive
from pocketkube.dns.message import Failed, Handler, Request, Response
from pocketkube.dns.plugins.response_kind import Kind, kind_of
from pocketkube.dns.plugins.setup import Surroundings, once

CLASSES = {"success", "denial", "error", "all"}
CLASS_OF = {Kind.SUCCESS: "success", Kind.DELEGATION: "success", Kind.DENIAL: "denial"}
COMMON = (
    '{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" '
    "{rcode} {>rflags} {rsize} {duration}"
)
COMBINED = f'{COMMON} "{{>opcode}}"'
PLACEHOLDER = re.compile(r"\{[^{}]*\}")


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


class Rule(NamedTuple):
    """What is written of the responses of some `classes` to questions about a zone."""

    zone: dns.name.Name
    format: str
    classes: set[str]


@dataclass(frozen=True, slots=True)
class Log:
    """The first rule whose zone the name lies in is the one that counts."""

    rules: list[Rule]
    log: Callable[[str], None]

    async def answer(self, request: Request, following: Handler) -> Response:
        rule = next((each for each in self.rules if request.name.is_subdomain(each.zone)), None)
        if rule is None:
            return await following(request)
        began = time.perf_counter()
        try:
            response = await following(request)
        except Failed as error:
            self._write(rule, request, Response(error.rcode, authoritative=False), time.perf_counter() - began)
            raise
        self._write(rule, request, response, time.perf_counter() - began)
        return response

    def _write(self, rule: Rule, request: Request, response: Response, seconds: float) -> None:
        if rule.classes & {"all", CLASS_OF.get(kind_of(request, response), "error")}:
            values = _values(request, response, seconds)
            self.log(f"[INFO] {PLACEHOLDER.sub(lambda each: values.get(each[0], each[0]), rule.format)}")


def _values(request: Request, response: Response, seconds: float) -> dict[str, str]:
    """What stands for what in a format."""
    query = request.query
    written = wire.write(query, response, request.transport)
    host, port = request.client
    return {
        "{remote}": host,
        "{port}": str(port),
        "{type}": dns.rdatatype.to_text(request.kind),
        "{class}": dns.rdataclass.to_text(request.kind_class),
        "{name}": request.text,
        "{proto}": request.transport,
        "{size}": str(len(query.to_wire())),
        "{>id}": str(query.id),
        "{>opcode}": str(int(query.opcode())),
        "{>do}": "true" if query.edns >= 0 and query.ednsflags & dns.flags.DO else "false",
        "{>bufsize}": str(query.payload if query.edns >= 0 else wire.SMALLEST),
        "{>rflags}": dns.flags.to_text(int.from_bytes(written[2:4], "big") & ~0xF).lower().replace(" ", ","),
        "{rcode}": dns.rcode.to_text(response.rcode),
        "{rsize}": str(len(written)),
        "{duration}": f"{seconds:.9f}s",
    }


def errors_setup(directives: list[Directive], surroundings: Surroundings) -> Errors:
    directive = once(directives)
    if len(directive.arguments) > 1:
        raise directive.wrong_arguments(directive.arguments[-1])
    if directive.arguments not in ([], ["stdout"]):
        raise CorefileError(directive.line, f"invalid log file: {directive.arguments[0]}")
    for line in directive.properties:
        name = line.words[0]
        if name not in ("consolidate", "stacktrace"):
            problem = f"Unexpected token '{name}', expecting 'Unknown field {name}'"
            raise CorefileError(line.number, problem, "Syntax error")
    return Errors(surroundings.log)


def log_setup(directives: list[Directive], surroundings: Surroundings) -> Log:
    """`log [NAMES... [FORMAT]]`, every rule with its classes."""
    rules: list[Rule] = []
    for directive in directives:
        scopes, written = list(directive.arguments) or ["."], COMMON
        if len(scopes) > 1 and "{" in scopes[-1]:
            written = scopes.pop().replace("{common}", COMMON).replace("{combined}", COMBINED)
        classes = _classes(directive) or {"all"}
        rules += [Rule(dns.name.from_text(scope.lower()), written, classes) for scope in scopes]
    return Log(rules, surroundings.log)


def _classes(directive: Directive) -> set[str]:
    found: set[str] = set()
    for line in directive.properties:
        if line.words[0] != "class" or len(line.words) == 1:
            raise directive.wrong_arguments(line.words[0], line.number)
        for each in line.words[1:]:
            if each not in CLASSES:
                raise CorefileError(0, f"invalid Class: {each}")
            found.add(each)
    return found
