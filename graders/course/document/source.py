"""The text of a document, to the byte."""

from __future__ import annotations

from pathlib import Path

SUFFIXES = (".md", ".markdown")


class NoText(Exception):
    """Why a file is no document: one sentence with the remedy."""


def text_of(path: Path) -> str:
    """With its line ends as they are; NoText."""
    if path.suffix.lower() not in SUFFIXES:
        raise NoText("it is no Markdown. Name a file that ends with .md.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NoText(f"it cannot be read: {error.strerror}.") from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise NoText(f"it is not UTF-8 text: see line {line}. Save the file as UTF-8.") from error
    if "\0" in text:
        raise NoText("it has bytes that are no text. Name a text file.")
    return text
