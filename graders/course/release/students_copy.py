"""A directory with all that a student needs of the course, and no answer."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from graders.course.course_itself import refuse_students_copy
from graders.course.release import answers
from graders.course.release.left_out import left_out
from graders.course.release.students_lab import unlink_what_is_left_out, visible_points, write_lab
from graders.lab import ROOT, Lab, all_labs
from graders.submission import InvalidSubmission
from graders.verdict import GraderError

COURSE = ROOT.parent
AS_IT_IS = ("LICENSE", "pyproject.toml", "requirements.lock", "conftest.py", "setup/debian")
FOLDERS = ("graders", "pocketkube", "manifests")
IGNORED_BY_GIT = "labs/*/submission/"  # in the course; of a student's copy it is what is pushed, and graded
TEMPLATES = {"README.md": "README.md", "Makefile": "Makefile", "grade.yaml": ".github/workflows/grade.yaml"}


def release(directory: Path) -> None:
    """Write the copy: all of it or nothing. `directory` is missing or empty, outside of the course.

    GraderError where a lab cannot be released, and for an answer that would be left in it.
    """
    labs = all_labs()
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=f".{directory.name}-") as half:
        copy = Path(half, "course")
        copy.mkdir()
        given_away = _answers(labs)
        _write_what_runs(copy)
        for lab in labs:
            write_lab(lab, copy / "labs" / lab.name)
        _write_templates(copy, labs)
        for lab in labs:
            unlink_what_is_left_out(copy / "labs" / lab.name / "README.md")
        _refuse_links_to_nowhere(copy)
        for content, where in answers.objects(copy):
            if content in given_away:
                raise GraderError(f"{where}: it gives away the answer of {given_away[content]}. Take it out.")
        copy.rename(directory)


def _answers(labs: list[Lab]) -> dict[str, str]:
    """{object: where it is in a solution}"""
    refuse_students_copy()
    try:
        return {content: where for lab in labs for content, where in answers.answers(lab).items()}
    except InvalidSubmission as error:
        raise GraderError(f"It is not known what has to be left out. {error}") from error


def _write_what_runs(copy: Path) -> None:
    for name in AS_IT_IS:
        (copy / name).parent.mkdir(exist_ok=True)
        shutil.copy(COURSE / name, copy / name)
    for name in FOLDERS:
        shutil.copytree(COURSE / name, copy / name, symlinks=True, ignore=left_out)
    ignored = (COURSE / ".gitignore").read_text().splitlines(keepends=True)
    (copy / ".gitignore").write_text("".join(line for line in ignored if line.strip() != IGNORED_BY_GIT))


def _write_templates(copy: Path, labs: list[Lab]) -> None:
    rows = [f"| [{lab.name}](labs/{lab.name}/README.md) | {lab.title} | {visible_points(lab)} |" for lab in labs]
    ready = _paragraph((COURSE / "Makefile").read_text(), ".venv/ready:")
    for template, target in TEMPLATES.items():
        path = copy / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(template, {"LAB": labs[0].name, "LABS": "\n".join(rows), "READY": ready}))


def _paragraph(text: str, beginning: str) -> str:
    """The lines around the one that begins so, up to an empty one."""
    begins = re.compile(f"^{re.escape(beginning)}", re.MULTILINE)
    return next(each for each in text.split("\n\n") if begins.search(each)).strip()


def _filled(template: str, words: Mapping[str, str]) -> str:
    text = (resources.files("graders.course.release") / "templates" / template).read_text()
    return re.sub(r"@([A-Z]+)@", lambda found: words[found[1]], text)


def _refuse_links_to_nowhere(copy: Path) -> None:
    for path in copy.rglob("*"):
        if path.is_symlink() and not (path.exists() and path.resolve().is_relative_to(copy.resolve())):
            what = f"a link to {path.readlink()}, which students do not have. Put the file itself there."
            raise GraderError(f"{path.relative_to(copy)}: {what}")
