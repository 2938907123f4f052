"""Amounts of cpu, memory and objects, as the API writes them: 500m, 1Gi, 20.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

WRONG_FORMAT = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"  # Go's own words
)
FORMAT = re.compile(r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?P<suffix>|[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)")
DECIMAL = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """`binary`: written in powers of 1024. Adding to zero takes over how the other is written."""

    value: Fraction = Fraction(0)
    binary: bool = False

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.value + other.value, self.binary if self.value else other.binary)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.value - other.value, self.binary if self.value else other.binary)

    def __str__(self) -> str:
        """The canonical form: no fraction, and the largest suffix that keeps it so."""
        if self.binary and abs(self.value) >= 1024:
            number, power = math.ceil(self.value), 0
            while number % 1024 == 0 and power < len(BINARY) - 1:
                number, power = number // 1024, power + 1
            return f"{number}{BINARY[power]}"
        number, exponent = math.ceil(self.value * 10**9), -9
        if number == 0:
            return "0"
        while number % 1000 == 0 and exponent < max(DECIMAL):
            number, exponent = number // 1000, exponent + 3
        return f"{number}{DECIMAL[exponent]}"


ONE = Quantity(Fraction(1))


def parse(text: str) -> Quantity:
    """ValueError, in Go's words, for a text that is no quantity."""
    match = FORMAT.fullmatch(text)
    if match is None:
        raise ValueError(WRONG_FORMAT)
    number, suffix = Fraction(match["number"]), match["suffix"]
    if suffix.endswith("i"):
        return Quantity(number * 1024 ** BINARY.index(suffix), binary=True)
    if suffix[:1] in ("e", "E") and len(suffix) > 1:
        return Quantity(number * Fraction(10) ** int(suffix[1:]))
    exponent = next(each for each, letter in DECIMAL.items() if letter == suffix)
    return Quantity(number * Fraction(10) ** exponent)
