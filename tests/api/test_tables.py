"""The columns of `kubectl get`, as a real cluster defines them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pocketkube.api.tables import table
from pocketkube.resources import (
    CONTROLLERREVISIONS,
    ENDPOINTS,
    ENDPOINTSLICES,
    EVENTS,
    JOBS,
    NODES,
    PODS,
    RESOURCEQUOTAS,
    SERVED,
    SERVICES,
    Resource,
)

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


LONG_AGO = "2020-01-01T00:00:00Z"
BALANCED = {"loadBalancer": {"ingress": [{"ip": "5.6.7.8"}, {"hostname": "a.example"}, {}]}}
JOB = {"template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}}
INVOLVED = {"kind": "Pod", "name": "p", "fieldPath": "spec.containers{c}"}


def conditions(*types: str) -> dict[str, Any]:
    return {"conditions": [{"type": each, "status": "True"} for each in types]}


def addresses(*last: int) -> list[dict[str, str]]:
    return [{"ip": f"10.0.0.{each}"} for each in last]


# (resource, object without its name, {column: cell})
CELLS: list[tuple[Resource, dict[str, Any], dict[str, Any]]] = [
    (SERVICES, {"spec": {"type": "LoadBalancer"}}, {"External-IP": "<pending>", "Cluster-IP": "<none>"}),
    (
        SERVICES,
        {"spec": {"type": "LoadBalancer", "externalIPs": ["1.2.3.4"]}, "status": BALANCED},
        {"External-IP": "5.6.7.8,a.example,1.2.3.4"},
    ),
    (
        SERVICES,
        {
            "spec": {
                "type": "NodePort",
                "externalIPs": ["1.2.3.4", "1.2.3.5"],
                "ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080}, {"port": 53, "protocol": "UDP"}],
            }
        },
        {"External-IP": "1.2.3.4,1.2.3.5", "Port(s)": "80:30080/TCP,53/UDP", "Selector": "<none>"},
    ),
    (
        SERVICES,
        {"spec": {"type": "ExternalName", "externalName": "a.example", "externalIPs": ["1.2.3.4"]}},
        {"External-IP": "a.example", "Port(s)": "<none>"},
    ),
    (ENDPOINTS, {}, {"Endpoints": "<none>"}),
    (ENDPOINTS, {"subsets": [{"notReadyAddresses": addresses(1), "ports": [{"port": 80}]}]}, {"Endpoints": ""}),
    (ENDPOINTS, {"subsets": [{"addresses": addresses(1, 2)}]}, {"Endpoints": "10.0.0.1,10.0.0.2"}),
    (
        ENDPOINTS,
        {"subsets": [{"addresses": addresses(1, 2), "ports": [{"port": 80}, {"port": 81}]}]},
        {"Endpoints": "10.0.0.1:80,10.0.0.2:80,10.0.0.1:81 + 1 more..."},
    ),
    (ENDPOINTSLICES, {"addressType": "IPv4"}, {"Ports": "<unset>", "Endpoints": "<unset>"}),
    (
        ENDPOINTSLICES,
        {"addressType": "IPv4", "ports": [{"name": "named"}, {}, {"port": 80}, {"port": 81}], "endpoints": []},
        {"Ports": "named,*,80 + 1 more...", "Endpoints": "<unset>"},
    ),
    (
        NODES,
        {"spec": {}, "status": conditions("Ready")},
        {"Status": "Ready", "Roles": "<none>", "OS-Image": "<unknown>"},
    ),
    (NODES, {"spec": {}, "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}, {"Status": "NotReady"}),
    (NODES, {"spec": {"unschedulable": True}}, {"Status": "Unknown,SchedulingDisabled"}),
    (
        NODES,
        {"spec": {}, "metadata": {"labels": {"node-role.kubernetes.io/b": "", "kubernetes.io/role": "a"}}},
        {"Roles": "a,b"},
    ),
    (JOBS, {"spec": {**JOB, "parallelism": 1}}, {"Completions": "0/1", "Status": "Running", "Duration": ""}),
    (JOBS, {"spec": {**JOB, "parallelism": 3}, "status": {"succeeded": 2}}, {"Completions": "2/1 of 3"}),
    (
        JOBS,
        {
            "spec": {**JOB, "completions": 2},
            "status": {
                "startTime": "2026-01-01T00:00:00Z",
                "completionTime": "2026-01-01T01:01:00Z",
                "succeeded": 2,
                **conditions("SuccessCriteriaMet", "Complete"),
            },
        },
        {"Completions": "2/2", "Status": "Complete", "Duration": "61m"},
    ),
    (JOBS, {"spec": JOB, "status": conditions("FailureTarget")}, {"Status": "FailureTarget"}),
    (JOBS, {"spec": JOB, "status": conditions("Suspended")}, {"Status": "Suspended"}),
    (JOBS, {"spec": JOB, "metadata": {"deletionTimestamp": LONG_AGO}}, {"Status": "Terminating"}),
    (
        EVENTS,
        {
            "involvedObject": INVOLVED,
            "count": 3,
            "source": {"component": "kubelet", "host": "node01"},
            "message": " m\n",
        },
        {
            "Last Seen": "<unknown>",
            "Object": "pod/p",
            "Subobject": "spec.containers{c}",
            "Source": "kubelet, node01",
            "Message": "m",
            "Count": 3,
        },
    ),
    (
        EVENTS,
        {
            "involvedObject": {"kind": "Pod"},
            "eventTime": LONG_AGO,
            "reportingComponent": "a",
            "reportingInstance": "b",
            "series": {"count": 7, "lastObservedTime": "2100-01-01T00:00:00Z"},
        },
        {"Last Seen": "<invalid>", "Object": "pod", "Source": "a, b", "Count": 7},
    ),
    (CONTROLLERREVISIONS, {"revision": 2}, {"Controller": "<none>", "Revision": "2"}),
    (
        RESOURCEQUOTAS,
        {"status": {"hard": {"pods": "4", "limits.cpu": "2", "cpu": "1"}, "used": {"pods": "1"}}},
        {"Request": "cpu: 0/1, pods: 1/4", "Limit": "limits.cpu: 0/2"},
    ),
]


@pytest.mark.parametrize(("resource", "given", "cells"), CELLS)
def test_cells(resource: Resource, given: dict[str, Any], cells: dict[str, Any]) -> None:
    named = {**given, "metadata": {"name": "x", "creationTimestamp": LONG_AGO, **given.get("metadata", {})}}
    made = table(resource, [named], {}, "None")
    shown = dict(zip((each["name"] for each in made["columnDefinitions"]), made["rows"][0]["cells"], strict=True))
    assert {column: shown[column] for column in cells} == cells


@pytest.mark.parametrize(("phase", "said"), [("Running", None), ("Succeeded", "Completed"), ("Failed", "Completed")])
def test_a_row_says_that_a_pod_has_ended(phase: str, said: str | None) -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": []}, "status": {"phase": phase}}
    (row,) = table(PODS, [pod], {}, "None")["rows"]
    assert [each["type"] for each in row.get("conditions", [])] == [said] * (said is not None)
