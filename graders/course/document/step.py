"""What a document is made of, in the order in which it is carried out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutputLine:
    """A line of the output that the text shows, without the `# ` before it. `line` counts from 1 in the file."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """A command and the output that the text shows, () where it shows none.

    `prefix`: what stands before each line of the output: `# `, or nothing after `$ ` prompts.
    """

    line: int
    command: str
    output: tuple[OutputLine, ...] = ()
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Terminal:
    """Commands that belong together: a session that one of them opens ends with the last."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A manifest that the reader is to write. `path` is relative and stays within the directory."""

    line: int
    path: str
    content: str


Part = Terminal | File
