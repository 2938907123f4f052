"""`template`: answers made of the query itself. Source: https://coredns.io/plugins/template/"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import dns.exception
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tokenizer
import dns.ttl
from dns.rdatatype import RdataType

from pocketkube.dns.corefile import CorefileError, Directive
from pocketkube.dns.go_regex import compile_go
from pocketkube.dns.message import Failed, Handler, Record, Request, Response, zone_of
from pocketkube.dns.plugins.gotemplate import GoTemplate, TemplateError
from pocketkube.dns.plugins.setup import Fallthrough, Surroundings, names

DEFAULT_TTL = 3600  # of a record that is written without one


@dataclass(slots=True)
class Template:
    zones: list[dns.name.Name]
    kind_class: dns.rdataclass.RdataClass
    kind: RdataType
    patterns: list[re.Pattern[str]] = field(default_factory=list)
    answer: list[GoTemplate] = field(default_factory=list)
    additional: list[GoTemplate] = field(default_factory=list)
    authority: list[GoTemplate] = field(default_factory=list)
    rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    fallthrough: Fallthrough = field(default_factory=Fallthrough)

    def concerns(self, request: Request) -> bool:
        return (
            zone_of(request.name, self.zones) is not None
            and dns.rdataclass.ANY in (self.kind_class, request.kind_class, _same(self.kind_class, request.kind_class))
            and RdataType.ANY in (self.kind, request.kind, _same(self.kind, request.kind))
        )

    def match(self, request: Request) -> re.Match[str] | None:
        found = (pattern.search(request.text) for pattern in self.patterns)
        return next((each for each in found if each), None)

    async def respond(self, request: Request, match: re.Match[str]) -> Response:
        if self.rcode == dns.rcode.SERVFAIL:
            raise Failed(self.rcode, "as a template says")
        data = _data(request, self, match)
        answer: list[Record] = []
        for each in self.answer:
            made = _record(each, data)
            answer.append(made)
            if made.data.rdtype == RdataType.CNAME and request.kind in (RdataType.A, RdataType.AAAA):
                answer += await request.look_up(made.data.target, request.kind)  # type: ignore[attr-defined]
        authority = [_record(each, data) for each in self.authority]
        return Response(self.rcode, answer, authority, [_record(each, data) for each in self.additional])


@dataclass(frozen=True, slots=True)
class Templates:
    templates: list[Template]

    async def answer(self, request: Request, following: Handler) -> Response:
        for template in self.templates:
            if not template.concerns(request):
                continue
            match = template.match(request)
            if match:
                return await template.respond(request, match)
            if not template.fallthrough.covers(request.name):
                raise Failed(dns.rcode.SERVFAIL, "no template matches")
        return await following(request)


def _same(one: int, other: int) -> int:
    """ANY when both are the same: then they go together."""
    return dns.rdataclass.ANY if one == other else -1


def _data(request: Request, template: Template, match: re.Match[str]) -> dict[str, Any]:
    """What a template sees as `.Name`, `.Group.a` and so on."""
    kind = template.kind if request.kind == RdataType.ANY else request.kind
    kind_class = template.kind_class if request.kind_class == dns.rdataclass.ANY else request.kind_class
    groups = (match[0], *match.groups(""))
    zone = zone_of(request.name, template.zones)
    question = {"Name": str(request.name), "Qtype": int(request.kind), "Qclass": int(request.kind_class)}
    return {
        "Zone": str(zone),
        "Name": request.text,
        "Regex": match.re.pattern,
        "Class": dns.rdataclass.to_text(kind_class),
        "Type": dns.rdatatype.to_text(kind),
        "Match": list(groups),
        "Group": {**{str(number): group for number, group in enumerate(groups)}, **match.groupdict("")},
        "Question": question,
        "Message": {"Id": request.query.id},
        "Remote": request.client[0],
    }


def _record(template: GoTemplate, data: dict[str, Any]) -> Record:
    try:
        return _zone_file_line(template.render(data))
    except (TemplateError, dns.exception.DNSException, ValueError) as error:
        raise Failed(dns.rcode.SERVFAIL, f"a template makes no record: {error}") from error


def _zone_file_line(text: str) -> Record:
    """`name [ttl] [class] type data`: https://www.rfc-editor.org/rfc/rfc1035#section-5"""
    words = dns.tokenizer.Tokenizer(text)
    name = words.get_name(dns.name.root)
    ttl, kind_class = DEFAULT_TTL, dns.rdataclass.IN
    word = words.get_string()
    for _ in range(2):  # in either order
        if word.isdigit():
            ttl = dns.ttl.from_text(word)
            word = words.get_string()
        elif word.upper() in ("IN", "CH", "HS"):
            kind_class = dns.rdataclass.from_text(word)
            word = words.get_string()
    kind = dns.rdatatype.from_text(word)
    return Record(name, ttl, dns.rdata.from_text(kind_class, kind, words, dns.name.root, relativize=False))


def setup(directives: list[Directive], surroundings: Surroundings) -> Templates:
    return Templates([_template(directive, surroundings) for directive in directives])


def _template(directive: Directive, surroundings: Surroundings) -> Template:
    if len(directive.arguments) < 2:
        raise directive.wrong_arguments(directive.arguments[-1] if directive.arguments else "")
    made = _empty(directive, surroundings)
    for line in directive.properties:
        name, *arguments = line.words
        if not arguments and name != "fallthrough":
            raise directive.wrong_arguments(name, line.number)
        match name:
            case "match":
                made.patterns += [_pattern(text, line.number) for text in arguments]
            case "answer" | "additional" | "authority":
                getattr(made, name).extend(_go_template(text, line.number) for text in arguments)
            case "rcode":
                made.rcode = _rcode(arguments[0], line.number)
            case "fallthrough":
                made.fallthrough = Fallthrough.of(arguments)
            case "ederror":
                raise surroundings.not_carried_out(directive, line)
            case _ if name != "upstream":  # which has no effect in CoreDNS either
                raise directive.wrong_arguments(name, line.number)
    if not made.answer and not made.authority and made.rcode == dns.rcode.NOERROR:
        raise CorefileError(directive.end, "no answer section for template found")
    made.patterns = made.patterns or [re.compile(".*")]
    return made


def _empty(directive: Directive, surroundings: Surroundings) -> Template:
    kind_class, kind, *zones = directive.arguments
    try:
        made_class = dns.rdataclass.from_text(kind_class)
    except dns.exception.DNSException:
        raise CorefileError(directive.line, f"invalid query class {kind_class}") from None
    try:
        made_kind = dns.rdatatype.from_text(kind)
    except dns.exception.DNSException:
        raise CorefileError(directive.line, f"invalid RR class {kind}") from None
    return Template(names(zones) or surroundings.zones, made_class, made_kind)


def _pattern(text: str, line: int) -> re.Pattern[str]:
    try:
        return compile_go(text)
    except re.error as error:
        raise CorefileError(line, f"could not parse regex: {text}, {error}") from error


def _go_template(text: str, line: int) -> GoTemplate:
    try:
        return GoTemplate(text)
    except TemplateError as error:
        raise CorefileError(line, f"could not compile template: {text}, {error}") from error


def _rcode(text: str, line: int) -> dns.rcode.Rcode:
    try:
        return dns.rcode.from_text(text)
    except dns.exception.DNSException:
        raise CorefileError(line, f"unknown rcode {text}") from None
