"""What passes between the plugins: a question with what is known of its asker, and what is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdatatype import RdataType

DEEPEST_LOOKUP = 8  # names that lead to other names, each asked anew


class Record(NamedTuple):
    """One resource record; its class and type are its data's. `ttl` in seconds."""

    name: dns.name.Name
    ttl: int
    data: dns.rdata.Rdata


@dataclass(frozen=True, slots=True)
class Request:
    """One question. `name` keeps the case in which it was asked; `text` is it in lower case with the closing dot."""

    query: dns.message.Message
    name: dns.name.Name
    kind: RdataType
    kind_class: dns.rdataclass.RdataClass
    client: tuple[str, int]
    transport: str  # "udp" or "tcp"
    resolve: Handler  # the whole server, for a name that an answer leads to
    depth: int = 0

    @property
    def text(self) -> str:
        return self.name.to_text().lower()

    async def look_up(self, name: dns.name.Name, kind: RdataType) -> list[Record]:
        """The answer of this server to a further question of the same client; [] when there is none."""
        if self.depth >= DEEPEST_LOOKUP:
            return []
        further = replace(self, name=name, kind=kind, kind_class=dns.rdataclass.IN, depth=self.depth + 1)
        try:
            return (await self.resolve(further)).answer
        except Failed:
            return []


@dataclass(slots=True)
class Response:
    """Its question is the request's."""

    rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    answer: list[Record] = field(default_factory=list)
    authority: list[Record] = field(default_factory=list)
    additional: list[Record] = field(default_factory=list)
    authoritative: bool = True
    recursion_available: bool = False
    recursion_desired: bool | None = None  # None for what the query says
    truncated: bool = False
    buffer: int = 0  # bytes that it may have at most over UDP; 0 for what the asker can take


class Failed(Exception):
    """No plugin has an answer: the server writes one that has the code `rcode` and nothing else."""

    def __init__(self, rcode: dns.rcode.Rcode, reason: str) -> None:
        super().__init__(reason)
        self.rcode = rcode


class Dropped(Exception):
    """There is to be no response at all."""


Handler = Callable[[Request], Awaitable[Response]]


def record(name: dns.name.Name, ttl: int, kind: RdataType, text: str) -> Record:
    return Record(name, ttl, _data(kind, text))


@lru_cache(maxsize=8192)  # reading a text takes longer than all the rest of an answer
def _data(kind: RdataType, text: str) -> dns.rdata.Rdata:
    return dns.rdata.from_text(dns.rdataclass.IN, kind, text)


def zone_of(name: dns.name.Name, zones: Iterable[dns.name.Name]) -> dns.name.Name | None:
    """The longest of `zones` that `name` lies in."""
    return max((zone for zone in zones if name.is_subdomain(zone)), key=len, default=None)
