"""What a real Kubernetes 1.36 answered, asked of pocketkube: errors, defaults, allocations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent.parent / "recordings"
ERRORS = json.loads((DATA / "errors.json").read_text())
DEFAULTS = json.loads((DATA / "create-defaults.json").read_text())
Http = Callable[..., Any]

# What differs from one cluster to the next: (pattern of the path, what every value of it looks like).
VARIES = [
    (r"metadata\.uid|.*(matchLabels|labels)\.(batch\.kubernetes\.io/)?controller-uid", r"[0-9a-f-]{36}"),
    (r"metadata\.(resourceVersion)", r"\d+"),
    (r"metadata\.(creationTimestamp|managedFields\[\d+\]\.time)", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    (r"spec\.clusterIPs?(\[0\])?", r"10\.96\.\d+\.\d+"),
    (r"spec\.ports\[\d+\]\.nodePort", r"3[0-2]\d{3}"),
    (r"spec\.(volumes\[\d+\]|containers\[\d+\]\.volumeMounts\[\d+\])\.name", r"kube-api-access-[a-z0-9]{5}"),
]


def flat(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict) and value:
        return {key: each for name, inner in value.items() for key, each in flat(inner, f"{path}.{name}").items()}
    if isinstance(value, list) and value:
        return {key: each for n, inner in enumerate(value) for key, each in flat(inner, f"{path}[{n}]").items()}
    return {path.removeprefix("."): value}


def alike(path: str, real: Any, ours: Any) -> bool:
    if real == ours:
        return True
    return any(
        re.fullmatch(where, path) and re.fullmatch(looks, str(real)) and re.fullmatch(looks, str(ours))
        for where, looks in VARIES
    )


def without_foreign_volume(created: Any) -> Any:
    """That cluster added the certificate of another product to every Pod."""
    for volume in created["spec"].get("volumes") or () if "spec" in created else ():
        sources = volume.get("projected", {}).get("sources", [])
        sources[:] = [each for each in sources if each.get("configMap", {}).get("name") != "openshift-service-ca.crt"]
    return created


# What is said of a Pod that cannot change so: see test_pod_update.py. The Pod of the recording is not here.
@pytest.mark.parametrize("name", sorted(ERRORS.keys() - {"pod-immutable"}))
def test_error(http: Http, name: str) -> None:
    method, path, *rest = ERRORS[name]["request"]
    body = rest[0] if rest else None
    options = rest[1] if len(rest) > 1 else {}
    if isinstance(body, dict) and set(body) <= {"accept", "ctype"}:
        body, options = None, body
    raw = body[2:-1].encode() if isinstance(body, str) else body
    if name in ("conflict", "unsupported-media"):
        existing = {"metadata": {"name": "demo-headless-svc"}, "spec": {"clusterIP": "None", "ports": [{"port": 80}]}}
        http("POST", "/api/v1/namespaces/default/services", existing)
    found = http(
        method,
        path,
        raw,
        content_type=options.get("ctype", "application/json"),
        accept=options.get("accept", "application/json"),
    )
    real = ERRORS[name]["response"]
    revision = re.compile(r"current: \d+")
    assert found.status == real["status"]
    assert revision.sub("", json.dumps(found.body)) == revision.sub("", json.dumps(real["body"]))


@pytest.mark.parametrize("name", DEFAULTS)
def test_create(http: Http, namespace: str, name: str) -> None:
    request, response = DEFAULTS[name]["request"], DEFAULTS[name]["response"]
    path = request["path"].replace("namespaces/default", f"namespaces/{namespace}")
    made = http("POST", f"{path}?dryRun=All", request["body"])
    assert made.status == response["status"], made.text
    real, ours = flat(without_foreign_volume(response["body"])), flat(made.body)
    if real.get("metadata.namespace"):
        real["metadata.namespace"] = namespace
    differ = {
        path: (real.get(path, "absent"), ours.get(path, "absent"))
        for path in real.keys() | ours.keys()
        if not alike(path, real.get(path, "absent"), ours.get(path, "absent"))
    }
    assert differ == {}


def test_nobody_gets_in_without_the_token(http: Http) -> None:
    answer = http("GET", "/api/v1/namespaces", token="wrong")
    assert (answer.status, answer.body["reason"]) == (401, "Unauthorized")
