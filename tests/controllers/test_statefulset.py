"""StatefulSets: names that stay, in order, behind a headless Service."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Kubectl

WEB = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: None, selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  serviceName: web
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: c, image: "busybox:1.36", command: [sleep, infinity]}]
"""


@pytest.fixture
def web(kubectl: Kubectl, namespace: str) -> str:
    kubectl("apply", "-f", "-", namespace=namespace, stdin=WEB)
    kubectl("rollout", "status", "sts/web", "--timeout=60s", namespace=namespace)
    return namespace


def pods(kubectl: Kubectl, namespace: str) -> list[str]:
    path = "jsonpath={.items[*].metadata.name}"
    order = "--sort-by=.metadata.creationTimestamp"
    return kubectl("get", "pods", "-o", path, order, namespace=namespace).stdout.split()


def test_pods_have_ordinal_names_and_stable_hosts(kubectl: Kubectl, web: str) -> None:
    assert pods(kubectl, web) == ["web-0", "web-1"]
    for name in ("web-0", "web-1"):
        full = f"{name}.web.{web}.svc.cluster.local"
        host = kubectl("exec", name, "--", "hostname", "-f", namespace=web).stdout.strip()
        assert host == full
        address = kubectl("get", "pod", name, "-o", "jsonpath={.status.podIP}", namespace=web).stdout
        found = kubectl("exec", "web-0", "--", "nslookup", f"{full}.", namespace=web).stdout
        assert address in found.split("\n\n", 1)[1]


def test_a_replaced_pod_keeps_its_name_and_changes_its_address(kubectl: Kubectl, web: str) -> None:
    path = "jsonpath={.metadata.uid} {.status.podIP}"
    before = kubectl("get", "pod", "web-0", "-o", path, namespace=web).stdout.split()
    kubectl("delete", "pod", "web-0", namespace=web)
    kubectl("wait", "--for=create", "pod/web-0", "--timeout=60s", namespace=web)
    kubectl("wait", "--for=condition=Ready", "pod/web-0", "--timeout=60s", namespace=web)
    after = kubectl("get", "pod", "web-0", "-o", path, namespace=web).stdout.split()
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_scaling_adds_at_the_end_and_takes_from_there(kubectl: Kubectl, web: str) -> None:
    kubectl("scale", "sts/web", "--replicas=3", namespace=web)
    kubectl("rollout", "status", "sts/web", "--timeout=60s", namespace=web)
    assert set(pods(kubectl, web)) == {"web-0", "web-1", "web-2"}
    kubectl("scale", "sts/web", "--replicas=1", namespace=web)
    kubectl("wait", "--for=delete", "pod/web-1", "--timeout=60s", namespace=web)
    assert pods(kubectl, web) == ["web-0"]


def test_the_next_waits_until_this_one_is_ready(kubectl: Kubectl, namespace: str) -> None:
    never = WEB.replace(
        "command: [sleep, infinity]", "command: [sleep, infinity], readinessProbe: {exec: {command: ['false']}}"
    )
    kubectl("apply", "-f", "-", namespace=namespace, stdin=never)
    kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod/web-0", "--timeout=60s", namespace=namespace)
    kubectl("wait", "--for=jsonpath={.status.replicas}=1", "sts/web", "--timeout=60s", namespace=namespace)
    assert pods(kubectl, namespace) == ["web-0"]


def test_a_rolling_update_replaces_every_pod(kubectl: Kubectl, web: str) -> None:
    kubectl("set", "env", "sts/web", "COLOUR=blue", namespace=web)
    kubectl("rollout", "status", "sts/web", "--timeout=60s", namespace=web)
    shown = json.loads(kubectl("get", "pods", "-o", "json", namespace=web).stdout)["items"]
    colours = [each["spec"]["containers"][0]["env"][0]["value"] for each in shown]
    assert colours == ["blue", "blue"]


def test_what_may_not_change_is_refused(kubectl: Kubectl, web: str) -> None:
    patch = '{"spec":{"serviceName":"other"}}'
    done = kubectl("patch", "sts/web", "--type=merge", "-p", patch, namespace=web, fails=True)
    assert "spec: Forbidden: updates to statefulset spec for fields other than 'replicas'" in done.stderr


def patch(kubectl: Kubectl, namespace: str, **spec: Any) -> None:
    kubectl("patch", "sts/web", "--type=merge", "-p", json.dumps({"spec": spec}), namespace=namespace)


def colours(kubectl: Kubectl, namespace: str) -> dict[str, str]:
    """{Pod: value of the variable COLOUR in its template, or ""}"""
    found = json.loads(kubectl("get", "pods", "-o", "json", namespace=namespace).stdout)["items"]
    return {
        each["metadata"]["name"]: next((v["value"] for v in each["spec"]["containers"][0].get("env", ())), "")
        for each in found
    }


def test_below_the_partition_nothing_changes(kubectl: Kubectl, web: str) -> None:
    patch(kubectl, web, updateStrategy={"rollingUpdate": {"partition": 1}})
    kubectl("set", "env", "sts/web", "COLOUR=blue", namespace=web)
    kubectl("rollout", "status", "sts/web", "--timeout=60s", namespace=web)
    assert colours(kubectl, web) == {"web-0": "", "web-1": "blue"}
    status = json.loads(kubectl("get", "sts/web", "-o", "json", namespace=web).stdout)["status"]
    assert status["currentRevision"] != status["updateRevision"]
    kubectl("delete", "pod", "web-0", namespace=web)
    kubectl("wait", "--for=create", "pod/web-0", "--timeout=60s", namespace=web)
    kubectl("wait", "--for=condition=Ready", "pod/web-0", "--timeout=60s", namespace=web)
    assert colours(kubectl, web) == {"web-0": "", "web-1": "blue"}


def test_back_to_the_revision_before(kubectl: Kubectl, web: str) -> None:
    kubectl("set", "env", "sts/web", "COLOUR=blue", namespace=web)
    kubectl("rollout", "status", "sts/web", "--timeout=60s", namespace=web)
    assert "1\n2\n" in kubectl("rollout", "history", "sts/web", namespace=web).stdout.replace(" ", "").replace(
        "<none>", ""
    )
    kubectl("rollout", "undo", "sts/web", namespace=web)
    kubectl("rollout", "status", "sts/web", "--timeout=60s", namespace=web)
    assert set(colours(kubectl, web).values()) == {""}
    revisions = kubectl("get", "controllerrevisions", "--no-headers", namespace=web).stdout.splitlines()
    assert sorted(line.split()[1:3] for line in revisions) == [
        ["statefulset.apps/web", "2"],
        ["statefulset.apps/web", "3"],
    ]


def test_on_delete_waits_for_the_deletion(kubectl: Kubectl, web: str) -> None:
    patch(kubectl, web, updateStrategy={"type": "OnDelete", "rollingUpdate": None})
    kubectl("set", "env", "sts/web", "COLOUR=blue", namespace=web)
    kubectl("wait", "--for=jsonpath={.status.observedGeneration}=3", "sts/web", "--timeout=60s", namespace=web)
    kubectl("delete", "pod", "web-1", namespace=web)
    kubectl("wait", "--for=jsonpath={.status.updatedReplicas}=1", "sts/web", "--timeout=60s", namespace=web)
    assert colours(kubectl, web)["web-0"] == ""
    kubectl("delete", "pod", "web-0", namespace=web)
    kubectl("wait", "--for=jsonpath={.status.updatedReplicas}=2", "sts/web", "--timeout=60s", namespace=web)
    kubectl("wait", "--for=jsonpath={.status.readyReplicas}=2", "sts/web", "--timeout=60s", namespace=web)
    status = json.loads(kubectl("get", "sts/web", "-o", "json", namespace=web).stdout)["status"]
    assert status["currentRevision"] != status["updateRevision"]


def test_the_partition_counts_from_the_first_ordinal(kubectl: Kubectl, namespace: str) -> None:
    kubectl(
        "apply",
        "-f",
        "-",
        namespace=namespace,
        stdin=WEB.replace("  replicas: 2", "  replicas: 2\n  ordinals: {start: 5}"),
    )
    kubectl("rollout", "status", "sts/web", "--timeout=60s", namespace=namespace)
    patch(kubectl, namespace, updateStrategy={"rollingUpdate": {"partition": 1}})
    kubectl("set", "env", "sts/web", "COLOUR=blue", namespace=namespace)
    kubectl("rollout", "status", "sts/web", "--timeout=60s", namespace=namespace)
    assert colours(kubectl, namespace) == {"web-5": "", "web-6": "blue"}


CLAIMS = """
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
"""


def test_what_a_pod_claims_stays_with_its_ordinal(kubectl: Kubectl, namespace: str) -> None:
    mounts = "volumeMounts: [{name: data, mountPath: /data}], command: ["
    kubectl("apply", "-f", "-", namespace=namespace, stdin=WEB.rstrip().replace("command: [", mounts) + CLAIMS)
    kubectl("rollout", "status", "sts/web", "--timeout=60s", namespace=namespace)
    path = "jsonpath={.spec.volumes[?(@.name=='data')].persistentVolumeClaim.claimName}"
    assert kubectl("get", "pod", "web-1", "-o", path, namespace=namespace).stdout == "data-web-1"
    kubectl("exec", "web-1", "--", "sh", "-c", "echo mine > /data/x", namespace=namespace)
    kubectl("delete", "pod", "web-1", namespace=namespace)
    kubectl("wait", "--for=create", "pod/web-1", "--timeout=60s", namespace=namespace)
    kubectl("wait", "--for=condition=Ready", "pod/web-1", "--timeout=60s", namespace=namespace)
    assert kubectl("exec", "web-1", "--", "cat", "/data/x", namespace=namespace).stdout == "mine\n"
    assert kubectl("exec", "web-0", "--", "ls", "/data", namespace=namespace).stdout == ""


def test_in_parallel_nobody_waits(kubectl: Kubectl, namespace: str) -> None:
    probe = "readinessProbe: {exec: {command: ['false']}}"
    manifest = WEB.replace("  replicas: 2", "  replicas: 3\n  podManagementPolicy: Parallel\n  ordinals: {start: 5}")
    kubectl("apply", "-f", "-", namespace=namespace, stdin=manifest.replace("command: [", f"{probe}, command: [", 1))
    kubectl("wait", "--for=jsonpath={.status.replicas}=3", "sts/web", "--timeout=60s", namespace=namespace)
    assert sorted(pods(kubectl, namespace)) == ["web-5", "web-6", "web-7"]


def test_a_pod_that_ends_is_made_anew(kubectl: Kubectl, web: str) -> None:
    ended = {"status": {"phase": "Failed"}}
    kubectl("patch", "pod", "web-0", "--subresource=status", "--type=merge", "-p", json.dumps(ended), namespace=web)
    kubectl("rollout", "status", "sts/web", "--timeout=60s", namespace=web)
    told = kubectl("get", "events", "-o", "jsonpath={.items[*].reason}", namespace=web).stdout
    assert "SuccessfulDelete" in told


def test_orphans_are_taken_over(kubectl: Kubectl, web: str) -> None:
    before = sorted(pods(kubectl, web))
    kubectl("delete", "sts", "web", "--cascade=orphan", namespace=web)
    kubectl("apply", "-f", "-", namespace=web, stdin=WEB)
    kubectl("rollout", "status", "sts/web", "--timeout=60s", namespace=web)
    assert sorted(pods(kubectl, web)) == before
    revisions = json.loads(kubectl("get", "controllerrevisions", "-o", "json", namespace=web).stdout)["items"]
    assert [each["metadata"]["ownerReferences"][0]["name"] for each in revisions] == ["web"]
