"""From what was observed to cause and remedy, in the student's own names, with file and line."""

from __future__ import annotations

from collections.abc import Callable

from graders.diagnosis.external_name import wrong_external_name
from graders.diagnosis.pods import not_ready
from graders.diagnosis.ports import wrong_port
from graders.diagnosis.refusals import refused
from graders.diagnosis.selector import wrong_selector
from graders.diagnosis.service import missing, wrong_kind
from graders.diagnosis.situation import Situation
from graders.diagnosis.slices import wrong_slice
from graders.diagnosis.stateful_set import wrong_stateful_set
from graders.diagnosis.traffic import wrong_traffic
from graders.verdict import Diagnosis

# In the order of cause and effect: the first that holds explains those below it.
RULES: tuple[Callable[[Situation], Diagnosis | None], ...] = (
    refused,
    missing,
    wrong_kind,
    wrong_external_name,
    wrong_stateful_set,
    wrong_selector,
    not_ready,
    wrong_port,
    wrong_slice,
    wrong_traffic,
)


def diagnose(situation: Situation) -> Diagnosis | None:
    """The first cause that is found, or None."""
    return next((found for rule in RULES if (found := rule(situation))), None)


__all__ = ["Situation", "diagnose"]
