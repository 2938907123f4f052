"""Deployments, ReplicaSets, scheduling, garbage collection and namespaces, with real kubectl and real Pods."""

from __future__ import annotations

import json
import re

import pytest

from tests.conftest import Kubectl
from tests.controllers.objects import create, events, template

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  replicas: 3
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: c, image: "busybox:1.36", command: [sleep, infinity]}]
"""


@pytest.fixture
def deployed(kubectl: Kubectl, namespace: str) -> str:
    kubectl("apply", "-f", "-", namespace=namespace, stdin=DEPLOYMENT)
    kubectl("rollout", "status", "deploy/d", "--timeout=60s", namespace=namespace)
    return namespace


def names(kubectl: Kubectl, namespace: str, *what: str) -> set[str]:
    return set(kubectl("get", *what, "-o", "name", namespace=namespace).stdout.split())


def test_pods_spread_over_the_nodes(kubectl: Kubectl, deployed: str) -> None:
    nodes = kubectl("get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}", namespace=deployed).stdout.split()
    assert set(nodes) == {"node01", "node02"}


def test_a_deleted_pod_is_replaced(kubectl: Kubectl, deployed: str) -> None:
    before = names(kubectl, deployed, "pods")
    victim = sorted(before)[0]
    kubectl("delete", victim, namespace=deployed)
    kubectl("rollout", "status", "deploy/d", "--timeout=60s", namespace=deployed)
    after = names(kubectl, deployed, "pods")
    assert len(after) == 3
    assert before - after == {victim}


def test_rolling_update_and_undo(kubectl: Kubectl, deployed: str) -> None:
    first = names(kubectl, deployed, "rs")
    kubectl("set", "env", "deploy/d", "COLOUR=blue", namespace=deployed)
    kubectl("rollout", "status", "deploy/d", "--timeout=60s", namespace=deployed)
    sets = json.loads(kubectl("get", "rs", "-o", "json", namespace=deployed).stdout)["items"]
    assert sorted(each["spec"]["replicas"] for each in sets) == [0, 3]
    kubectl("rollout", "undo", "deploy/d", namespace=deployed)
    kubectl("rollout", "status", "deploy/d", "--timeout=60s", namespace=deployed)
    assert len(names(kubectl, deployed, "rs")) == 2
    (old,) = first
    assert kubectl("get", old, "-o", "jsonpath={.spec.replicas}", namespace=deployed).stdout == "3"


def test_a_taint_that_nothing_tolerates_is_explained(kubectl: Kubectl, namespace: str) -> None:
    pod = (
        "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeSelector: {disk: ssd}, "
        "containers: [{name: c, image: 'busybox:1.36', command: [sleep, infinity]}]}}"
    )
    kubectl("apply", "-f", "-", namespace=namespace, stdin=pod)
    kubectl("wait", "--for=condition=PodScheduled=false", "pod/p", "--timeout=60s", namespace=namespace)
    path = "jsonpath={.status.conditions[0].message}"
    message = kubectl("get", "pod", "p", "-o", path, namespace=namespace).stdout
    assert message.startswith("0/3 nodes are available: ")
    assert "2 node(s) didn't match Pod's node affinity/selector" in message


@pytest.mark.parametrize("policy", ["background", "foreground"])
def test_deleting_a_deployment_deletes_what_it_made(kubectl: Kubectl, deployed: str, policy: str) -> None:
    kubectl("delete", "deploy/d", f"--cascade={policy}", namespace=deployed)
    kubectl("wait", "--for=delete", "rs,pod", "--all", "--timeout=60s", namespace=deployed)
    assert not names(kubectl, deployed, "rs,pod")


def test_orphans_stay(kubectl: Kubectl, deployed: str) -> None:
    kubectl("delete", "deploy/d", "--cascade=orphan", namespace=deployed)
    (orphan,) = names(kubectl, deployed, "rs")
    assert kubectl("get", orphan, "-o", "jsonpath={.metadata.ownerReferences}", namespace=deployed).stdout in ("", "[]")
    assert len(names(kubectl, deployed, "pods")) == 3


def test_a_namespace_ends_with_everything_in_it(kubectl: Kubectl, deployed: str) -> None:
    kubectl("delete", "namespace", deployed, "--timeout=60s")
    gone = kubectl("get", "namespace", deployed, fails=True)
    assert gone.stderr == f'Error from server (NotFound): namespaces "{deployed}" not found\n'
    kubectl("create", "-f", "-", stdin=f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {deployed}}}\n")
    assert not names(kubectl, deployed, "all")


def test_pods_that_are_refused(kubectl: Kubectl, namespace: str) -> None:
    """Plugins that complete a Pod see it before it has a name; a quota sees it after. More are tried together."""
    made = {"selector": {"matchLabels": {"app": "a"}}, "replicas": 3}
    create(kubectl, namespace, "ResourceQuota", "one", hard={"pods": "1"})
    kubectl("wait", "--for=jsonpath={.status.used}", "quota/one", "--timeout=60s", namespace=namespace)
    create(kubectl, namespace, "ReplicaSet", "nobody", template=template(serviceAccountName="nope"), **made)
    create(kubectl, namespace, "ReplicaSet", "full", template=template(), **made)
    for name in ("nobody", "full"):
        kubectl("wait", "--for=condition=ReplicaFailure", f"rs/{name}", "--timeout=60s", namespace=namespace)
    what = f'error looking up service account {namespace}/nope: serviceaccount "nope" not found'
    message = f'Error creating: pods "nobody-" is forbidden: {what}'
    assert set(events(kubectl, namespace, "nobody")) == {("Warning", "FailedCreate", message)}
    told = [text for _, reason, text in events(kubectl, namespace, "full") if reason == "FailedCreate"]
    assert len(told) >= 2
    assert re.fullmatch(r'Error creating: pods "full-\w{5}" is forbidden: exceeded quota: one, .*', told[0])
