"""Every check has points, a title, three hints and a place in the text, and needs only checks that come before it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from graders.course.complete.lab_files import LabFiles
from graders.course.defect import Defect
from graders.grader_module import WrittenCheck
from graders.lab import CheckText

HINTS = 3  # a question, a pointer, the answer's shape


def defects(files: LabFiles) -> Iterator[Defect]:
    """What is written in the module and not in lab.yaml, the other way round, and what is missing of either."""
    for check in files.checks.values():
        yield from _written(files, check)
    for name, text in files.lab.checks.items():
        if files.checks and name not in files.checks:
            what = f"{files.module.name} has no check `{name}`. Write `def test_{name}`, or take this entry out."
            yield files.in_lab_yaml(what, "checks", name)
        yield from _described(files, name, text)


def _written(files: LabFiles, check: WrittenCheck) -> Iterator[Defect]:
    name = check.name
    if name not in files.lab.checks:
        what = f"lab.yaml says nothing of `{name}`. Give it a `section` and `hints` there, under `checks`."
        yield files.at_check(check, what)
    if check.points is None:
        yield files.at_check(check, f"`{name}` has no points. Write `@check(points=…)` above it, with a number.")
    if not check.title:
        yield files.at_check(check, f"`{name}` has no title. Begin its docstring with what holds when it passes.")
    yield from _needs(files, check)


def _needs(files: LabFiles, check: WrittenCheck) -> Iterator[Defect]:
    order = list(files.checks)
    texts = files.lab.checks
    for needed in check.needs:
        if needed not in order:
            what = f"`{check.name}` needs `{needed}`, and there is no such check.{_meant(needed, order)}"
            yield files.at_check(check, what)
        elif order.index(needed) >= order.index(check.name):
            what = f"`{check.name}` needs `{needed}`, which does not come before it. Move `test_{needed}` up."
            yield files.at_check(check, what)
        elif needed in texts and texts[needed].hidden and check.name in texts and not texts[check.name].hidden:
            what = f"`{check.name}` needs `{needed}`, which is hidden: students do not have it. Hide both, or neither."
            yield files.at_check(check, what)


def _described(files: LabFiles, name: str, text: CheckText) -> Iterator[Defect]:
    if len(text.hints) != HINTS or not all(hint.strip() for hint in text.hints):
        what = f"`{name}` must have {HINTS} hints: a question, a pointer, the answer's shape."
        yield files.in_lab_yaml(what, "checks", name, "hints")
    if files.text.headings and text.section not in files.text.headings:
        near = _meant(text.section, list(files.text.headings))
        what = f"README.md has no heading whose anchor is `{text.section}`.{near} Write it as GitHub links it."
        yield files.in_lab_yaml(what, "checks", name, "section")


def _meant(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f" Did you mean `{near[0]}`?" if near else f" There are {', '.join(names)}."
