"""`health { lameduck DURATION }`: for how long CoreDNS goes on answering once it has been told to end.

Who has not heard yet that its Pod is going would wait in vain otherwise. Source: https://coredns.io/plugins/health/
"""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.dns.corefile import CorefileError, Directive, Line
from pocketkube.go_duration import seconds


def lameduck(directives: Iterable[Directive]) -> float:
    """Seconds, by the last that says so; 0 where none does. CorefileError for what is no duration."""
    found = 0.0
    for each in directives:
        for line in each.properties if each.name == "health" else ():
            if len(line.words) != 2:
                raise each.wrong_arguments(line.words[-1], line.number).of_plugin("health")
            found = _seconds(line)
    return found


def _seconds(line: Line) -> float:
    try:
        return seconds(line.words[1])
    except ValueError as error:
        problem = f"unable to parse lameduck duration value: '{line.words[1]}' : {error}"
        raise CorefileError(0, problem).of_plugin("health") from error
