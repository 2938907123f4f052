"""What the lab gives, the starter and the solution are valid for each Kubernetes minor that the lab is for.

The schemas are of https://pypi.org/project/kubernetes-validate/: an optional extra, since they are 72 MB.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from graders.course.complete.lab_files import LabFiles
from graders.course.defect import Defect
from graders.submission import Document

PACKAGE = "kubernetes_validate"
PARTS = ("manifests", "starter", "solution")


def not_run() -> str:
    """Why the manifests are not compared with Kubernetes' schemas here, and the remedy; "" where they are."""
    if importlib.util.find_spec(PACKAGE):
        return ""
    what = "Manifests were not compared with Kubernetes' schemas: kubernetes-validate is not installed."
    return f"{what} Install it: make .venv/validate"


def defects(files: LabFiles) -> Iterator[Defect]:
    """Each problem once, with all the minors that have it. None where the schemas are not installed."""
    if not_run():
        return
    for part in PARTS:
        for document in files.objects.get(part, ()):
            yield from _compared(document, files.lab.minors, whole=part != "starter")


def _compared(document: Document, minors: range, *, whole: bool) -> Iterator[Defect]:
    having: dict[tuple[int, str], list[int]] = defaultdict(list)
    for minor in minors:
        for problem in _problems(document, minor, whole=whole):
            having[problem].append(minor)
    for (line, what), those in having.items():
        yield Defect(Path(document.file), line, f"{what} ({_versions(those)}). Mend it.")


def _problems(document: Document, minor: int, *, whole: bool) -> Iterator[tuple[int, str]]:
    """(line, what is wrong). `whole`: no field may be missing; in a starter it may be the student who writes it."""
    kind, version = str(document.content["kind"]), str(document.content.get("apiVersion", ""))
    validator = _validator(minor, kind, version)
    if validator is None:
        yield _line(document, "apiVersion"), f"there is no {kind} in `apiVersion: {version}`"
        return
    for error in validator.iter_errors(document.content):
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            for name in sorted(error.instance.keys() - error.schema.get("properties", {}).keys()):
                yield _line(document, *path, name), f"`{_dotted(*path, name)}` is no field of a {kind}"
        elif whole or error.validator != "required":
            yield _line(document, *path), f"`{_dotted(*path)}`: {error.message}"


@cache
def _validator(minor: int, kind: str, api_version: str) -> Any:
    """None where that minor serves no such kind. Schemas are called SERVICE-v1, DEPLOYMENT-apps-v1, in lower case."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - both come with the optional extra
    from referencing import Resource  # noqa: PLC0415

    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    path = _schemas(minor) / f"{kind.lower()}-{group}.json"
    if not path.is_file():
        return None
    schema = json.loads(path.read_text())
    return Draft202012Validator(schema, registry=Resource.from_contents(schema) @ _definitions(minor))


@cache
def _definitions(minor: int) -> Any:
    """What the schemas of a minor refer to, read once."""
    from referencing import Registry, Resource  # noqa: PLC0415

    return Resource.from_contents(json.loads((_schemas(minor) / "_definitions.json").read_text())) @ Registry()


def _schemas(minor: int) -> Any:
    return resources.files(PACKAGE) / "kubernetes-json-schema" / f"v1.{minor}.0-local-strict"


def _line(document: Document, *path: str | int) -> int:
    return int(document.at(*path).rpartition(":")[2])


def _dotted(*path: str | int) -> str:
    return re.sub(r"\.\[", "[", ".".join(f"[{each}]" if isinstance(each, int) else each for each in path)) or "it"


def _versions(minors: list[int]) -> str:
    return f"Kubernetes 1.{minors[0]} - 1.{minors[-1]}" if len(minors) > 1 else f"Kubernetes 1.{minors[0]}"
