"""The columns of `kubectl get`, as a real cluster defines them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pocketkube.resources import SERVED

RECORDED = json.loads((Path(__file__).parent.parent / "recordings" / "tables.json").read_text())
Http = Callable[..., Any]
PLURALS = {(resource.group, resource.plural) for resource in SERVED}


def is_served(path: str) -> bool:
    parts = path.strip("/").split("/")
    return ("" if parts[0] == "api" else parts[1], parts[-1]) in PLURALS


@pytest.mark.parametrize("path", [path for path in RECORDED if is_served(path)])
def test_columns(http: Http, path: str) -> None:
    table = http("GET", path, accept="application/json;as=Table;v=v1;g=meta.k8s.io").body
    ours = [{key: each[key] for key in ("name", "type", "format", "priority")} for each in table["columnDefinitions"]]
    assert ours == RECORDED[path]["columns"]
    assert all(each["description"] for each in table["columnDefinitions"])
