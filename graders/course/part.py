"""The parts of a course's check."""

from __future__ import annotations

from enum import StrEnum


class Part(StrEnum):
    """`complete`: what its files say. `true`: what comes of the solution, the starter, nothing, and each mistake.

    `sharp`: whether the checks tell mutants from the solution. `text`: whether its README shows what happens.
    """

    COMPLETE = "complete"
    TRUE = "true"
    SHARP = "sharp"
    TEXT = "text"
