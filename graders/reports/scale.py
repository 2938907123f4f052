"""Points of a lab as a grade on the scale that a platform has for the assignment."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from graders.reports import wording
from graders.result import Result
from graders.verdict import GraderError


def maximum(text: str, lab_points: int) -> Decimal:
    """What the platform says is full marks, "" where it does not say: the lab's points.

    GraderError when it is no number: a scale of words cannot be computed.
    """
    if not text.strip():
        return Decimal(lab_points)
    try:
        found = Decimal(text.strip())
    except InvalidOperation as error:
        raise GraderError(f"the assignment's maximum grade is {text.strip()!r}. Grade it in points.") from error
    if not found.is_finite() or found <= 0:
        raise GraderError(f"the assignment's maximum grade is {text.strip()}. Make it greater than 0.")
    return found


def grade(result: Result, of: Decimal) -> str:
    """At most two decimals; "" where there is no score."""
    points = wording.points(result)
    if points is None:
        return ""
    most = result.score.of if result.score else result.lab.points
    return number(points * of / most if most else Decimal(0))


def number(value: Decimal) -> str:
    """Plainly: 7, 7.5, 66.67."""
    rounded = format(value.quantize(Decimal("0.01")), "f")
    return rounded.rstrip("0").rstrip(".")
