"""Validation of how many Pods a rollout may touch, as a number or a percentage: k8s.io/kubernetes/pkg/apis/apps."""

from __future__ import annotations

from pocketkube.admission import formats
from pocketkube.admission.formats import quoted
from pocketkube.errors import Cause


def int_or_percent(value: int | str, field: str) -> list[Cause]:
    if isinstance(value, int):
        return formats.not_negative(value, field)
    return [] if formats.PERCENT.fullmatch(value) else [Cause.invalid(field, quoted(value), formats.NOT_A_PERCENT)]


def not_more_than_all(value: int | str, field: str) -> list[Cause]:
    if isinstance(value, int) or not formats.PERCENT.fullmatch(value) or amount(value) <= 100:
        return []
    return [Cause.invalid(field, quoted(value), "must not be greater than 100%")]


def amount(value: int | str) -> int:
    """The number, or that of the percentage; 0 for what is neither."""
    if isinstance(value, int):
        return value
    return int(value.removesuffix("%")) if formats.PERCENT.fullmatch(value) else 0
