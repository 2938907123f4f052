"""`pytest labs/NAME --gradebook ...` as a process of its own: the one way in which anything is graded."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from graders.gradebook.book import Gradebook
from graders.lab import ROOT, Lab
from graders.submission import printable
from graders.verdict import GraderError

OK = (0, 1, 5)  # pytest's: all passed, some failed, no tests
LOG = "grading.log"
REASON = "Exit: "  # how the line begins that says why a grading ended
LEFT_OUT = ("terminal", "cacheprovider", "unraisableexception", "anyio")  # that print, remember, warn, or are imported


class EndedEarly(GraderError):
    """`why`: one sentence, without where the log is."""

    def __init__(self, why: str, log: Path) -> None:
        self.why = why
        super().__init__(f"the grading ended early: {why} All of {log} may tell more.")


@dataclass(frozen=True, slots=True)
class Begun:
    """It is known how many submissions are to be graded."""

    count: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A submission whose grading has ended. `again`: its verdict counts only after a repetition alone."""

    student: str
    again: bool


def graded(
    lab: Lab, book: Gradebook, students: Iterable[str], options: Sequence[str], workers: int, held: int
) -> Iterator[Begun | Finished]:
    """Grade what is missing of these `students`, and tell as it goes on: first with `workers` processes (or with one,
    by 0), then, alone, what has to be repeated or was lost with a worker.

    `students`: taken, and if need be handed in, while pytest starts. `options`: which cluster, as words of pytest's
    command line. `held`: the descriptor of the gradebook's lock. EndedEarly when it ends before everything is graded.
    """
    left = 0
    with _pytest(lab, book, options, workers, held) as process:
        asked = list(students)
        for event in _grade(process, asked, last=False):
            left += event.count if isinstance(event, Begun) else -1
            yield event
    if not left and not any(book.unconfirmed(student) for student in asked):
        return
    with _pytest(lab, book, options, 0, held) as process:
        for event in _grade(process, asked, last=True):
            if isinstance(event, Finished):
                yield event


@contextmanager
def _pytest(
    lab: Lab, book: Gradebook, options: Sequence[str], workers: int, held: int
) -> Iterator[subprocess.Popen[str]]:
    """It waits for the students. EndedEarly when it fails."""
    command = [sys.executable, "-m", "pytest", str(ROOT / lab.name), "--gradebook", str(book.directory), *options]
    left_out = (*LEFT_OUT, "pytest-kind") if "pocket" in options else LEFT_OUT  # which is a fifth of all imports
    # -s: pytest would put something else in the place of standard input.
    command += ["-s", "--timeout=0", *(word for plugin in left_out for word in ("-p", f"no:{plugin}"))]
    if workers:
        command += ["-n", str(workers), "--dist", "loadscope", "--max-worker-restart", str(workers * 2)]
    log = book.directory / LOG
    before = log.stat().st_size if log.exists() else 0
    with (
        # xdist asks for one in any case. In its usual place pytest would clear up what earlier sessions have left of
        # theirs: 40,000 files of somebody's tests take 10 s.
        tempfile.TemporaryDirectory(prefix="labs-pytest-") as temporary,
        log.open("ab") as errors,
        subprocess.Popen(
            [*command, "--basetemp", str(Path(temporary, "basetemp"))],
            cwd=ROOT.parent,
            stdin=subprocess.PIPE,  # brings the students; at its end, however this process ends, the other ends too
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            pass_fds=[held],
        ) as process,
    ):
        yield process
        process.wait()
    if process.returncode not in OK:
        raise EndedEarly(_last_words(log, before), log)


def _grade(process: subprocess.Popen[str], students: Sequence[str], *, last: bool) -> Iterator[Begun | Finished]:
    assert process.stdin
    assert process.stdout
    with suppress(BrokenPipeError):  # where it has failed already, its log says why
        print(json.dumps({"students": list(students), "last": last}), file=process.stdin, flush=True)
    for line in process.stdout:
        told = _told(line)
        if told:
            yield told


def _told(line: str) -> Begun | Finished | None:
    try:
        event = json.loads(line)
        return Begun(event["count"]) if "count" in event else Finished(str(event["id"]), bool(event["again"]))
    except (ValueError, KeyError, TypeError):
        return None  # what a grader module prints


def _last_words(log: Path, since: int) -> str:
    """Of what was logged after its first `since` bytes."""
    written = log.read_bytes()[since:].decode(errors="replace")
    lines = [line for line in written.splitlines() if line.strip()]
    why = next((line for line in reversed(lines) if line.startswith(REASON)), lines[-1] if lines else "")
    return printable(why.removeprefix(REASON)).rstrip(".") + "." if why else "it did not say why."
