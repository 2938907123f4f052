"""A Markdown text as what is to be carried out: files, commands, and the directives in comments."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from graders.course.document.commands import steps
from graders.course.document.markdown import Directive, Fence, Unreadable, blocks
from graders.course.document.step import File, Part, Step, Terminal

COMMANDS = ("sh", "bash", "shell", "console")
FILES = ("yaml", "yml")
FILE_NAME = re.compile(r"# (\S+\.ya?ml)")
KNOWN = "Known are `skip REASON` and `run COMMAND`"


def parts(text: str) -> list[Part]:
    """In their order; Unreadable.

    `<!-- labs: skip REASON -->` leaves out the block that comes next; `<!-- labs: run COMMAND -->` is a command that
    the reader does not see.
    """
    found: list[Part] = []
    skipped: Directive | None = None
    for block in blocks(text):
        if isinstance(block, Directive):
            verb, _, rest = block.words.partition(" ")
            if verb == "run" and rest:
                found.append(Terminal((Step(block.line, rest),)))
            elif verb == "skip" and rest:
                skipped = block
            else:
                raise Unreadable(block.line, _refused(verb))
        elif block.language in COMMANDS or _file_name(block):
            if skipped is None:
                found.append(_part(block))
            skipped = None
    if skipped:
        raise Unreadable(skipped.line, "`skip` leaves out the block that comes next, and there is none. Remove it.")
    return [part for part in found if not isinstance(part, Terminal) or part.steps]


def _part(block: Fence) -> Part:
    if block.language in COMMANDS:
        return Terminal(steps(block))
    name = PurePosixPath(_file_name(block))
    if name.is_absolute() or ".." in name.parts:
        raise Unreadable(block.line + 1, f"{name} leads out of the reader's directory. Name a file within it.")
    return File(block.line, str(name), "".join(f"{line}\n" for line in block.lines))


def _file_name(block: Fence) -> str:
    found = FILE_NAME.fullmatch(block.lines[0].strip()) if block.language in FILES and block.lines else None
    return found[1] if found else ""


def _refused(verb: str) -> str:
    if verb == "skip":
        return "`skip` wants a reason. Say why the next block cannot be carried out."
    if verb == "run":
        return "`run` wants a command."
    return f"`{verb}` is no directive. {KNOWN}."
