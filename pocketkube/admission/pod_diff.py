"""PodSpecs as the API server shows them, in JSON with every field of its own structs; two are compared line by line."""

from __future__ import annotations

import difflib
import json
from typing import Any

from pocketkube.admission.formats import compact
from pocketkube.go_types import is_struct, own_fields
from pocketkube.store import Object

# What the API server's own PodSpec has in its securityContext.
OF_THE_HOST = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers")
EMPTY: dict[str, Any] = {"string": "", "bool": False, "int32": 0, "int64": 0, "quantity": "0", "int-or-string": 0}


def diff(old: Object, new: Object) -> str:
    """Hunks with three lines around each change."""
    before, after = (_text(spec).splitlines(keepends=True) for spec in (old, new))
    return "".join(list(difflib.unified_diff(before, after))[2:])


def internal_template(template: Object) -> str:
    """A PodTemplateSpec in a line, as the API server shows what may not be changed."""
    maps = {name: template["metadata"].get(name) or {} for name in ("labels", "annotations")}
    metadata = {name: dict(sorted(found.items())) for name, found in maps.items() if found}
    return compact({**metadata, "Spec": _pod_spec(template["spec"])})


def _text(spec: Object) -> str:
    return json.dumps(_pod_spec(spec), indent=1, ensure_ascii=False) + "\n"


def _pod_spec(spec: Object) -> Object:
    made = _struct("core/v1.PodSpec", spec)
    host = {name: made.pop(name[0].upper() + name[1:]) for name in OF_THE_HOST}
    made.pop("DeprecatedServiceAccount")
    if made["SecurityContext"] is not None:
        ours = {name[0].upper() + name[1:]: value for name, value in host.items()}
        made["SecurityContext"] = {**ours, **made["SecurityContext"]}
    return made


def _struct(struct: str, value: Object) -> Object:
    """Every field under its name in Go."""
    made: Object = {}
    for field in own_fields(struct):
        if not field.name:
            made |= _struct(field.type, value)
        elif field.name in value:
            made[field.go_name] = _value(field.type.removeprefix("*"), value[field.name])
        elif is_struct(field.type):
            made[field.go_name] = _struct(field.type, {})
        else:
            made[field.go_name] = EMPTY.get(field.type)
    return made


def _value(kind: str, value: Any) -> Any:
    if kind.startswith("[]"):
        return [_value(kind[2:], each) for each in value]
    if kind.startswith("{}"):
        return {key: value[key] for key in sorted(value)}
    return _struct(kind, value) if is_struct(kind) else value
