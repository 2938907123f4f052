"""`health { lameduck DURATION }`: for how long CoreDNS goes on answering once it has been told to end.

Who has not heard yet that its Pod is going would wait in vain otherwise. Source: https://coredns.io/plugins/health/
"""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.dns.corefile import CorefileError, Directive, Line
from pocketkube.go_duration import seconds


def lameduck(directives: Iterable[Directive]) -> float:
    """Seconds, by the last that says so; 0 where none does. CorefileError for what is no duration."""
    lines = [line for each in directives if each.name == "health" for line in each.properties]
    return ([_seconds(line) for line in lines if line.words[0] == "lameduck"] or [0.0])[-1]


def _seconds(line: Line) -> float:
    try:
        return seconds(line.words[1] if len(line.words) == 2 else "")
    except ValueError as error:
        raise CorefileError(line.number, f"plugin/health: {error}") from error
