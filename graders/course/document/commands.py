"""A block of commands as steps.

Where a line begins with `$ `, that is a command and the lines up to the next `$ ` are its output. Else the lines are
commands and comments. A paragraph of comments (lines without a blank one between) that directly follows a command is
its output. Further paragraphs belong to it, as nslookup's output has a blank line, unless a command directly follows:
then it is a comment on that command.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from graders.course.document.markdown import Fence, Unreadable
from graders.course.document.step import OutputLine, Step

PROMPT = "$ "
COMPOUND = (
    (re.compile(r"\s*(for|while|until)\b"), re.compile(r"\bdone\b")),
    (re.compile(r"\s*if\b"), re.compile(r"\bfi\b")),
)
HERE_DOCUMENT = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")


def steps(fence: Fence) -> tuple[Step, ...]:
    """() for a block of comments alone; Unreadable for a command that is not complete."""
    lines = [OutputLine(fence.line + number, text) for number, text in enumerate(fence.lines, start=1)]
    if any(line.text.startswith(PROMPT) for line in lines):
        return tuple(_prompted(lines))
    return tuple(_commented(lines))


def _prompted(lines: Sequence[OutputLine]) -> list[Step]:
    found: list[Step] = []
    at = _skip_blank(lines, 0)
    while at < len(lines):
        if not lines[at].text.startswith(PROMPT):
            raise Unreadable(lines[at].line, "output stands before any command. Begin with `$ ` and the command.")
        begin = at
        command, at = _command(lines, at, lines[at].text.removeprefix(PROMPT), continued="> ")
        first = at
        while at < len(lines) and not lines[at].text.startswith(PROMPT):
            at += 1
        found.append(Step(lines[begin].line, command, _without_blank_ends(lines[first:at])))
    return found


def _commented(lines: Sequence[OutputLine]) -> list[Step]:
    found: list[Step] = []
    at = 0
    while at < len(lines):
        if not lines[at].text.strip() or _is_comment(lines[at].text):
            at += 1
            continue
        begin = at
        command, at = _command(lines, at, lines[at].text, continued="")
        end = _end_of_output(lines, at)
        output = [OutputLine(each.line, _uncommented(each.text)) for each in lines[at:end]]
        prefix = "# " if output else ""
        found.append(Step(lines[begin].line, command, tuple(output), prefix))
        at = end
    return found


def _end_of_output(lines: Sequence[OutputLine], at: int) -> int:
    """Where the output ends that begins at `at`: there itself where none does."""
    end = _end_of_paragraph(lines, at)
    while end > at:
        begin = _skip_blank(lines, end)
        further = _end_of_paragraph(lines, begin)
        if further == begin or (further < len(lines) and lines[further].text.strip()):
            return end
        end = further
    return end


def _end_of_paragraph(lines: Sequence[OutputLine], at: int) -> int:
    while at < len(lines) and _is_comment(lines[at].text):
        at += 1
    return at


def _skip_blank(lines: Sequence[OutputLine], at: int) -> int:
    while at < len(lines) and not lines[at].text.strip():
        at += 1
    return at


def _without_blank_ends(lines: Sequence[OutputLine]) -> tuple[OutputLine, ...]:
    shown = [number for number, line in enumerate(lines) if line.text.strip()]
    return tuple(lines[shown[0] : shown[-1] + 1]) if shown else ()


def _is_comment(line: str) -> bool:
    return line.startswith("#")


def _uncommented(line: str) -> str:
    return line.removeprefix("#").removeprefix(" ")


def _command(lines: Sequence[OutputLine], at: int, command: str, continued: str) -> tuple[str, int]:
    """The whole of the command that begins at `at`, and where the next line stands. `continued`: the shell's PS2."""
    begin = lines[at].line
    at += 1
    while _is_open(command):
        if at == len(lines):
            raise Unreadable(begin, "this command is not complete: a quote, a here-document or a loop is left open.")
        command += "\n" + lines[at].text.removeprefix(continued)
        at += 1
    return command, at


def _is_open(command: str) -> bool:
    """Whether a shell would ask for another line."""
    if command.endswith("\\") or command.rstrip().endswith(("|", "&&")):
        return True
    here = HERE_DOCUMENT.search(command)
    if here:
        return here[2] not in (line.strip() for line in command.split("\n")[1:])
    if any(begin.match(command) and not end.search(command) for begin, end in COMPOUND):
        return True
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return False
