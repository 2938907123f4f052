"""`labs release DIR`: what students get runs, grades, and gives nothing away."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from graders.course.release.hidden_checks import without
from graders.course.release.visible_lab_yaml import visible
from pocketkube.cluster import CONTEXT, Cluster
from tests.checkout import LABS, ROOT, SECONDS, Course

BESIDE = ("LICENSE", "README.md", "Makefile", "requirements.lock", ".gitignore", "setup", ".github", "docs")
HIDDEN = "srv_carries_the_containers_port"  # of the headless lab, 2 points


def make_whole(course: Course) -> Course:
    """With what else a release is made of, and a hidden check with a helper, a constant and an import."""
    for name in BESIDE:
        source = ROOT / name
        shutil.copytree(source, course.path / name) if source.is_dir() else shutil.copy(source, course.path)
    lab = course.path / "labs" / "headless"
    for folder in ("submission", "__pycache__"):
        (lab / folder).mkdir(exist_ok=True)
        (lab / folder / "left.yaml").write_text("a: 1\n")
    text = (lab / "lab.yaml").read_text()
    (lab / "lab.yaml").write_text(
        text.replace(f"  {HIDDEN}:\n", f"  # Found out late.\n  {HIDDEN}:\n    hidden: true\n")
    )
    module = (lab / "test_headless.py").read_text()
    (lab / "test_headless.py").write_text(
        module.replace("from graders", "import re\n\nfrom graders", 1).replace(
            "    def one_for_each_pod():\n", "    assert is_secret(SECRET)\n\n    def one_for_each_pod():\n", 1
        )
        + '\n\nSECRET = "80"\n\n\ndef is_secret(text):\n    return re.fullmatch("[0-9]+", text)\n'
    )
    return course


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Look, and change nothing."""
    course = make_whole(Course(tmp_path_factory.mktemp("course")))
    copy = tmp_path_factory.mktemp("students") / "copy"
    done = course.labs("release", copy)
    assert done.returncode == 0, done.stderr
    return copy


@pytest.fixture
def copy(released: Path, tmp_path: Path) -> Path:
    """A copy of one's own, where .venv/bin/ leads to this environment."""
    path = tmp_path / "mine"
    shutil.copytree(released, path, symlinks=True)
    programs = {"python": [sys.executable], "pytest": [sys.executable, "-m", "pytest"], "labs": LABS}
    for name, words in programs.items():
        program = path / ".venv" / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        quoted = " ".join(f"'{word}'" for word in words)
        program.write_text(f'#!/bin/sh\nexec {quoted} "$@"\n')
        program.chmod(0o755)
    return path


def run(copy: Path, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "XDG_STATE_HOME": str(copy / "state"), "TERM": "dumb"}
        | environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def hand_in(copy: Path, lab: str, part: str) -> None:
    shutil.copytree(ROOT / "labs" / lab / part, copy / "labs" / lab / "submission")


def documents(path: Path) -> list[Any]:
    """Of a manifest, or of the code blocks of a text."""
    text = path.read_text()
    texts = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL) if path.suffix == ".md" else [text]
    found = []
    for each in texts:
        try:
            found += [document for document in yaml.safe_load_all(each) if isinstance(document, dict)]
        except yaml.YAMLError:
            assert path.suffix == ".md"
    return found


def test_no_answer_is_left(released: Path) -> None:
    """No folder of answers, and no object of a solution that is not given anyway."""
    assert not [path for path in released.glob("labs/*/*") if path.name in ("solution", "mistakes", "submission")]
    assert not [path for path in released.rglob("*") if path.name in ("__pycache__", ".git", ".venv", "tests", "docs")]
    paths = [path for path in released.rglob("*") if path.suffix in (".yaml", ".yml", ".md") and path.is_file()]
    left = [document for path in paths for document in documents(path)]
    for lab in (ROOT / "labs").iterdir():
        given = [document for path in lab.glob("starter/*") for document in documents(path)]
        answers = [document for path in lab.glob("solution/*") for document in documents(path)]
        assert not [answer for answer in answers if answer not in given and answer in left]
    assert "equivalent" not in (released / "labs" / "headless" / "lab.yaml").read_text()


def test_the_hidden_check_is_left_out(released: Path) -> None:
    """With its helper, its constant, its import and its hints; all else is as it was."""
    lab = released / "labs" / "headless"
    module, original = ((path / "test_headless.py").read_text() for path in (lab, ROOT / "labs" / "headless"))
    for gone in (HIDDEN, "SECRET", "is_secret", "import re"):
        assert gone not in module
    assert [line for line in module.splitlines() if line not in original.splitlines()] == []
    settings = yaml.safe_load((lab / "lab.yaml").read_text())
    assert settings["points"] == 8
    assert HIDDEN not in settings["checks"]
    text = (ROOT / "labs" / "headless" / "lab.yaml").read_text()
    kept = text[: text.index(f"  {HIDDEN}:")].replace("points: 10", "points: 8")
    assert (lab / "lab.yaml").read_text() == kept


def test_links_lead_somewhere(released: Path) -> None:
    texts = [path for path in released.rglob("*.md") if "skeleton" not in path.parts and "templates" not in path.parts]
    for path in texts:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text()):
            assert "://" in target or (path.parent / target).exists(), f"{path}: {target}"
    links = [path for path in released.rglob("*") if path.is_symlink()]
    assert {path.name for path in links} >= {"nginx.yaml", "world-time.yaml"}
    assert all(path.resolve().is_relative_to(released) and path.exists() for path in links)


def test_a_link_to_what_is_left_out_becomes_words(course: Course, tmp_path_factory: pytest.TempPathFactory) -> None:
    make_whole(course)
    readme = course.path / "labs" / "debug" / "README.md"
    readme.write_text(readme.read_text() + "See [grading](../../docs/grading.md) and [the task](#your-task).\n")
    copy = tmp_path_factory.mktemp("students") / "copy"
    assert course.labs("release", copy).returncode == 0
    assert (copy / "labs/debug/README.md").read_text().endswith("See grading and [the task](#your-task).\n")


@pytest.mark.parametrize(
    ("part", "points", "status"), [pytest.param("starter", 0, 1, id="starter"), ("solution", 8, 0)]
)
def test_it_grades(copy: Path, cluster: Cluster, part: str, points: int, status: int) -> None:
    hand_in(copy, "headless", part)
    on = ["--cluster", "existing", "--kubeconfig", cluster.kubeconfig, "--context", CONTEXT]
    done = run(copy, copy / ".venv/bin/pytest", "labs/headless", *on)
    assert f"Score: {points}/8" in done.stdout, done.stdout + done.stderr
    assert done.returncode == status


def test_before_a_lab_is_begun_it_is_said_how(copy: Path) -> None:
    done = run(copy, copy / ".venv/bin/pytest", "labs/headless", "--cluster", "pocket")
    assert "labs/headless/submission: there is no such directory. Begin: labs start headless" in done.stdout
    assert done.returncode == 6


def test_make_lab(copy: Path) -> None:
    """As after `make .venv/ready`, which installs from the network."""
    (copy / ".venv" / "ready").touch()
    done = run(copy, "make", "lab", "LAB=selectorless")
    assert "labs/selectorless/submission/" in done.stdout
    assert "Score: 0/10" in done.stdout, done.stdout + done.stderr


def grading_steps(copy: Path) -> list[str]:
    """What the workflow runs once the environment is there."""
    (job,) = yaml.safe_load((copy / ".github/workflows/grade.yaml").read_text())["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    return commands[commands.index("make .venv/ready") + 1 :]


def test_the_workflow_grades_what_is_begun(copy: Path) -> None:
    summary = copy / "summary.md"
    (step,) = grading_steps(copy)
    nothing = run(copy, "bash", "-e", "-c", step)
    assert (nothing.returncode, nothing.stdout.partition(".")[0]) == (0, "No lab is begun")
    hand_in(copy, "debug", "solution")
    right = run(copy, "bash", "-e", "-c", step, GITHUB_STEP_SUMMARY=str(summary))
    assert right.returncode == 0, right.stdout + right.stderr
    assert "10 of 10 points" in summary.read_text()
    hand_in(copy, "selectorless", "starter")
    wrong = run(copy, "bash", "-e", "-c", step, GITHUB_STEP_SUMMARY=str(summary))
    assert wrong.returncode == 1
    assert "\nselectorless: 0/10" in wrong.stdout
    assert "0 of 10 points" in summary.read_text()


def test_the_workflow_sets_up_as_the_courses_does(released: Path) -> None:
    (theirs,) = yaml.safe_load((released / ".github/workflows/grade.yaml").read_text())["jobs"].values()
    ours = yaml.safe_load((ROOT / ".github/workflows/ci.yaml").read_text())["jobs"]["pocket"]
    count = ours["steps"].index({"run": "sudo setup/debian"}) + 1
    assert theirs["runs-on"] == ours["runs-on"]
    assert theirs["steps"][:count] == ours["steps"][:count]


def test_work_is_not_ignored_by_git(copy: Path) -> None:
    hand_in(copy, "debug", "starter")
    subprocess.run(["git", "init", "-q", copy], check=True)
    listed = run(copy, "git", "ls-files", "--others", "--exclude-standard").stdout.splitlines()
    assert "labs/debug/submission/cart.yaml" in listed
    assert not [name for name in listed if name.startswith(".venv") or "__pycache__" in name]


def test_a_copy_is_not_released_again(copy: Path, tmp_path: Path) -> None:
    done = run(copy, copy / ".venv/bin/labs", "release", tmp_path / "again")
    assert done.returncode == 7
    assert done.stderr == "This is a students' copy of the course, without solutions. Do this in the course itself.\n"
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(
            lambda path: (path / "a").mkdir(parents=True), "is there already and is not empty", id="not-empty"
        ),
        pytest.param(lambda path: path.write_text("a"), "is a file.", id="file"),
        pytest.param(lambda path: path.symlink_to("nowhere"), "is a link.", id="link"),
        pytest.param(lambda path: path.parent.rmdir(), "is no directory. Make that first.", id="no-parent"),
    ],
)
def test_where_it_cannot_be_written(
    course: Course, tmp_path_factory: pytest.TempPathFactory, make: Callable[[Path], object], says: str
) -> None:
    target = tmp_path_factory.mktemp("students") / "copy"
    make(target)
    done = course.labs("release", target)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.replace("│", " ").split())


def test_never_into_the_course(course: Course) -> None:
    done = course.labs("release", "labs/../copy")
    assert done.returncode == 2
    assert "is inside the course" in done.stderr
    assert not (course.path / "copy").exists()


def test_an_empty_directory_will_do(course: Course, tmp_path_factory: pytest.TempPathFactory) -> None:
    make_whole(course)
    target = tmp_path_factory.mktemp("students")
    assert course.labs("release", target).returncode == 0
    assert (target / "labs" / "headless" / "starter").is_dir()


def change(name: str, before: str, after: str) -> Callable[[Path], object]:
    return lambda labs: (labs / name).write_text((labs / name).read_text().replace(before, after))


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        pytest.param(
            lambda labs: (labs / "debug" / "README.md").write_text(
                "<!-- labs: skip it is the answer -->\n```yaml\n"
                + (labs / "headless/solution/demo-headless-svc.yaml").read_text()
                + "```\n"
            ),
            "it gives away the answer of labs/headless/solution/demo-headless-svc.yaml:1. Take it out.",
            id="answer-in-a-text",
        ),
        pytest.param(
            change("headless/lab.yaml", "  is_headless:\n", "  is_headless:\n    hidden: true\n"),
            "`dns_answers_with_every_ready_pod` needs `is_headless`, which is hidden. Hide both, or neither.",
            id="a-check-needs-a-hidden-one",
        ),
        pytest.param(
            change("debug/lab.yaml", "    section:", "    hidden: true\n    section:"),
            "labs/debug/lab.yaml: every check is hidden. Leave students one.",
            id="nothing-left",
        ),
        pytest.param(
            lambda labs: (labs / "debug" / "manifests" / "a.yaml").symlink_to("../solution/cart.yaml"),
            "labs/debug/manifests/a.yaml: a link to ../solution/cart.yaml, which students do not have. "
            "Put the file itself there.",
            id="link-to-an-answer",
        ),
    ],
)
def test_what_cannot_be_released_leaves_nothing(
    course: Course, tmp_path_factory: pytest.TempPathFactory, break_it: Callable[[Path], object], says: str
) -> None:
    make_whole(course)
    break_it(course.path / "labs")
    parent = tmp_path_factory.mktemp("students")
    done = course.labs("release", parent / "copy")
    assert done.returncode == 7
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(parent.iterdir())


MODULE = '''\
"""Checks."""

import json
from graders import Wanted, check

SHARED = 1
ONLY_HIDDEN = 2  # the answer


@pytest.fixture
def prepared():
    return helper(ONLY_HIDDEN)


@check(points=1)
def test_open():
    """Open."""
    assert SHARED


# What only
# instructors know.
@check(points=2)
def test_secret(prepared):
    """Secret."""
    assert json.loads(prepared) == SHARED, Wanted


def helper(number):
    return str(number)


# Nobody uses it.
UNUSED = 3
'''


def test_a_module_without_a_hidden_check() -> None:
    assert (
        without(MODULE, {"secret"})
        == '''\
"""Checks."""

from graders import check

SHARED = 1


@check(points=1)
def test_open():
    """Open."""
    assert SHARED


# Nobody uses it.
UNUSED = 3
'''
    )


def test_a_module_without_hidden_checks_stays_as_it_is() -> None:
    assert without(MODULE, set()) == MODULE
    assert without(MODULE, {"nosuch"}) == MODULE


def test_statements_that_share_a_line_are_refused() -> None:
    with pytest.raises(ValueError, match="Put each statement on lines of its own"):
        without("A = 1; B = 2\n\n\ndef test_x():\n    assert A\n\n\ndef test_y():\n    assert B\n", {"x"})


LAB = """\
title: A lab  # shown in the list
points: 3  # all of them
checks:
  # The first.
  open: {section: a, hints: [a, b, c]}
  # Not for students.
  secret:
    hidden: true
    section: b
    hints:
      - a
      - |
        several
        lines
  # The third.
  other: {section: c, hints: [a, b, c]}

# Mutants.
equivalent:
  drop-x: it is the default
kinds: [Service]
"""


def test_a_lab_without_a_hidden_check() -> None:
    assert (
        visible(LAB, {"secret"}, 1)
        == """\
title: A lab  # shown in the list
points: 1  # all of them
checks:
  # The first.
  open: {section: a, hints: [a, b, c]}
  # The third.
  other: {section: c, hints: [a, b, c]}

kinds: [Service]
"""
    )


def test_entries_that_share_a_line_are_refused() -> None:
    with pytest.raises(ValueError, match="Write each on lines of its own"):
        visible("points: 2\nchecks: {a: {section: a}, b: {section: b, hidden: true}}\n", {"b"}, 1)
