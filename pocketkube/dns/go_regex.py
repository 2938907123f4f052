"""Regular expressions in Go's syntax, RE2, where Python writes the same otherwise.

Source: https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re

# Inside [ ]: as [[:alpha:]] has it.
CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7F",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
DIFFERENT = re.compile(r"\\(?P<escaped>.)|\[:(?P<kind>\w+):\]|\(\?<(?P<group>\w+)>", re.DOTALL)


def compile_go(text: str) -> re.Pattern[str]:
    """re.error for what is none. `\\d`, `\\s` and `\\w` are of ASCII alone, as Go has them."""
    return re.compile(DIFFERENT.sub(_in_python, text), re.ASCII)


def _in_python(found: re.Match[str]) -> str:
    if found["escaped"]:
        return r"\Z" if found["escaped"] == "z" else found[0]
    if found["group"]:
        return f"(?P<{found['group']}>"
    try:
        return CLASSES[found["kind"]]
    except KeyError:
        raise re.error(f"invalid character class range: `{found[0]}`") from None
