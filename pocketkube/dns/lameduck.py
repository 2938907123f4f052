"""`health { lameduck DURATION }`: for how long CoreDNS goes on answering once it has been told to end.

Who has not heard yet that its Pod is going would wait in vain otherwise. Source: https://coredns.io/plugins/health/
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pocketkube.dns.corefile import CorefileError, Directive, Line

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
PART = re.compile(rf"(\d+\.?\d*|\.\d+)({'|'.join(sorted(UNITS, key=len, reverse=True))})", re.ASCII)


def lameduck(directives: Iterable[Directive]) -> float:
    """Seconds, by the last that says so; 0 where none does. CorefileError for what is no duration."""
    lines = [line for each in directives if each.name == "health" for line in each.properties]
    return ([_seconds(line) for line in lines if line.words[0] == "lameduck"] or [0.0])[-1]


def _seconds(line: Line) -> float:
    """As Go's time.ParseDuration reads it: `5s`, `1m30s`."""
    text = line.words[1] if len(line.words) == 2 else ""
    parts = PART.findall(text)
    if text == "0":
        return 0.0
    if not text or "".join(number + unit for number, unit in parts) != text:
        raise CorefileError(line.number, f'plugin/health: time: invalid duration "{text}"')
    return sum(float(number) * UNITS[unit] for number, unit in parts)
