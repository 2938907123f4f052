"""Durations as Go's time.ParseDuration reads them: `5s`, `1m30s`. Source: https://pkg.go.dev/time#ParseDuration"""

from __future__ import annotations

import re

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
PART = re.compile(rf"(\d+\.?\d*|\.\d+)({'|'.join(sorted(UNITS, key=len, reverse=True))})", re.ASCII)


def seconds(text: str) -> float:
    """ValueError, in Go's words, for what is no duration."""
    sign = -1 if text.startswith("-") else 1
    digits = text[1:] if text[:1] in ("-", "+") else text
    parts = PART.findall(digits)
    if digits == "0":
        return 0.0
    if not digits or "".join(number + unit for number, unit in parts) != digits:
        raise ValueError(f'time: invalid duration "{text}"')
    return sign * sum(float(number) * UNITS[unit] for number, unit in parts)
