"""Amounts of cpu, memory and objects, as the API writes them: 500m, 1Gi, 20.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from functools import lru_cache

WRONG_FORMAT = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"  # Go's own words
)
FORMAT = re.compile(r"(?P<sign>[+-]?)(?P<whole>\d*)\.?(?P<part>\d*)(?P<suffix>[eEinumkKMGTP]*[+-]?\d*)")
WRONG_SUFFIX = "unable to parse quantity's suffix"
SUFFIX = re.compile(r"|[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,3}")
DECIMAL = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
EXPONENTS = {letter: exponent for exponent, letter in DECIMAL.items()}
BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
UNIT = 10**9  # the smallest amount is a billionth
MOST = (2**63 - 1) * UNIT


class Quantity:
    """`nano`: billionths. `binary`: written in powers of 1024; zero takes over how what is added to it is written."""

    __slots__ = ("binary", "nano")

    def __init__(self, nano: int = 0, binary: bool = False) -> None:
        self.nano = nano
        self.binary = binary

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.nano + other.nano, self.binary if self.nano else other.binary)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.nano - other.nano, self.binary if self.nano else other.binary)

    def __int__(self) -> int:
        """In whole units, rounded up."""
        return -(-self.nano // UNIT)

    def __str__(self) -> str:
        """The canonical form: no fraction, and the largest suffix that keeps it so.

        What is no whole number is written in powers of 1000, so that nothing is lost: CanonicalizeBytes in
        https://github.com/kubernetes/apimachinery/blob/master/pkg/api/resource/quantity.go
        """
        if self.nano == 0:
            return "0"
        if self.binary and abs(self.nano) >= 1024 * UNIT and self.nano % UNIT == 0:
            number, power = self.nano // UNIT, 0
            while number % 1024 == 0 and power < len(BINARY) - 1:
                number, power = number // 1024, power + 1
            return f"{number}{BINARY[power]}"
        number, exponent = self.nano, -9
        while number % 1000 == 0 and exponent < max(DECIMAL):
            number, exponent = number // 1000, exponent + 3
        return f"{number}{DECIMAL[exponent]}"


ONE = Quantity(UNIT)


@lru_cache(maxsize=4096)
def parse(text: str) -> Quantity:
    """ValueError, in Go's words, for a text that is no quantity."""
    match = FORMAT.fullmatch(text)
    if match is None or not text:
        raise ValueError(WRONG_FORMAT)
    if not SUFFIX.fullmatch(match["suffix"]):
        raise ValueError(WRONG_SUFFIX)
    digits, suffix = int(match["whole"] + match["part"] or "0"), match["suffix"]
    exponent = 9 - len(match["part"])
    binary = suffix.endswith("i")
    if binary:
        digits *= 1024 ** BINARY.index(suffix)
    else:
        exponent += EXPONENTS[suffix] if suffix in EXPONENTS else int(suffix[1:])
    nano = digits * 10**exponent if exponent >= 0 else -(-digits // 10**-exponent)
    nano = min(nano, MOST)
    return Quantity(-nano if match["sign"] == "-" else nano, binary)
