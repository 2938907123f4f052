"""One lab of the students' copy: the task, what is given, the starter, and the checks that are not hidden."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from graders.course.complete.text import text_of
from graders.course.release.hidden_checks import without
from graders.course.release.left_out import left_out
from graders.course.release.visible_lab_yaml import visible
from graders.grader_module import path_of, written_checks
from graders.lab import Lab
from graders.verdict import GraderError

HIDDEN_COMMAND = re.compile(r"<!--\s*labs:\s*run\s.*?-->\n*", re.DOTALL)  # what a reader has done by then: the solution
LINK = re.compile(r"(?<!!)\[([^\]\[]*)\]\(([^)\s]+)\)")


def write_lab(lab: Lab, target: Path) -> None:
    """GraderError, with file and line, where a hidden check cannot be left out."""
    hidden = _hidden(lab)
    target.mkdir(parents=True)
    for folder in ("manifests", "starter"):
        if (lab.directory / folder).is_dir():
            shutil.copytree(lab.directory / folder, target / folder, symlinks=True, ignore=left_out)
    readme = lab.directory / "README.md"
    _rewrite(readme, target, partial(HIDDEN_COMMAND.sub, ""))
    for link in text_of(readme).links:
        _write_linked(lab, link.target, target)
    _rewrite(path_of(lab), target, partial(without, checks=hidden))
    _rewrite(lab.directory / "lab.yaml", target, partial(visible, hidden=hidden, points=visible_points(lab)))


def visible_points(lab: Lab) -> int:
    """What the checks that students have sum to."""
    hidden = [name for name, text in lab.checks.items() if text.hidden]
    checks = written_checks(lab)
    return lab.points - sum(checks[name].points or 0 for name in hidden if name in checks)


def unlink_what_is_left_out(readme: Path) -> None:
    """Of a link that leads nowhere in the copy, the words stay. To be done when all of the copy is there."""

    def kept(link: re.Match[str]) -> str:
        address = urlsplit(link[2])
        is_there = address.scheme or address.netloc or (readme.parent / unquote(address.path)).exists()
        return link[0] if is_there else link[1]

    readme.write_text(LINK.sub(kept, readme.read_text(encoding="utf-8")), encoding="utf-8")


def _hidden(lab: Lab) -> set[str]:
    """GraderError for a check that needs a hidden one, and where no check would be left."""
    hidden = {name for name, text in lab.checks.items() if text.hidden}
    checks = written_checks(lab)
    for check in checks.values():
        if check.name not in hidden and (needed := hidden.intersection(check.needs)):
            what = f"`{check.name}` needs `{min(needed)}`, which is hidden. Hide both, or neither."
            raise GraderError(f"{path_of(lab)}:{check.line}: {what}")
    if hidden >= checks.keys():
        raise GraderError(f"{lab.directory}/lab.yaml: every check is hidden. Leave students one.")
    return hidden


def _write_linked(lab: Lab, link: str, target: Path) -> None:
    """What the text links to beside it, such as a picture."""
    source = lab.directory / unquote(urlsplit(link).path)
    if source.is_file() and source.resolve().parent == lab.directory.resolve() and not (target / source.name).exists():
        shutil.copy(source, target)


def _rewrite(path: Path, target: Path, made: Callable[[str], str]) -> None:
    try:
        (target / path.name).write_text(made(path.read_text(encoding="utf-8")), encoding="utf-8")
    except ValueError as error:
        raise GraderError(f"{path}: {error}") from error
