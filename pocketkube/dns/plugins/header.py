"""`header`: flags of queries and responses are set or cleared. Source: https://coredns.io/plugins/header/"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace

import dns.flags

from pocketkube.dns.corefile import CorefileError, Directive, Line
from pocketkube.dns.message import Handler, Request, Response
from pocketkube.dns.plugins.setup import Surroundings

FIELDS = {"aa": "authoritative", "ra": "recursion_available", "rd": "recursion_desired"}  # of a Response
FLAGS = {"aa": dns.flags.AA, "ra": dns.flags.RA, "rd": dns.flags.RD}


@dataclass(frozen=True, slots=True)
class Header:
    """By flag, whether it is set."""

    query: dict[str, bool] = field(default_factory=dict)
    response: dict[str, bool] = field(default_factory=dict)

    async def answer(self, request: Request, following: Handler) -> Response:
        if self.query:
            query = copy.copy(request.query)
            for flag, wanted in self.query.items():
                query.flags = query.flags | FLAGS[flag] if wanted else query.flags & ~FLAGS[flag]
            request = replace(request, query=query)
        # A response repeats its query's RD.
        said = {"rd": self.query["rd"]} if "rd" in self.query else {}
        changes = {FIELDS[flag]: wanted for flag, wanted in (said | self.response).items()}
        return replace(await following(request), **changes)  # type: ignore[arg-type]


def setup(directives: list[Directive], _surroundings: Surroundings) -> Header:
    made = Header()
    for directive in directives:
        for line in directive.properties:
            _rule(made, line)
    return made


def _rule(made: Header, line: Line) -> None:
    """`query|response set|clear FLAGS...`"""
    selector, action, *flags = (each.lower() for each in [*line.words, ""][: max(len(line.words), 2)])
    if selector not in ("query", "response"):
        raise CorefileError(0, f"setting up rule: invalid selector={selector} should be query or response")
    if not action:
        raise CorefileError(0, "setting up rule: no flag action provided")
    if not flags:
        raise CorefileError(0, "setting up rule: invalid length for flags, at least one should be provided")
    if action not in ("set", "clear"):
        raise CorefileError(0, f"setting up rule: unknown flag action={action}, should be set or clear")
    for flag in flags:
        if flag not in FLAGS:
            raise CorefileError(0, f"setting up rule: unknown/unsupported flag={flag}")
        getattr(made, selector)[flag] = action == "set"
