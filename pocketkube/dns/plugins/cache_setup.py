"""Reading `cache` in a Corefile."""

from __future__ import annotations

from pocketkube.dns.corefile import CorefileError, Directive, Line
from pocketkube.dns.plugins.cache import Cache, Part
from pocketkube.dns.plugins.setup import Surroundings, names, once, only
from pocketkube.go_duration import seconds

STALE_FOR = "1h"
LONGEST_FAILURE = 300  # seconds, RFC 2308 7.1


def setup(directives: list[Directive], surroundings: Surroundings) -> Cache:
    directive = once(directives)
    arguments = list(directive.arguments)
    ttl = _positive(arguments.pop(0)) if arguments and arguments[0].lstrip("-").isdigit() else 0
    made = Cache(names(arguments) or surroundings.zones)
    if ttl:
        made.success.longest = made.denial.longest = ttl
    for line in directive.properties:
        _option(made, directive, line)
    return made


def _option(made: Cache, directive: Directive, line: Line) -> None:
    name, *arguments = line.words
    parts = {"success": made.success, "denial": made.denial}
    match name:
        case "success" | "denial":
            _bounds(parts[name], directive, line)
        case "disable":
            if not arguments:
                raise directive.wrong_arguments(name, line.number)
            if arguments[0] not in parts:
                raise CorefileError(0, 'cache type for disable must be "success" or "denial"')
            parts[arguments[0]].disabled = names(arguments[1:] or ["."])
        case "servfail":
            made.failure_ttl = _duration(only(directive, line, 1)[0], line)
            if made.failure_ttl > LONGEST_FAILURE:
                raise CorefileError(0, "caching SERVFAIL response over 5 minutes is not permitted")
        case "serve_stale":
            _stale(made, directive, line)
        case "keepttl":
            only(directive, line, 0)
            made.keep_ttl = True
        case "prefetch":
            _check_prefetch(directive, line)
        case _:
            raise directive.wrong_arguments(line.words[-1], line.number)


def _bounds(part: Part, directive: Directive, line: Line) -> None:
    """`success CAPACITY [TTL [MINTTL]]`"""
    if len(line.words) < 2:
        raise directive.wrong_arguments(line.words[0], line.number)
    part.capacity = _whole(line.words[1])
    if len(line.words) > 2:
        part.longest = _positive(line.words[2])
    if len(line.words) > 3:
        part.shortest = _whole(line.words[3])
        if part.shortest < 0:
            raise CorefileError(0, f"cache min TTL can not be negative: {part.shortest}")


def _check_prefetch(directive: Directive, line: Line) -> None:
    """`prefetch AMOUNT [DURATION [PERCENTAGE%]]`: no answer shows that what is asked often is asked before its time."""
    arguments = line.words[1:]
    if not 1 <= len(arguments) <= 3:
        raise directive.wrong_arguments(line.words[-1], line.number)
    amount = _whole(arguments[0])
    if amount < 0:
        raise CorefileError(0, f"prefetch amount should be positive: {amount}")
    if len(arguments) > 1:
        _duration(arguments[1], line)
    if len(arguments) > 2:
        if not arguments[2].endswith("%"):
            raise CorefileError(0, f"last character of percentage should be `%`, but is: '{arguments[2][-1]}'")
        percentage = _whole(arguments[2][:-1])
        if not 10 <= percentage <= 90:
            raise CorefileError(0, f"percentage should fall in range [10, 90]: {percentage}")


def _stale(made: Cache, directive: Directive, line: Line) -> None:
    """`serve_stale [DURATION [immediate|verify]]`"""
    arguments = line.words[1:]
    if len(arguments) > 2:
        raise directive.wrong_arguments(arguments[-1], line.number)
    made.stale_for = _duration(arguments[0] if arguments else STALE_FOR, line)
    mode = arguments[1].lower() if len(arguments) > 1 else "immediate"
    if mode not in ("immediate", "verify"):
        raise CorefileError(0, f"invalid value for serve_stale refresh mode: {mode}")
    made.verify_stale = mode == "verify"


def _duration(text: str, line: Line) -> float:
    try:
        found = seconds(text)
    except ValueError as error:
        raise CorefileError(0, str(error)) from error
    if found < 0:
        what = "ttl" if line.words[0] == "servfail" else "duration"
        raise CorefileError(0, f"invalid negative {what} for {line.words[0]}")
    return found


def _positive(text: str) -> int:
    number = _whole(text)
    if number <= 0:
        raise CorefileError(0, f"cache TTL can not be zero or negative: {number}")
    return number


def _whole(text: str) -> int:
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise CorefileError(0, f'strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)
