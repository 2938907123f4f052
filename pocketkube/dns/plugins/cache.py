"""`cache`: responses are kept for as long as their TTLs say, within bounds.

Only what a plugin has answered is kept, not that none has an answer (a Failed).
Source: https://coredns.io/plugins/cache/
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import NamedTuple

import dns.flags
import dns.name
import dns.rcode
import dns.rdatatype

from pocketkube.dns.message import Failed, Handler, Record, Request, Response, zone_of
from pocketkube.dns.plugins.response_kind import Kind, kind_of

SHORTEST, LONGEST, LONGEST_DENIAL = 5, 3600, 1800  # seconds
CAPACITY = 9984  # responses
LEAST_CAPACITY = 1024  # 256 parts of at least four

Key = tuple[dns.name.Name, dns.rdatatype.RdataType, bool, bool]  # with the query's flags DO and CD


class Kept(NamedTuple):
    """A response as it came, when it came (monotonic) and for how many seconds it holds."""

    response: Response
    since: float
    ttl: int

    def left(self, now: float) -> int:
        """Seconds; none or less when it is stale."""
        return self.ttl - int(now - self.since)


@dataclass(slots=True)
class Part:
    """The responses of one kind. `shortest` and `longest`: seconds; `disabled`: zones of which none is kept."""

    longest: int
    shortest: int = SHORTEST
    capacity: int = CAPACITY
    disabled: list[dns.name.Name] = field(default_factory=list)
    kept: dict[Key, Kept] = field(default_factory=dict)

    def keep(self, key: Key, found: Kept) -> None:
        if zone_of(key[0], self.disabled) is not None:
            return
        if key not in self.kept and len(self.kept) >= max(self.capacity, LEAST_CAPACITY):
            del self.kept[next(iter(self.kept))]
        self.kept[key] = found


@dataclass(slots=True)
class Cache:
    """`failure_ttl`: seconds for a server's failure; `stale_for`: those for which what is stale may be answered.

    `verify_stale`: not before it was tried to get a new response.
    """

    zones: list[dns.name.Name]
    success: Part = field(default_factory=lambda: Part(LONGEST))
    denial: Part = field(default_factory=lambda: Part(LONGEST_DENIAL))
    failure_ttl: float = SHORTEST
    keep_ttl: bool = False
    stale_for: float = 0
    verify_stale: bool = False
    _renewing: set[asyncio.Task[Response | None]] = field(default_factory=set)

    async def answer(self, request: Request, following: Handler) -> Response:
        if zone_of(request.name, self.zones) is None:
            return await following(request)
        now = monotonic()
        found = self._find(request, now)
        if found is None:
            return self._take(request, await following(request))
        if found.left(now) >= 0:
            return _again(found, found.ttl if self.keep_ttl else found.left(now))
        if self.verify_stale:
            renewed = await self._renew(request, following)
            if renewed and renewed.rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                return renewed
        else:
            task = asyncio.create_task(self._renew(request, following))
            self._renewing.add(task)
            task.add_done_callback(self._renewing.discard)
        return _again(found, 0)

    def _find(self, request: Request, now: float) -> Kept | None:
        for part in (self.denial, self.success):
            found = part.kept.get(_key(request))
            if found and (found.left(now) > 0 or -found.left(now) < self.stale_for):
                return found
        return None

    async def _renew(self, request: Request, following: Handler) -> Response | None:
        """A new response instead of a stale one; None when there is none."""
        try:
            response = self._take(request, await following(request))
        except Failed:
            return None
        if kind_of(request, response) is Kind.SUCCESS:
            self.denial.kept.pop(_key(request), None)
        return response

    def _take(self, request: Request, response: Response) -> Response:
        """Keep a response where that is allowed; its records get the TTL that it is kept for."""
        kind = kind_of(request, response)
        ttl = self._ttl(kind, response)
        if kind is not Kind.OTHER and not response.truncated and ttl > 0:
            part = self.success if kind in (Kind.SUCCESS, Kind.DELEGATION) else self.denial
            part.keep(_key(request), Kept(response, monotonic(), ttl))
        return _with_ttl(response, ttl)

    def _ttl(self, kind: Kind, response: Response) -> int:
        """The smallest TTL in it, within the bounds of its kind."""
        if kind is Kind.SERVER_ERROR:
            return int(self.failure_ttl)
        records = [*response.answer, *response.authority, *response.additional]
        smallest = SHORTEST
        if records and kind in (Kind.SUCCESS, Kind.DENIAL):
            smallest = min(LONGEST, *(each.ttl for each in records))
        part = self.denial if kind is Kind.DENIAL else self.success
        return min(max(smallest, part.shortest), part.longest)


def _key(request: Request) -> Key:
    query = request.query
    do = query.edns >= 0 and bool(query.ednsflags & dns.flags.DO)
    return request.name.canonicalize(), request.kind, do, bool(query.flags & dns.flags.CD)


def _again(found: Kept, ttl: int) -> Response:
    """What is kept is always given as authoritative: some clients ignore what is not."""
    return replace(_with_ttl(found.response, ttl), authoritative=True)


def _with_ttl(response: Response, ttl: int) -> Response:
    def changed(records: Iterable[Record]) -> list[Record]:
        return [Record(name, ttl, data) for name, _, data in records]

    return replace(
        response,
        answer=changed(response.answer),
        authority=changed(response.authority),
        additional=changed(response.additional),
    )
