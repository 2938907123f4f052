"""Quantities by table: what is read, and how it is written back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketkube.quantity import Quantity, parse

CANONICAL = {
    "0": "0",
    "0Gi": "0",
    ".": "0",
    "1": "1",
    "1.0": "1",
    ".5": "500m",
    "0.5": "500m",
    "1500m": "1500m",
    "2000m": "2",
    "1000": "1k",
    "1e3": "1k",
    "5E-1": "500m",
    "1024": "1024",
    "1024Mi": "1Gi",
    "0.5Gi": "512Mi",
    "0.2Gi": "214748364800m",
    "1000Ki": "1000Ki",
    "0.5Ki": "512",
    "128M": "128M",
    "-3": "-3",
    "1E": "1E",
    "1e999": "9223372036854775807",
    "0.1n": "1n",
}


@pytest.mark.parametrize(("text", "canonical"), CANONICAL.items())
def test_canonical_form(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical


@pytest.mark.parametrize("text", ["", "many", "1 Gi", "1GB", "1..2", "0x1", "1Gi "])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="quantities must match the regular expression"):
        parse(text)


@pytest.mark.parametrize("text", ["1K", "1mi", "1e", "5i", "1m5", "1e1000000000"])
def test_unknown_suffix(text: str) -> None:
    with pytest.raises(ValueError, match="unable to parse quantity's suffix"):
        parse(text)


@given(st.integers(-(10**27), 10**27), st.booleans())
def test_what_is_written_reads_the_same(nano: int, binary: bool) -> None:
    """Nothing is lost, however it is written."""
    assert parse(str(Quantity(nano, binary))).nano == nano


def test_sums_keep_how_they_are_written() -> None:
    assert str(Quantity() + parse("128Mi") + parse("896Mi")) == "1Gi"
    assert str(parse("500m") + parse("0.5")) == "1"
