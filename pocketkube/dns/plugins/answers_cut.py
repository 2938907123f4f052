"""Plugins that make answers smaller: `any`, `bufsize`, `minimal`.

Sources: https://coredns.io/plugins/any/ https://coredns.io/plugins/bufsize/ https://coredns.io/plugins/minimal/
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import dns.rcode
from dns.rdatatype import RdataType

from pocketkube.dns.corefile import Directive
from pocketkube.dns.message import Handler, Request, Response, record
from pocketkube.dns.plugins.setup import Surroundings, once

ANY_TTL = 8482
DEFAULT_BUFFER, SMALLEST_BUFFER, LARGEST_BUFFER = 1232, 512, 4096  # bytes


class Any:
    """Queries for every type get one small record: RFC 8482."""

    async def answer(self, request: Request, following: Handler) -> Response:
        if request.kind != RdataType.ANY:
            return await following(request)
        text = '"ANY obsoleted" "See RFC 8482"'
        return Response(answer=[record(request.name, ANY_TTL, RdataType.HINFO, text)], authoritative=False)


@dataclass(frozen=True, slots=True)
class BufferSize:
    size: int

    async def answer(self, request: Request, following: Handler) -> Response:
        return replace(await following(request), buffer=self.size)


class Minimal:
    """Only what was asked for."""

    async def answer(self, request: Request, following: Handler) -> Response:
        response = await following(request)
        if response.rcode != dns.rcode.NOERROR or not response.answer:
            return response
        return replace(response, authority=[], additional=[])


def any_setup(directives: list[Directive], _surroundings: Surroundings) -> Any:
    if once(directives).arguments:
        raise directives[0].wrong_arguments(directives[0].arguments[-1])
    return Any()


def minimal_setup(directives: list[Directive], _surroundings: Surroundings) -> Minimal:
    if once(directives).arguments:
        raise directives[0].wrong_arguments(directives[0].arguments[-1])
    return Minimal()


def buffer_setup(directives: list[Directive], _surroundings: Surroundings) -> BufferSize:
    directive = once(directives)
    if not directive.arguments:
        return BufferSize(DEFAULT_BUFFER)
    text = directive.arguments[0]
    if len(directive.arguments) > 1:
        raise directive.wrong_arguments(directive.arguments[-1]).of_plugin("bufsize")
    if not (text.isascii() and text.isdigit()):
        raise directive.wrong_arguments(text).of_plugin("bufsize")  # CoreDNS says so twice
    if not SMALLEST_BUFFER <= int(text) <= LARGEST_BUFFER:
        raise directive.wrong_arguments(text).of_plugin("bufsize")
    return BufferSize(int(text))
