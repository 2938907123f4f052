"""Events by the names of events.k8s.io/v1: the same objects as those of the core group."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.conftest import Kubectl

Http = Callable[..., Any]
MERGE = "application/merge-patch+json"


def event(namespace: str, name: str) -> Any:
    return {
        "metadata": {"name": name},
        "regarding": {"kind": "Pod", "name": "web", "namespace": namespace},
        "note": "It is well",
        "reason": "Seen",
        "action": "Seeing",
        "type": "Normal",
        "eventTime": "2026-01-02T03:04:05.000006Z",
        "reportingController": "a.example/looker",
        "reportingInstance": "looker-0",
    }


def test_one_event_by_both_names(http: Http, namespace: str) -> None:
    new, core = (f"/{base}/v1/namespaces/{namespace}/events" for base in ("apis/events.k8s.io", "api"))
    made = http("POST", f"{new}?fieldValidation=Strict", event(namespace, "a")).body
    assert (made["kind"], made["apiVersion"], made["note"]) == ("Event", "events.k8s.io/v1", "It is well")
    stored = http("GET", f"{core}/a").body
    found = (stored["apiVersion"], stored["involvedObject"]["name"], stored["message"], stored["reportingComponent"])
    assert found == ("v1", "web", "It is well", "a.example/looker")
    patched = http("PATCH", f"{new}/a", {"note": "It is not"}, content_type=MERGE).body
    assert (patched["note"], http("GET", f"{core}/a").body["message"]) == ("It is not", "It is not")
    chosen = http("GET", f"{new}?fieldSelector=regarding.name=web,reason=Seen").body
    assert (chosen["apiVersion"], [each["note"] for each in chosen["items"]]) == ("events.k8s.io/v1", ["It is not"])
    lines = http("GET", f"{new}?watch=true&timeoutSeconds=1").text.splitlines()
    assert json.loads(lines[0])["object"]["apiVersion"] == "events.k8s.io/v1"
    assert http("DELETE", f"{new}/a").body["details"]["group"] == "events.k8s.io"
    assert http("GET", f"{core}/a").status == 404


def test_kubectl_prints_both_alike(kubectl: Kubectl, http: Http, namespace: str) -> None:
    http("POST", f"/apis/events.k8s.io/v1/namespaces/{namespace}/events", event(namespace, "a"))
    printed = [kubectl("get", each, namespace=namespace).stdout for each in ("events", "events.events.k8s.io")]
    assert [line.split()[1:] for line in printed[0].splitlines()] == [
        ["SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"],
        ["Normal", "Seen", "pod/web", "It", "is", "well"],
    ]
    assert [line.split()[1:] for line in printed[1].splitlines()] == [
        line.split()[1:] for line in printed[0].splitlines()
    ]
    assert "FIELD: note <string>" in kubectl("explain", "event.note", "--api-version=events.k8s.io/v1").stdout
