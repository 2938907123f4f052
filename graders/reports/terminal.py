"""The summary at the end of a grading: a table of checks, the score, and the first thing to do next."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graders.submission import printable
from graders.verdict import CheckResult, Outcome, Score

COLOURS = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.BLOCKED: "yellow",
    Outcome.ERROR: "magenta",
}


def show(
    config: pytest.Config, reporter: Any, results: list[CheckResult], score: Score | None, problem: str, log: str
) -> None:
    """Write to pytest's terminal; with `-v` also what the checks that passed ran."""
    if config.option.verbose > 0:
        for result in results:
            if result.outcome is Outcome.PASSED and result.transcript:
                reporter.section(f"passed: {printable(result.title)}", sep="_")
                reporter.write_line(_lines(result.transcript.rstrip()))
    if results:
        _show_table(config, reporter, results)
    if score:
        reporter.write_line(f"Score: {score.points}/{score.of}", bold=True)
    failed = next((result for result in results if result.outcome in (Outcome.FAILED, Outcome.ERROR)), None)
    if failed:
        _show_first(reporter, failed)
    if problem:
        reporter.write_line(_lines(problem), red=True)
    elif results and score is None:
        reporter.write_line("No score: a check ended in an error of the grader or the cluster.", red=True)
    if log:
        reporter.section("log of the cluster")
        reporter.write_line(_lines(log))


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


def _show_first(reporter: Any, failed: CheckResult) -> None:
    reporter.write_line("")
    reporter.write_line(f"First: {printable(failed.title)}", bold=True)
    for name, text in (("seen", failed.seen), ("expected", failed.expected), ("to do", failed.todo)):
        if text:
            reporter.write_line(f"  {name + ':':<10}{_lines(text)}")
    if failed.read:
        reporter.write_line(f"  {'read:':<10}labs/{failed.read}")


def _show_table(config: pytest.Config, reporter: Any, results: list[CheckResult]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("points", "outcome", "check"):
        table.add_column(heading, justify="right" if heading == "points" else "left")
    for result in results:
        won = result.points if result.outcome is Outcome.PASSED else 0
        colour = COLOURS[result.outcome]
        table.add_row(f"{won}/{result.points}", f"[{colour}]{result.outcome}[/]", escape(printable(result.title)))
    terminal = config.get_terminal_writer()
    console = Console(width=terminal.fullwidth, force_terminal=terminal.hasmarkup, no_color=not terminal.hasmarkup)
    with console.capture() as capture:
        console.print(table)
    reporter.write_line("")
    reporter.write(capture.get())


def _lines(text: str) -> str:
    return "\n".join(printable(line.expandtabs()) for line in text.splitlines())
