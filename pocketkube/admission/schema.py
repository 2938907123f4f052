"""The fields of every kind that is served, from the models of the official `kubernetes` package.

Importing those models takes 0.25 s, so what is read from them is kept in the user's cache directory.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import tempfile
import types
import typing
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from pocketkube.resources import SERVED, Resource

FORMAT = 2  # of the cached files; they change with the served kinds too
# A type is "string", "integer", "boolean", "number", "int-or-string", "any", a model's name,
# ["list", type] or ["map", type].
Type = Any
EXTRA_MODELS = ("V1DeleteOptions", "V1Scale", "V1Status")


@cache
def fields() -> dict[str, dict[str, Type]]:
    """{model: {field as on the wire: type}} of all models that the served kinds reach."""
    loaded: dict[str, dict[str, Type]] = cached("fields", _read_models)
    return loaded


def model_of(resource: Resource) -> str:
    return {"Event": "CoreV1Event"}.get(resource.kind, f"V1{resource.kind}")


def go_type(model: str) -> str:
    """The name that Go's messages use: ServiceSpec for V1ServiceSpec."""
    return model.removeprefix("Core").removeprefix("Discovery").removeprefix("V1")


def cached(name: str, make: Callable[[], Any]) -> Any:
    """`make()`'s JSON, from the cache when there is one for this version of the package and these kinds."""
    version = importlib.metadata.version("kubernetes")
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    kinds = hashlib.sha256(" ".join(each.kind for each in SERVED).encode()).hexdigest()[:8]
    path = Path(base).expanduser() / "pocketkube" / f"{name}-{version}-{FORMAT}-{kinds}.json"
    with contextlib.suppress(OSError, ValueError):
        return json.loads(path.read_text())
    made = make()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            json.dump(made, file)
        Path(file.name).rename(path)
    return made


def _read_models() -> dict[str, dict[str, Type]]:
    from kubernetes.client import models  # noqa: PLC0415 - the import that the cache is for

    found: dict[str, dict[str, Type]] = {}
    waiting = [model_of(resource) for resource in SERVED] + list(EXTRA_MODELS)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = {}
        for attribute, info in getattr(models, name).model_fields.items():
            kind = _type(info.annotation)
            found[name][info.serialization_alias or attribute] = kind
            inner = kind
            while isinstance(inner, list):
                inner = inner[1]
            if inner[0].isupper():
                waiting.append(inner)
    return found


def _type(annotation: Any) -> Type:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(arguments[0])
    if origin in (typing.Union, types.UnionType):
        kinds = {json.dumps(_type(each)) for each in arguments if each is not type(None)}
        if kinds == {'"integer"', '"string"'}:
            return "int-or-string"
        return json.loads(kinds.pop()) if len(kinds) == 1 else "any"
    if origin is list:
        return ["list", _type(arguments[0])]
    if origin is dict:
        return ["map", _type(arguments[1])]
    simple = {str: "string", bytes: "string", int: "integer", bool: "boolean", float: "number"}
    if annotation in simple:
        return simple[annotation]
    if getattr(annotation, "__module__", "") == "datetime":
        return "string"
    if hasattr(annotation, "model_fields"):
        return annotation.__name__
    return "any"
