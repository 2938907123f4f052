"""Durations as Go's time.ParseDuration reads them: `5s`, `1m30s`. Source: https://pkg.go.dev/time#ParseDuration"""

from __future__ import annotations

import re

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
LONGEST = 2**63 / 1e9  # Go counts nanoseconds in 64 bits
PART = re.compile(r"(\d+\.?\d*|\.\d+)([^.0-9]*)", re.ASCII)


def seconds(text: str) -> float:
    """ValueError, in Go's words, for what is no duration."""
    sign = -1 if text.startswith("-") else 1
    digits = text[1:] if text[:1] in ("-", "+") else text
    if digits == "0":
        return 0.0
    total, start = 0.0, 0
    while part := PART.match(digits, start):
        number, unit = part.groups()
        if not unit:
            raise ValueError(f'time: missing unit in duration "{text}"')
        if unit not in UNITS:
            raise ValueError(f'time: unknown unit "{unit}" in duration "{text}"')
        total += float(number) * UNITS[unit]
        start = part.end()
    if not digits or start < len(digits) or total > LONGEST:
        raise ValueError(f'time: invalid duration "{text}"')
    return sign * total
