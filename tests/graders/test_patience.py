"""Patience where something is still on its way, and none where waiting cannot help."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from graders.observe import is_under_way
from graders.patience import eventually
from graders.verdict import Wrong

READY = [{"type": "Ready", "status": "True"}]
UNREADY = [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": "False"}]
NO_NODE = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]


def pod(conditions: list[Any], *states: dict[str, Any], **metadata: str) -> dict[str, Any]:
    return {
        "metadata": metadata,
        "status": {"conditions": conditions, "containerStatuses": [{"state": s} for s in states]},
    }


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (pod([]), True),
        (pod(UNREADY, {"waiting": {"reason": "ContainerCreating"}}), True),
        (pod(UNREADY, {"running": {}}), True),
        (pod(READY, {"running": {}}), False),
        (pod(READY, {"running": {}}, deletionTimestamp="2026-01-01T00:00:00Z"), True),
        (pod(NO_NODE), False),
        (pod(UNREADY, {"running": {}}, {"waiting": {"reason": "ImagePullBackOff"}}), False),
        (pod(UNREADY, {"waiting": {"reason": "CrashLoopBackOff"}}), False),
        (pod(UNREADY, {"terminated": {"exitCode": 1}}), False),
    ],
)
def test_a_pod_is_under_way(of: dict[str, Any], expected: bool) -> None:
    assert is_under_way(of) is expected


def fails_for(seconds: float) -> Callable[[], str]:
    end = time.monotonic() + seconds

    def attempt() -> str:
        if time.monotonic() < end:
            raise Wrong("not yet", "done")
        return "done"

    return attempt


def yes() -> bool:
    return True


def no() -> bool:
    return False


def test_it_lasts_as_long_as_something_is_under_way() -> None:
    assert eventually(fails_for(3), hopeless=no, under_way=yes, patience=1.5) == "done"
    with pytest.raises(Wrong):
        eventually(fails_for(3), hopeless=no, under_way=no, patience=1.5)


def test_it_ends_at_once_when_waiting_cannot_help() -> None:
    began = time.monotonic()
    with pytest.raises(Wrong):
        eventually(fails_for(10), hopeless=yes, under_way=yes, patience=5)
    assert time.monotonic() - began < 1


def test_it_ends_though_something_is_under_way_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graders.patience.LONGEST", 0.5)
    with pytest.raises(Wrong):
        eventually(fails_for(10), hopeless=no, under_way=yes)
