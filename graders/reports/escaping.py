"""What strangers wrote, made harmless: a function for each kind of output."""

from __future__ import annotations

import html as _html
import re
import unicodedata

from graders.submission import printable

# https://owasp.org/www-community/attacks/CSV_Injection, and the wide forms, which some spreadsheets take for the same.
FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
# Where a spreadsheet separates by semicolons, a cell begins after one, even within what are quotes to others.
INNER_FORMULA = re.compile(r";(?=[\s\"]*[=+\-@\uff1d\uff0b\uff0d\uff20])")
NUMBER = re.compile(r"-?\d*\.?\d*")  # also a lone "-", which platforms write for "none"

# https://spec.commonmark.org/0.31.2/#backslash-escapes; `://` and `www.` would become links in
# https://github.github.com/gfm/#autolinks-extension-
MARKDOWN = re.compile(r"[\\`*_\[\]|~$@]|(?<!\S)#|:(?=//)|(?<=www)\.", re.IGNORECASE)


def line(text: str) -> str:
    """One line: what breaks or steers it becomes a visible escape, and every kind of space a plain one."""
    return printable("".join(" " if unicodedata.category(each) == "Zs" else each for each in text))


def lines(text: str) -> str:
    """Lines stay lines, columns stay columns; the rest as in `line`."""
    return "\n".join(line(each.expandtabs()) for each in text.splitlines())


def html(text: str) -> str:
    """For an element or a quoted attribute."""
    return _html.escape(line(text))


def markdown(text: str) -> str:
    """Inside a line of Markdown, not at its beginning: no markup, no HTML, no links."""
    return MARKDOWN.sub(lambda found: "\\" + found[0], line(text)).translate(
        {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
    )


def fenced(text: str) -> str:
    """A fenced block of Markdown, whose fence is longer than any in the text."""
    shown = lines(text)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown}\n{fence}"


def cell(text: str) -> str:
    """For a cell of CSV: text that a spreadsheet would compute begins with an apostrophe."""
    shown = INNER_FORMULA.sub(";'", line(text))
    return f"'{shown}" if FORMULA.match(shown) and not NUMBER.fullmatch(shown) else shown
