"""The object of a node goes, and everything else goes on."""

from __future__ import annotations

from pathlib import Path

from kubernetes import client, config, watch

from pocketkube import cluster as pocket

SPEC = {"containers": [{"name": "c", "image": "busybox:1.36", "command": ["sleep", "infinity"]}]}


def is_running(pod: client.V1Pod) -> bool:
    return bool(pod.status.phase == "Running")


def test_a_pod_bound_to_it_is_nobody_elses_end(tmp_path: Path) -> None:
    directory = tmp_path / "cluster"
    directory.mkdir(mode=0o700)
    with pocket.start(directory) as running, config.new_client_from_config(str(running.kubeconfig)) as api:
        core = client.CoreV1Api(api)
        gone, *_, other = sorted(node.metadata.name for node in core.list_node().items)
        core.delete_node(gone)
        core.create_namespaced_pod("default", {"metadata": {"name": "lost"}, "spec": {**SPEC, "nodeName": gone}})
        core.create_namespaced_pod("default", {"metadata": {"name": "runs"}, "spec": {**SPEC, "nodeName": other}})
        events = watch.Watch().stream(core.list_namespaced_pod, "default", timeout_seconds=20)
        assert any(each["object"].metadata.name == "runs" and is_running(each["object"]) for each in events)
        assert core.read_namespaced_pod("lost", "default").status.phase == "Pending"
        assert running.alive()
