"""StatefulSets: names that stay, in order, behind a headless Service."""

from __future__ import annotations

import json
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

Kubectl = Callable[..., CompletedProcess[str]]

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
    kubectl("rollout", "status", "sts/web", "--timeout=10s", namespace=namespace)
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
    kubectl("wait", "--for=create", "pod/web-0", "--timeout=5s", namespace=web)
    kubectl("wait", "--for=condition=Ready", "pod/web-0", "--timeout=10s", namespace=web)
    after = kubectl("get", "pod", "web-0", "-o", path, namespace=web).stdout.split()
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_scaling_adds_at_the_end_and_takes_from_there(kubectl: Kubectl, web: str) -> None:
    kubectl("scale", "sts/web", "--replicas=3", namespace=web)
    kubectl("rollout", "status", "sts/web", "--timeout=10s", namespace=web)
    assert set(pods(kubectl, web)) == {"web-0", "web-1", "web-2"}
    kubectl("scale", "sts/web", "--replicas=1", namespace=web)
    kubectl("wait", "--for=delete", "pod/web-1", "--timeout=10s", namespace=web)
    assert pods(kubectl, web) == ["web-0"]


def test_the_next_waits_until_this_one_is_ready(kubectl: Kubectl, namespace: str) -> None:
    never = WEB.replace(
        "command: [sleep, infinity]", "command: [sleep, infinity], readinessProbe: {exec: {command: ['false']}}"
    )
    kubectl("apply", "-f", "-", namespace=namespace, stdin=never)
    kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod/web-0", "--timeout=10s", namespace=namespace)
    kubectl("wait", "--for=jsonpath={.status.replicas}=1", "sts/web", "--timeout=5s", namespace=namespace)
    assert pods(kubectl, namespace) == ["web-0"]


def test_a_rolling_update_replaces_every_pod(kubectl: Kubectl, web: str) -> None:
    kubectl("set", "env", "sts/web", "COLOUR=blue", namespace=web)
    kubectl("rollout", "status", "sts/web", "--timeout=15s", namespace=web)
    shown = json.loads(kubectl("get", "pods", "-o", "json", namespace=web).stdout)["items"]
    colours = [each["spec"]["containers"][0]["env"][0]["value"] for each in shown]
    assert colours == ["blue", "blue"]


def test_what_may_not_change_is_refused(kubectl: Kubectl, web: str) -> None:
    patch = '{"spec":{"serviceName":"other"}}'
    done = kubectl("patch", "sts/web", "--type=merge", "-p", patch, namespace=web, fails=True)
    assert "spec: Forbidden: updates to statefulset spec for fields other than 'replicas'" in done.stderr
