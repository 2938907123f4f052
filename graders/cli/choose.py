"""The lab that a name on the command line means."""

from __future__ import annotations

import difflib

import typer

from graders.lab import ROOT, Lab, load, names
from graders.submission import printable


def lab_named(name: str) -> Lab:
    """The lab of that name, whatever is wrong with others; a usage error that names those there are, else."""
    labs = names()
    if name in labs:
        return load(ROOT / name)
    near = difflib.get_close_matches(name, labs, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    raise typer.BadParameter(f"there is no lab {printable(name)!r}, only {', '.join(labs)}.{meant}")
