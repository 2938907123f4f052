"""The marker that makes a test function a check of a lab."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

Function = TypeVar("Function", bound=Callable[..., None])


def check(*, points: int, needs: tuple[str, ...] = ()) -> Callable[[Function], Function]:
    """A check worth `points`; blocked when a check named in `needs` did not pass. Its docstring is its title."""

    def mark(function: Function) -> Function:
        marked: Function = pytest.mark.check(points=points, needs=needs)(function)
        return marked

    return mark
