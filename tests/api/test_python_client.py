"""The official Python client against a real pocketkube: patches, watches, exec."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import websocket
from kubernetes import client, watch
from kubernetes.client import ApiException
from kubernetes.stream import stream

CONFIG_MAP = {"metadata": {"name": "settings", "labels": {"tier": "web"}}, "data": {"a": "1"}}
Http = Callable[..., Any]


@pytest.mark.parametrize(
    ("content_type", "patch", "data"),
    [
        pytest.param(
            "application/json-patch+json",
            [{"op": "add", "path": "/data/b", "value": "2"}],
            {"a": "1", "b": "2"},
            id="json",
        ),
        pytest.param("application/merge-patch+json", {"data": {"a": None, "b": "2"}}, {"b": "2"}, id="merge"),
        pytest.param(
            "application/strategic-merge-patch+json", {"data": {"b": "2"}}, {"a": "1", "b": "2"}, id="strategic"
        ),
        pytest.param(
            "application/apply-patch+yaml",
            {"apiVersion": "v1", "kind": "ConfigMap", "data": {"b": "2"}},
            {"a": "1", "b": "2"},
            id="apply",
        ),
    ],
)
def test_patch_types(http: Http, namespace: str, content_type: str, patch: Any, data: dict[str, str]) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    http("POST", path, CONFIG_MAP)
    patched = http("PATCH", f"{path}/settings?fieldManager=test", patch, content_type=content_type)
    assert patched.status == 200, patched.text
    assert patched.body["data"] == data


def test_strategic_merge_merges_containers_by_name(http: Http, namespace: str) -> None:
    containers = [{"name": "a", "image": "nginx:1.29"}, {"name": "b", "image": "busybox:1.36"}]
    spec = {
        "replicas": 0,
        "selector": {"matchLabels": {"app": "x"}},
        "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": containers}},
    }
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    http("POST", path, {"metadata": {"name": "x"}, "spec": spec})
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "b", "image": "busybox:1.37"}]}}}}
    patched = http("PATCH", f"{path}/x", patch, content_type="application/strategic-merge-patch+json")
    images = [each["image"] for each in patched.body["spec"]["template"]["spec"]["containers"]]
    assert images == ["nginx:1.29", "busybox:1.37"]


def test_watch_resumes_where_it_was(core: client.CoreV1Api, namespace: str) -> None:
    core.create_namespaced_config_map(namespace, CONFIG_MAP)
    revision = core.list_namespaced_config_map(namespace).metadata.resource_version
    core.patch_namespaced_config_map("settings", namespace, {"data": {"a": "2"}})
    core.delete_namespaced_config_map("settings", namespace)
    events = watch.Watch().stream(
        core.list_namespaced_config_map, namespace, resource_version=revision, timeout_seconds=1
    )
    assert [event["type"] for event in events] == ["MODIFIED", "DELETED"]


def test_watch_sees_what_leaves_its_selector(core: client.CoreV1Api, namespace: str) -> None:
    core.create_namespaced_config_map(namespace, CONFIG_MAP)
    revision = core.list_namespaced_config_map(namespace).metadata.resource_version
    core.patch_namespaced_config_map("settings", namespace, {"metadata": {"labels": {"tier": "db"}}})
    core.patch_namespaced_config_map("settings", namespace, {"metadata": {"labels": {"tier": "web"}}})
    events = watch.Watch().stream(
        core.list_namespaced_config_map,
        namespace,
        label_selector="tier=web",
        resource_version=revision,
        timeout_seconds=1,
    )
    assert [event["type"] for event in events] == ["DELETED", "ADDED"]


def test_watch_begins_with_what_exists_and_a_bookmark(http: Http, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    http("POST", path, CONFIG_MAP)
    query = (
        "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1"
    )
    events = [json.loads(line) for line in http("GET", f"{path}?{query}").text.splitlines()]
    assert {event["type"] for event in events[:-1]} == {"ADDED"}
    assert events[-1]["type"] == "BOOKMARK"
    assert events[-1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_watch_from_long_ago_is_gone(core: client.CoreV1Api, namespace: str) -> None:
    core.create_namespaced_config_map(namespace, CONFIG_MAP)
    for number in range(4200):  # more than the history holds
        core.patch_namespaced_config_map("settings", namespace, {"data": {"a": str(number)}})
    with pytest.raises(ApiException) as gone:
        list(watch.Watch().stream(core.list_namespaced_config_map, namespace, resource_version="2", timeout_seconds=1))
    assert gone.value.status == 410


def test_list_in_chunks(core: client.CoreV1Api, namespace: str) -> None:
    for number in range(5):
        core.create_namespaced_config_map(namespace, {"metadata": {"name": f"c{number}"}})
    names: list[str] = []
    token = None
    while True:
        page = core.list_namespaced_config_map(namespace, limit=2, _continue=token)
        names += [each.metadata.name for each in page.items]
        token = page.metadata._continue
        if not token:
            break
    assert [name for name in names if name.startswith("c")] == [f"c{number}" for number in range(5)]


def test_stale_update_is_a_conflict(core: client.CoreV1Api, namespace: str) -> None:
    old = core.create_namespaced_config_map(namespace, CONFIG_MAP)
    core.patch_namespaced_config_map("settings", namespace, {"data": {"a": "2"}})
    with pytest.raises(ApiException) as refused:
        core.replace_namespaced_config_map("settings", namespace, old)
    assert refused.value.status == 409


def test_exec(core: client.CoreV1Api, demo: str) -> None:
    command = ["sh", "-c", "echo out; echo err >&2"]
    printed = stream(
        core.connect_get_namespaced_pod_exec, "tiny-tools", demo, command=command, stdout=True, stderr=True
    )
    assert sorted(printed.split()) == ["err", "out"]


@pytest.mark.parametrize(
    ("pod", "program", "says"),
    [
        ("waits", "true", 'container not found ("c")'),
        ("tiny-tools", "nosuch", "OCI runtime exec failed: exec failed"),
    ],
)
def test_exec_of_what_cannot_be_run(core: client.CoreV1Api, own_demo: str, pod: str, program: str, says: str) -> None:
    """The Status says why, where this client looks for a number."""
    container = {"name": "c", "image": "no.such/image:1"}
    core.create_namespaced_pod(own_demo, {"metadata": {"name": "waits"}, "spec": {"containers": [container]}})
    connect = core.connect_get_namespaced_pod_exec
    connection = stream(connect, pod, own_demo, command=[program], stdout=True, _preload_content=False)
    connection.run_forever(timeout=5)
    with pytest.raises(ValueError, match=re.escape(says)):
        _ = connection.returncode


def test_exec_by_v4_where_no_container_runs(core: client.CoreV1Api, namespace: str) -> None:
    """There the kubelet refuses it before there are channels."""
    container = {"name": "c", "image": "no.such/image:1"}
    core.create_namespaced_pod(namespace, {"metadata": {"name": "waits"}, "spec": {"containers": [container]}})
    settings = core.api_client.configuration
    place = (
        f"{settings.host.replace('https', 'wss')}/api/v1/namespaces/{namespace}/pods/waits/exec?command=true&stdout=1"
    )
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(
            place,
            subprotocols=["v4.channel.k8s.io"],
            header={"Authorization": settings.get_api_key_with_prefix("BearerToken", "authorization")},
            sslopt={"ca_certs": settings.ssl_ca_cert},
        )
    assert refused.value.status_code == 500
    assert b'container not found (\\"c\\")' in refused.value.resp_body
