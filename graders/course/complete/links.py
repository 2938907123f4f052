"""Every relative link of the text leads to a file that is there, and to a heading that it has."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from graders.course.complete.lab_files import LabFiles
from graders.course.complete.text import anchors
from graders.course.defect import Defect


def defects(files: LabFiles) -> Iterator[Defect]:
    """Links to other sites are not followed."""
    for link in files.text.links:
        address = urlsplit(link.target)
        if address.scheme or address.netloc:
            continue
        target = files.readme.parent / unquote(address.path) if address.path else files.readme
        if not target.exists():
            yield Defect(files.readme, link.line, f"the link to {link.target} leads nowhere. Mend it.")
        elif address.fragment and target.suffix == ".md" and unquote(address.fragment) not in anchors(target):
            what = f"{address.path or 'README.md'} has no heading whose anchor is `{address.fragment}`. Mend the link."
            yield Defect(files.readme, link.line, what)
