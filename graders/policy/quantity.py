"""Quantities: 500m, 0.5, 256Mi. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/"""

from __future__ import annotations

import re
from typing import Any

TEXT = re.compile(r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([-+]?[0-9]{1,3})|([numkMGTPE]|[KMGTPE]i)?)")
BINARY = {f"{letter}i": 1024.0**power for power, letter in enumerate("KMGTPE", 1)}
DECIMAL = {letter: 1000.0**power for power, letter in enumerate("kMGTPE", 1)}
FACTORS = {"n": 1e-9, "u": 1e-6, "m": 1e-3, **DECIMAL, **BINARY}


def quantity(value: Any) -> float | None:
    """The number that is meant, in units of the resource; None for what is none, which the API server refuses."""
    found = TEXT.fullmatch(str(value)) if isinstance(value, str | int | float) else None
    if found is None:
        return None
    digits, exponent, suffix = found.groups()
    return float(f"{digits}e{exponent or 0}") * FACTORS.get(suffix or "", 1.0)
