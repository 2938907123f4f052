"""Durations as Go's time.ParseDuration reads them: `5s`, `1m30s`. Source: https://pkg.go.dev/time#ParseDuration"""

from __future__ import annotations

import re

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
PART = re.compile(r"(\d*\.?\d*)([^\d.]*)", re.ASCII)


def seconds(text: str) -> float:
    """ValueError, in Go's words, for what is no duration."""
    sign = -1 if text.startswith("-") else 1
    digits = text[1:] if text[:1] in ("-", "+") else text
    if digits == "0":
        return 0.0
    found = 0.0
    while digits or not text.strip("+-"):
        number, unit = PART.match(digits).groups()  # type: ignore[union-attr]
        if not number.strip("."):
            raise ValueError(f'time: invalid duration "{text}"')
        if unit not in UNITS:
            problem = f'unknown unit "{unit}"' if unit else "missing unit"
            raise ValueError(f'time: {problem} in duration "{text}"')
        found += float(number) * UNITS[unit]
        digits = digits[len(number) + len(unit) :]
    return sign * found
