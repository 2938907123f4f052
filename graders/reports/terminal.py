"""The summary at the end of a grading: a table of checks, the score, and the first thing to do next.

On a terminal it fits on one screen, however long the diagnosis; `-v` says all of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

import pytest
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from graders.submission import printable
from graders.verdict import CheckResult, Outcome, Score

COLOURS = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.BLOCKED: "yellow",
    Outcome.ERROR: "magenta",
}
LABEL = 12  # columns, of `  seen:     `
COLUMNS_BEFORE = len("points  outcome  ")
AFTERWARDS = 2  # lines: pytest's own last one, and the prompt


def show(
    config: pytest.Config,
    reporter: Any,
    results: Sequence[CheckResult],
    score: Score | None,
    *,
    notes: Sequence[str],
    problem: str,
    log: str,
) -> None:
    """Write to pytest's terminal; with `-v` also what the checks that passed ran."""
    verbose = config.option.verbose > 0
    for result in results if verbose else ():
        if result.outcome is Outcome.PASSED and result.transcript:
            reporter.section(f"passed: {printable(result.title)}", sep="_")
            reporter.write_line(_lines(result.transcript.rstrip()))
    writer = config.get_terminal_writer()
    console = Console(
        width=writer.fullwidth, force_terminal=writer.hasmarkup, no_color=not writer.hasmarkup, highlight=False
    )
    height = shutil.get_terminal_size().lines if reporter.isatty() and not verbose else None
    with console.capture() as capture:
        summarise(console, results, score, notes=notes, problem=problem, height=height)
    reporter.ensure_newline()
    reporter.write(capture.get())
    if log:
        reporter.section("log of the cluster")
        reporter.write_line(_lines(log))


def summarise(
    console: Console,
    results: Sequence[CheckResult],
    score: Score | None,
    *,
    notes: Sequence[str] = (),
    problem: str = "",
    height: int | None = None,
) -> None:
    """`height`: lines of the screen that it has to fit on; None where it may be as long as it is."""
    said = [Text(f"Score: {score.points}/{score.of}", "bold")] if score else []
    said += [Text(printable(note), "yellow") for note in notes]
    if problem:
        said.append(Text(_lines(problem), "red"))
    elif any(result.outcome is Outcome.ERROR for result in results):
        said.append(Text("No score: a check ended in an error of the grader or the cluster.", "red"))
    failed = next((result for result in results if result.outcome in (Outcome.FAILED, Outcome.ERROR)), None)
    if failed:
        said += [Text(), Text(f"First: {printable(failed.title)}", "bold")]
    if results:
        _print_table(console, results, one_line=height is not None)
    for text in said:
        console.print(text, soft_wrap=True)
    if failed:
        used = AFTERWARDS + len(results) + 2 + sum(len(text.wrap(console, console.width)) for text in said)
        _print_advice(console, failed, None if height is None else height - used)


def details(result: CheckResult) -> str:
    """All that is known of a check that did not pass, for `-v`."""
    lines = [f"seen:     {result.seen}"] if result.seen else []
    if result.expected:
        lines.append(f"expected: {result.expected}")
    if result.todo:
        lines.append(f"to do:    {result.todo}")
    if result.read:
        lines.append(f"read:     labs/{result.read}")
    if result.transcript:
        lines += ["", result.transcript.rstrip()]
    return _lines("\n".join(lines))


def _print_advice(console: Console, failed: CheckResult, room: int | None) -> None:
    """What was seen, expected and is to be done; in `room` lines: what is to be done is the last to be shortened."""
    texts = {"seen": failed.seen, "expected": failed.expected, "to do": failed.todo}
    read = f"labs/{failed.read}" if failed.read else ""
    lines = {label: [_lines(text)] for label, text in texts.items() if text}
    if room is not None:
        width = console.width - LABEL
        wrapped = {label: _wrapped(console, text, width) for label, text in lines.items()}
        lines = _shortened(wrapped, room - bool(read))
        if lines != wrapped:
            read = f"{read}; all of it: -v".removeprefix("; ")
    for label, (first, *more) in (*lines.items(), *([("read", [read])] if read else ())):
        console.print(Text(f"  {label + ':':<{LABEL - 2}}{first}"), soft_wrap=True)
        for line in more:
            console.print(Text(" " * LABEL + line), soft_wrap=True)


def _shortened(texts: dict[str, list[str]], room: int) -> dict[str, list[str]]:
    shorter = {label: list(lines) for label, lines in texts.items()}
    while sum(map(len, shorter.values())) > room:
        long = [label for label, lines in shorter.items() if len(lines) > 1]
        if not long:
            break
        shorter[max(long, key=lambda label: (label != "to do", len(shorter[label])))].pop()
    for label, lines in shorter.items():
        if len(lines) < len(texts[label]):
            lines[-1] = f"{lines[-1][:-2]} …"
    return shorter


def _print_table(console: Console, results: Sequence[CheckResult], *, one_line: bool) -> None:
    """`one_line`: a title that is too long for the screen is cut off."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("check", no_wrap=one_line, max_width=console.width - COLUMNS_BEFORE - 2)
    for result in results:
        won = result.points if result.outcome is Outcome.PASSED else 0
        colour = COLOURS[result.outcome]
        table.add_row(f"{won}/{result.points}", f"[{colour}]{result.outcome}[/]", escape(printable(result.title)))
    console.print()
    console.print(table)


def _wrapped(console: Console, lines: Sequence[str], width: int) -> list[str]:
    texts = [Text(line) for text in lines for line in text.splitlines()]
    return [line.plain.rstrip() for text in texts for line in text.wrap(console, width)]


def _lines(text: str) -> str:
    return "\n".join(printable(line.expandtabs()) for line in text.splitlines())
