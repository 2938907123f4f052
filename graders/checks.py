"""The marker that makes a test function a check of a lab."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from graders.wanted import Wanted

Function = TypeVar("Function", bound=Callable[..., None])


def check(
    *, points: int, about: Wanted | None = None, needs: tuple[str, ...] = (), upstream: bool = False
) -> Callable[[Function], Function]:
    """A check worth `points`. Its docstring is its title.

    `about`: the Service whose state explains a failure. `needs`: checks without which it is blocked. `upstream`: it
    needs a name outside the cluster that the lab's own Service plays; left out where cluster DNS must stay as it is.
    """

    def mark(function: Function) -> Function:
        marker = pytest.mark.check(points=points, about=about, needs=needs, upstream=upstream)
        marked: Function = marker(function)
        return marked

    return mark


def services(check: pytest.Item) -> frozenset[str]:
    """Names of the Services that the checks beside this one, and it itself, are about: those too that are not run."""
    module = check.getparent(pytest.Module)
    marks = [mark for each in vars(module.obj).values() for mark in getattr(each, "pytestmark", ())] if module else []
    abouts = [mark.kwargs["about"] for mark in marks if mark.name == "check"]
    return frozenset(about.name for about in abouts if about)
