"""`rewrite`: another name, type or class is asked than the one in the query, and the answer is changed back.

Source: https://coredns.io/plugins/rewrite/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import dns.exception
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from pocketkube.dns.corefile import CorefileError, Directive
from pocketkube.dns.go_regex import compile_go
from pocketkube.dns.message import Failed, Handler, Record, Request, Response
from pocketkube.dns.plugins.setup import Surroundings

LONGEST_TTL = 2**31 - 1  # seconds, RFC 2181 8
TTL_RANGE = re.compile(r"(\d*)(-?)(\d*)", re.ASCII)
GROUP = re.compile(r"\{(\d+)\}")
# Of the types whose data has a name: the field that has it.
NAME_FIELDS = {
    dns.rdatatype.SRV: "target",
    dns.rdatatype.CNAME: "target",
    dns.rdatatype.NS: "target",
    dns.rdatatype.DNAME: "target",
    dns.rdatatype.PTR: "target",
    dns.rdatatype.MX: "exchange",
    dns.rdatatype.SOA: "mname",
    dns.rdatatype.NAPTR: "replacement",
}
Change = Callable[[str], str]  # of a name in text


@dataclass(frozen=True, slots=True)
class Back:
    """What is done to each record of the response: its owner's name, the name in its data, the bounds of its TTL.

    `rcodes`: one that a response may have, and the one that it gets instead.
    """

    name: Change | None = None
    value: Change | None = None
    shortest: int = 0
    longest: int = LONGEST_TTL
    rcodes: tuple[dns.rcode.Rcode, dns.rcode.Rcode] | None = None

    def apply(self, each: Record) -> Record:
        name, ttl, data = each
        if self.name:
            name = dns.name.from_text(self.name(name.to_text()))
        field = NAME_FIELDS.get(data.rdtype)
        if self.value and field:
            data = data.replace(**{field: dns.name.from_text(self.value(getattr(data, field).to_text()))})
        return Record(name, min(max(ttl, self.shortest), self.longest), data)


# What a rule makes of a request: the changed one and the ways back, or None when it does not apply.
Rule = Callable[[Request], tuple[Request, list[Back]] | None]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """`rules` with whether each is the last that is applied."""

    rules: list[tuple[Rule, bool]]

    async def answer(self, request: Request, following: Handler) -> Response:
        changed, backs = request, []  # type: Request, list[Back]
        for rule, last in self.rules:
            try:
                result = rule(changed)
            except (dns.exception.DNSException, ValueError) as error:
                raise Failed(dns.rcode.SERVFAIL, f"invalid name after rewrite: {error}") from error
            if result:
                changed, further = result
                backs += further
                if last:
                    break
        response = await following(changed)
        if not backs:
            return response
        return replace(
            response,
            rcode=_rcode(response, backs),
            answer=[_back(each, backs) for each in response.answer],
            authority=[_back(each, backs) for each in response.authority],
            additional=[_back(each, backs) for each in response.additional],
        )


def _back(each: Record, backs: Iterable[Back]) -> Record:
    for back in backs:
        each = back.apply(each)
    return each


def _rcode(response: Response, backs: Iterable[Back]) -> dns.rcode.Rcode:
    """CoreDNS looks at it record by record, and so never where there is none."""
    found = response.rcode
    if response.answer or response.authority or response.additional:
        for back in backs:
            if back.rcodes and back.rcodes[0] == found:
                found = back.rcodes[1]
    return found


def setup(directives: list[Directive], surroundings: Surroundings) -> Rewrite:
    rules: list[tuple[Rule, bool]] = []
    for directive in directives:
        words = list(directive.arguments)
        last = True
        if words and words[0].lower() in ("continue", "stop"):
            last = words.pop(0).lower() == "stop"
        # In a block the lines are one rule: `name regex FROM TO` and `answer name FROM TO`.
        words += [word for line in directive.properties for word in line.words]
        if not words:
            raise CorefileError(0, "no rule type specified for rewrite")
        rules.append((_rule(words, directive, surroundings), last))
    return Rewrite(rules)


def _rule(words: list[str], directive: Directive, surroundings: Surroundings) -> Rule:
    kind, *arguments = words
    try:
        match kind.lower():
            case "name":
                return _name_rule(arguments)
            case "ttl":
                return _ttl_rule(arguments)
            case "rcode":
                return _rcode_rule(arguments)
            case "type":
                asked, instead = _two(kind, arguments)
                before, after = dns.rdatatype.from_text(asked), dns.rdatatype.from_text(instead)
                return lambda request: (replace(request, kind=after), []) if request.kind == before else None
            case "class":
                asked, instead = _two(kind, arguments)
                old, new = dns.rdataclass.from_text(asked), dns.rdataclass.from_text(instead)
                return lambda request: (replace(request, kind_class=new), []) if request.kind_class == old else None
            case "answer":
                raise ValueError("response rewrites must begin with a name rule")
            case "edns0" | "cname":
                raise surroundings.not_carried_out(replace(directive, name=f"rewrite {kind}"))
    except CorefileError:
        raise
    except (dns.exception.DNSException, ValueError) as error:
        raise CorefileError(0, str(error)) from error
    raise CorefileError(0, f'invalid rule type "{kind}"')


def _two(kind: str, arguments: list[str]) -> tuple[str, str]:
    if len(arguments) != 2:
        raise ValueError(f"{kind} rules must have exactly two arguments")
    return arguments[0], arguments[1]


def _name_rule(arguments: list[str]) -> Rule:
    if len(arguments) < 2:
        raise ValueError("too few arguments for a name rule")
    if len(arguments) == 2:
        arguments = ["exact", *arguments]
    how, before, after, *answers = arguments
    how = how.lower()
    if how == "regex":
        _pattern(before, after)  # which names `after` as it is written, if it is wrong
    after = _normal(after)
    change = _change(how, before, after)
    auto, backs = _answer_rules(how, answers)
    if how == "suffix" and auto:
        suffix = _change("suffix", after, _normal(before))
        backs = [Back(name=_or_same(suffix)), Back(value=_or_same(suffix)), *backs]
    automatic = how == "exact" or (auto and how != "suffix")

    def rule(request: Request) -> tuple[Request, list[Back]] | None:
        text = request.text
        changed = change(text)
        if changed is None:
            return None
        if not automatic:
            return replace(request, name=dns.name.from_text(changed)), backs
        remap = _remap(changed, text)
        return replace(request, name=dns.name.from_text(changed)), [Back(name=remap, value=remap), *backs]

    return rule


def _change(how: str, before: str, after: str) -> Callable[[str], str | None]:
    """From a name to the changed one, or to None where the rule does not apply."""
    if how == "regex":
        pattern = _pattern(before, after)

        def by_pattern(text: str) -> str | None:
            match = pattern.search(text)
            return _fill(after, match) if match else None

        return by_pattern
    before = _normal(before)
    match how:
        case "exact":
            return lambda text: after if text == before else None
        case "prefix":
            return lambda text: after + text.removeprefix(before) if text.startswith(before) else None
        case "suffix":
            return lambda text: text.removesuffix(before) + after if text.endswith(before) else None
        case "substring":
            return lambda text: text.replace(before, after) if before in text else None
    raise ValueError(
        f"name rule supports only exact, prefix, suffix, substring, and regex name matching, received: {how}"
    )


def _answer_rules(how: str, words: list[str]) -> tuple[bool, list[Back]]:
    """`answer auto`, `answer name FROM TO`, `answer value FROM TO`, in any number."""
    auto, backs = False, []  # type: bool, list[Back]
    if len(words) == 1:
        raise ValueError(f"invalid arguments for {how} rule")
    rest = list(words)
    while rest:
        if rest[0] != "answer" and not backs and not auto:
            raise ValueError(f"exceeded the number of arguments for a non-answer rule argument for {how} rule")
        if rest[0] == "answer":
            rest.pop(0)
        kind = rest.pop(0) if rest else ""
        if not kind:
            raise ValueError(f"type missing for answer rule for {how} rule")
        if kind == "auto":
            auto = True
            continue
        if kind not in ("name", "value"):
            raise ValueError(f'invalid type "{kind}" for answer rule for {how} rule')
        if len(rest) < 2:
            raise ValueError(f"{kind} answer rule for {how} rule: 2 arguments required")
        before, after = rest.pop(0), rest.pop(0)
        change = _by_pattern(_pattern(before, after), _normal(after))
        backs.append(Back(name=change) if kind == "name" else Back(value=change))
    if auto and any(back.name for back in backs):
        raise ValueError("auto name answer rule cannot be combined with explicit name anwer rules")
    return auto, backs


def _ttl_rule(arguments: list[str]) -> Rule:
    if len(arguments) < 2:
        raise ValueError("too few arguments for a ttl rule")
    if len(arguments) == 2:
        arguments = ["exact", *arguments]
    if len(arguments) > 3:
        raise ValueError("many few arguments for a ttl rule")
    how, before, seconds = arguments
    shortest, longest = _ttl_bounds(seconds)
    applies = _change(how.lower(), before, "")
    back = Back(shortest=shortest, longest=longest)
    return lambda request: (request, [back]) if applies(request.text) is not None else None


def _rcode_rule(arguments: list[str]) -> Rule:
    """`rcode [exact|...] NAME FROM TO`"""
    if len(arguments) < 3:
        raise ValueError(f"too few ({len(arguments)}) arguments for a rcode rule")
    if len(arguments) > 4:
        raise ValueError("many few arguments for a rcode rule")
    how, name, before, after = arguments if len(arguments) == 4 else ["exact", *arguments]
    codes = _one_rcode(before, "matching"), _one_rcode(after, "replacement")
    applies = _change(how.lower(), name, "")
    back = Back(rcodes=codes)
    return lambda request: (request, [back]) if applies(request.text) is not None else None


def _one_rcode(text: str, what: str) -> dns.rcode.Rcode:
    try:
        return dns.rcode.Rcode(int(text)) if text.isdigit() else dns.rcode.from_text(text)
    except (dns.rcode.UnknownRcode, ValueError):
        raise ValueError(f"invalid {what} RCODE '{text}' for a rcode rule") from None


def _ttl_bounds(text: str) -> tuple[int, int]:
    """`30`, `30-60`, `-60` (at most) or `30-` (at least)."""
    match = TTL_RANGE.fullmatch(text)
    if match and (match[1] or match[3]):
        shortest = int(match[1] or 0)
        longest = int(match[3] or (LONGEST_TTL if match[2] else match[1]))
        if shortest <= longest:
            return shortest, longest
    raise ValueError(f"invalid TTL '{text}' for a ttl rule")


def _remap(before: str, after: str) -> Change:
    """The name itself, and what lies below it."""

    def change(text: str) -> str:
        if text == before:
            return after
        return text[: -len(before)] + after if text.endswith(f".{before}") else text

    return change


def _or_same(change: Callable[[str], str | None]) -> Change:
    return lambda text: text if (changed := change(text)) is None else changed


def _by_pattern(pattern: re.Pattern[str], after: str) -> Change:
    return lambda text: _fill(after, match) if (match := pattern.search(text)) else text


def _fill(after: str, match: re.Match[str]) -> str:
    groups = (match[0], *match.groups(""))
    return GROUP.sub(lambda number: groups[int(number[1])] if int(number[1]) < len(groups) else number[0], after)


def _pattern(before: str, after: str) -> re.Pattern[str]:
    try:
        pattern = compile_go(before)
    except re.error as error:
        raise ValueError(f"invalid regex matching pattern: {before}") from error
    if len(set(GROUP.findall(after))) > pattern.groups:
        raise ValueError(
            f"the rewrite regex pattern ({after}) uses more subexpressions than its corresponding matching regex "
            f"pattern ({before})"
        )
    return pattern


def _normal(text: str) -> str:
    text = text.lower()
    return text if text.endswith(".") else f"{text}."
