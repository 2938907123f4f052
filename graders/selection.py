"""Which of a lab's checks are to be run."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from graders.grader_module import written_checks
from graders.lab import Lab


def checks(items: Sequence[pytest.Item]) -> list[pytest.Function]:
    return [item for item in items if isinstance(item, pytest.Function) and item.get_closest_marker("check")]


def check_of(item: pytest.Item) -> pytest.Mark:
    """The marker that `@check` made."""
    marker = item.get_closest_marker("check")
    assert marker
    return marker


def name_of(item: pytest.Item) -> str:
    """`is_headless` for test_is_headless, of whichever student."""
    return str(getattr(item, "originalname", item.name)).removeprefix("test_")


def points_of(items: Sequence[pytest.Item]) -> int:
    """What the checks sum to, each counted once for however many students."""
    return sum(check_of(item).kwargs["points"] for item in {name_of(item): item for item in checks(items)}.values())


def is_whole(lab: Lab, items: Sequence[pytest.Item]) -> bool:
    """Whether the lab's module was chosen, and not some of its checks by their node ids or by `--lf`."""
    return written_checks(lab).keys() <= {name_of(item) for item in items}


def needing_dns(items: Sequence[pytest.Item]) -> list[pytest.Function]:
    """The checks that can only be run where a lab may change the cluster's DNS."""
    return [item for item in checks(items) if check_of(item).kwargs["upstream"]]
