"""Whatever ends a grading: started again it goes on, and every student has one verdict."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from pathlib import Path

import pytest

from pocketkube import cluster as pocket
from tests.checkout import SECONDS, Course

# Notes every grading of every student: what is done twice is seen.
COUNTING = '''

@check(points=0)
def test_counts(run, observer):
    """It is counted."""
    with open(COUNTS, "a") as file:
        print(run.documents[0].content["metadata"]["labels"]["of"], file=file)
'''
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: web, labels: {{of: s{number}}}}}
spec: {{clusterIP: None}}
"""
STUDENTS = 16


@pytest.fixture
def counted(small: Course, tmp_path: Path) -> Path:
    """The lab `small` counts its gradings in the file that is returned."""
    counts = tmp_path / "counts"
    module = small.path / "labs" / "small" / "test_small.py"
    module.write_text(module.read_text() + COUNTING.replace("COUNTS", repr(str(counts))))
    (small.path / "s").mkdir()
    for number in range(STUDENTS):
        (small.path / "s" / f"s{number}.yaml").write_text(SERVICE.format(number=number))
    return counts


def verdicts(grades: Path) -> dict[str, int]:
    found = {path.parent.name: json.loads(path.read_text()) for path in grades.glob("students/*/result.json")}
    return {student: result["score"]["points"] for student, result in found.items() if result["score"]}


def wait_for_end(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended, _, _ = select.select([descriptor], [], [], SECONDS)
    os.close(descriptor)
    assert ended, f"process {pid} still runs"


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("victim", ["labs", "pytest"])
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT], ids=["kill-9", "ctrl-c"])
def test_interrupted_and_started_again(small: Course, counted: Path, tmp_path: Path, victim: str, sent: int) -> None:
    grades = tmp_path / "grades"
    command = ["grade", "small", "s", "--out", grades, "-n", "2"]
    first = small.start_labs(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    assert first.stdout
    for line in first.stdout:  # until the third verdict
        if line.startswith(f"3/{STUDENTS} "):
            break
    pids = [first.pid, *children(first.pid)]
    if sent == signal.SIGINT:
        os.killpg(first.pid, sent)  # as a terminal does
    else:
        os.kill(pids[0] if victim == "labs" else pids[1], sent)
    first.stdout.close()
    assert first.wait(SECONDS) != 0
    for pid in pids[1:]:
        wait_for_end(pid)
    done_before = verdicts(grades)
    assert 3 <= len(done_before) < STUDENTS

    again = small.labs(*command)
    assert again.returncode == 0, again.stdout + again.stderr
    assert verdicts(grades) == {f"s{number}": 3 for number in range(STUDENTS)}
    counts = counted.read_text().split()
    assert all(counts.count(student) == 1 for student in done_before), "a verdict that was there was made again"
    assert not list(grades.rglob("*.part"))


@pytest.mark.usefixtures("counted")
def test_a_worker_that_dies_loses_nothing(small: Course, tmp_path: Path) -> None:
    """Also not the submission that it was at: that one is graded anew, alone."""
    died = tmp_path / "died"
    module = small.path / "labs" / "small" / "test_small.py"
    deadly = f'''

@check(points=0)
def test_dies_once(run):
    """Its process ends the first time."""
    import os
    from pathlib import Path

    if run.documents[0].content["metadata"]["labels"]["of"] == "s5" and not Path({str(died)!r}).exists():
        Path({str(died)!r}).touch()
        os._exit(1)
'''
    module.write_text(module.read_text() + deadly)
    grades = tmp_path / "grades"
    done = small.labs("grade", "small", "s", "--out", grades, "-n", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert died.exists()
    assert verdicts(grades) == {f"s{number}": 3 for number in range(STUDENTS)}


@pytest.mark.usefixtures("counted")
def test_a_cluster_that_dies_is_replaced(small: Course, tmp_path: Path) -> None:
    """What was on it when it died is graded anew; the rest does not notice."""
    died = tmp_path / "died"
    module = small.path / "labs" / "small" / "test_small.py"
    deadly = f'''

@check(points=0)
def test_kills_its_cluster_once():
    """The cluster's process ends the first time."""
    import os
    import signal
    from pathlib import Path

    if not Path({str(died)!r}).exists():
        Path({str(died)!r}).touch()
        me = os.getpid()
        for child in Path(f"/proc/{{me}}/task/{{me}}/children").read_text().split():
            if b"pocketkube.daemon" in Path(f"/proc/{{child}}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)
'''
    module.write_text(module.read_text() + deadly)
    grades = tmp_path / "grades"
    done = small.labs("grade", "small", "s", "--out", grades, "-n", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert died.exists()
    assert verdicts(grades) == {f"s{number}": 3 for number in range(STUDENTS)}
    assert "a new cluster, since: " in (grades / "grading.log").read_text()


@pytest.mark.usefixtures("counted")
def test_a_shared_cluster_that_is_gone_ends_the_grading(small: Course, tmp_path: Path) -> None:
    """Nobody is blamed: what was not graded is graded when a cluster is there again."""
    grades = tmp_path / "grades"
    command: list[str | Path] = ["grade", "small", "s", "--out", grades, "-n", "2", "--cluster", "existing"]
    for name in ("first", "second"):
        (tmp_path / name).mkdir(mode=0o700)
    with pocket.start(tmp_path / "first") as first:
        where = ["--kubeconfig", first.kubeconfig, "--context", pocket.CONTEXT]
        grading = small.start_labs(*command, *where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert grading.stdout
        for line in grading.stdout:
            if line.startswith(f"3/{STUDENTS} "):
                break
    said = grading.stdout.read()
    grading.stdout.close()
    assert grading.wait(SECONDS) == 7
    assert "ended early: the cluster took none of 3 submissions in a row" in said
    assert all(points == 3 for points in verdicts(grades).values())
    with pocket.start(tmp_path / "second") as second:
        where = ["--kubeconfig", second.kubeconfig, "--context", pocket.CONTEXT]
        assert small.labs(*command, *where).returncode == 0
    assert verdicts(grades) == {f"s{number}": 3 for number in range(STUDENTS)}


@pytest.mark.usefixtures("counted")
def test_kept_bytes_that_are_lost_are_an_error_of_that_student_alone(small: Course, tmp_path: Path) -> None:
    grades = tmp_path / "grades"
    module = small.path / "labs" / "small" / "test_small.py"
    spoils = f'''

@check(points=0)
def test_spoils_another():
    """What s9 handed in is gone."""
    from pathlib import Path

    for path in Path({str(grades)!r}, "students", "s9").glob("submission-*"):
        path.write_bytes(b"")
'''
    module.write_text(module.read_text() + spoils)
    done = small.labs("grade", "small", "s", "--out", grades, "-n", "1")
    assert done.returncode == 7
    assert "1 with an error of ours" in done.stdout
    found = json.loads((grades / "students" / "s9" / "result.json").read_text())
    assert (found["status"], found["score"]) == ("error", None)
    assert "cannot be read from the gradebook any more" in found["problem"]
    assert verdicts(grades) == {f"s{number}": 3 for number in range(STUDENTS) if number != 9}
