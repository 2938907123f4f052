"""A Go struct in one line, as Kubernetes prints it to hash it: spew's %#v without methods, pointers and capacities.

Source: format.go in https://github.com/davecgh/go-spew
"""

from __future__ import annotations

from typing import Any

from pocketkube.go_types import Field, is_struct, own_fields
from pocketkube.quantity import FORMAT, parse

NIL = "<nil>"
NO_TIME = "{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}"  # templates have none
NAMES = {"time": "v1.Time", "quantity": "resource.Quantity", "int-or-string": "intstr.IntOrString", "bytes": "[]uint8"}
EXPONENTS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def printed(kind: str, value: Any) -> str:
    """`kind`: as in go_types.Field. `value`: as in JSON, None where it is not there."""
    if is_struct(kind):
        return f"{{{' '.join(_field(each, value or {}) for each in own_fields(kind))}}}"
    if kind.startswith("[]"):
        return f"[{' '.join(printed(kind[2:], each) for each in value)}]" if value else NIL
    if kind.startswith("{}"):
        pairs = (f"{key}:{printed(kind[2:], value[key])}" for key in sorted(value or ()))
        return f"map[{' '.join(pairs)}]" if value else NIL
    if kind == "time":
        return NO_TIME
    if kind == "int-or-string":
        return _int_or_string(0 if value is None else value)
    if kind == "quantity":
        return _quantity(value)
    if kind == "bool":
        return "true" if value else "false"
    return str(value or ("" if kind == "string" else 0))


def _field(field: Field, struct: dict[str, Any]) -> str:
    if not field.name:  # embedded: it is called as its type is, and its fields are those of the struct in JSON
        name = _type_name(field.type)
        return f"{name.rpartition('.')[2]}:({name}){printed(field.type, struct)}"
    value = struct.get(field.name)
    pointed = field.type.removeprefix("*")
    text = NIL if value is None and pointed != field.type else printed(pointed, value)
    return f"{field.go_name}:({_type_name(field.type, field.type_name)}){text}"


def _type_name(kind: str, own: str = "") -> str:
    """As Go's reflection prints it. `own`: of a type that is only another name; of a list it names the items."""
    if kind.startswith("*"):
        return f"*{_type_name(kind[1:], own)}"
    if kind.startswith("[]"):
        return f"[]{_type_name(kind[2:], own)}"
    if own:
        return own
    if kind.startswith("{}"):
        return f"map[string]{_type_name(kind[2:])}"
    return NAMES.get(kind, kind.rpartition("/")[2])


def _int_or_string(value: int | str) -> str:
    is_text = isinstance(value, str)
    number, text = (0, value) if is_text else (value, "")
    return f"{{Type:(intstr.Type){int(is_text)} IntVal:(int32){number} StrVal:(string){text}}}"


def _quantity(text: str) -> str:
    """Its digits and their power of ten, beside the text that it was read from."""
    match = FORMAT.fullmatch(text)
    assert match
    suffix = match["suffix"]
    if suffix.endswith("i"):
        number, scale, kind = int(parse(text)), 0, "BinarySI"
    else:
        number = int(match["sign"] + match["whole"].lstrip("0") + match["part"] or "0")
        scale = (EXPONENTS[suffix] if suffix in EXPONENTS else int(suffix[1:])) - len(match["part"])
        kind = "DecimalSI" if suffix in EXPONENTS else "DecimalExponent"
    amount = f"{{value:(int64){number} scale:(resource.Scale){scale}}}"
    decimal = "{Dec:(*inf.Dec)<nil>}"
    return (
        f"{{i:(resource.int64Amount){amount} d:(resource.infDecAmount){decimal} s:(string){text} "
        f"Format:(resource.Format){kind}}}"
    )
