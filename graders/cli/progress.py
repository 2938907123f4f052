"""How far the grading of a class is: a bar on a terminal, a line for each submission elsewhere."""

from __future__ import annotations

from collections import Counter
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from graders.result import Result
from graders.submission import printable

BLOCKS = "▁▂▃▄▅▆▇█"


class Progress:
    """`expect` says how many submissions are to come; `show` is told of each as it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._expected = 0
        self._done = 0
        self._scores: Counter[int] = Counter()
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("scores {task.fields[histogram]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("grading", total=None, rate="", histogram="")

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def expect(self, count: int) -> None:
        """So many more."""
        self._expected += count
        self._bar.update(self._task, total=self._expected)

    def show(self, result: Result, *, again: bool) -> str:
        """One that has ended; `again`: its verdict is repeated alone before it counts. Returns the line about it."""
        if again:
            line = f"{told(result)}; repeated alone before it counts"
        else:
            self._done += 1
            self._scores.update([result.score.points * 10 // max(result.score.of, 1)] if result.score else [])
            elapsed = self._bar.tasks[0].elapsed or 0.0
            rate = f"{self._done / elapsed * 60:.0f}/min" if elapsed else ""
            self._bar.update(self._task, advance=1, rate=rate, histogram=histogram(self._scores))
            line = told(result)
        if not self._console.is_terminal:
            place = "" if again else f"{self._done}/{self._expected} "
            self._console.print(escape(place + line), highlight=False, soft_wrap=True)
        return line


def told(result: Result) -> str:
    """One line about a verdict: who, what, why."""
    name = printable(result.student.name)
    if result.problem:
        return f"{name}: {result.status}: {printable(result.problem)}"
    causes = [check.diagnosis.code for check in result.checks if check.diagnosis]
    points = f"{result.score.points}/{result.score.of}" if result.score else "no score"
    return f"{name}: {points}" + (f" ({causes[0]})" if causes else "")


def histogram(scores: Counter[int]) -> str:
    """Of tenths of the full score, 0 to 10: a block each."""
    most = max(scores.values(), default=1)
    return "".join(BLOCKS[scores[tenth] * (len(BLOCKS) - 1) // most] if scores[tenth] else "·" for tenth in range(11))
