"""JSON as the API server reads it: its syntax errors are those of Go's encoding/json, which users then see."""

from __future__ import annotations

import json
import re
from typing import Any

# What Python's decoder expected, and how Go says that something else came.
LOOKING_FOR = {
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting value": "looking for beginning of value",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Extra data": "after top-level value",
    "Invalid control character at": "in string literal",
    "Illegal trailing comma before end of object": "looking for beginning of object key string",
    "Illegal trailing comma before end of array": "looking for beginning of value",
}


END = "unexpected end of JSON input"


class Repeating(dict[str, Any]):
    """An object that has some name more than once; the last one counts."""

    repeated: frozenset[str] = frozenset()


def parse(text: str) -> Any:
    """The value; an object with repeated names is a Repeating. ValueError with Go's words."""
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise ValueError(_in_go(error, text)) from error
    except RecursionError as error:
        raise ValueError("exceeded max depth") from error


def _in_go(error: json.JSONDecodeError, text: str) -> str:
    at, where = error.pos, LOOKING_FOR.get(error.msg, "looking for beginning of value")
    if error.msg.startswith("Unterminated"):
        return END
    if error.msg.startswith("Invalid \\"):  # the position is that of the backslash
        at, where = at + 1, "in string escape code"
    elif error.msg == "Expecting value":
        for literal in ("true", "false", "null"):
            if text[at : at + 1] == literal[0]:
                fits = next(n for n in range(len(literal)) if text[at + n : at + n + 1] != literal[n])
                at, where = at + fits, f"in literal {literal} (expecting '{literal[fits]}')"
    elif error.msg == "Expecting ',' delimiter" and _in_array(text[:at]):
        where = "after array element"
    return END if at >= len(text) else f"invalid character {_character(text[at])} {where}"


def _in_array(text: str) -> bool:
    """Whether what comes next lies in an array, rather than an object."""
    opened = [each for each in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text) if not each.startswith('"')]
    holders: list[str] = []
    for each in opened:
        if each in "[{":
            holders.append(each)
        elif holders:
            holders.pop()
    return bool(holders) and holders[-1] == "["


def _character(letter: str) -> str:
    """As Go quotes one."""
    return {"'": r"'\''", '"': "'\"'"}.get(letter) or f"'{json.dumps(letter, ensure_ascii=False)[1:-1]}'"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    found = Repeating(made)
    names = [name for name, _ in pairs]
    found.repeated = frozenset(name for name in made if names.count(name) > 1)
    return found


def repeated_names(value: Any, path: str = "") -> list[str]:
    """What a value has more than once, in the words of the API server's decoder."""
    if isinstance(value, list):
        return [each for number, item in enumerate(value) for each in repeated_names(item, f"{path}[{number}]")]
    if not isinstance(value, dict):
        return []
    found = []
    for name, inner in value.items():
        where = f"{path}.{name}" if path else name
        if isinstance(value, Repeating) and name in value.repeated:
            found.append(f'duplicate field "{where}"')
        found += repeated_names(inner, where)
    return found


def written(value: Any) -> bytes:
    """A line as Go's encoder writes it: compact, and safe to stand in HTML."""
    return _safe(json.dumps(value, separators=(",", ":"), ensure_ascii=False)).encode() + b"\n"


def pretty(value: Any) -> bytes:
    """As json.MarshalIndent writes it for people."""
    return _safe(json.dumps(value, indent=2, ensure_ascii=False)).encode()


def _safe(text: str) -> str:
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def json_kind(value: Any) -> str:
    """What Go calls the kind of a JSON value."""
    if isinstance(value, bool):
        return "bool"
    for kind, name in ((dict, "object"), (list, "array"), (str, "string"), ((int, float), "number")):
        if isinstance(value, kind):
            return name
    return "null"


def go_text(value: Any) -> str:
    """A value as Go's %v prints it: `map[a:1 b:[x y]]`."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_text, value))}]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)
