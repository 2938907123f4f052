"""What a StatefulSet's Pods claim, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Kubectl
from tests.controllers.objects import events, get, wait

Policy = dict[str, str]


def web(**spec: Any) -> str:
    container = {
        "name": "c",
        "image": "busybox:1.36",
        "command": ["sleep", "infinity"],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    full = {
        "serviceName": "web",
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
        },
        "volumeClaimTemplates": [{"metadata": {"name": "data", "labels": {"tier": "db"}}, "spec": claim}],
        **spec,
    }
    return json.dumps({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"}, "spec": full})


def start(kubectl: Kubectl, namespace: str, **spec: Any) -> None:
    kubectl("create", "-f", "-", namespace=namespace, stdin=web(**spec))
    kubectl("rollout", "status", "sts/web", "--timeout=60s", namespace=namespace)


def claims(kubectl: Kubectl, namespace: str) -> dict[str, list[str]]:
    """{claim: kinds of its owners}"""
    return {
        each["metadata"]["name"]: [owner["kind"] for owner in each["metadata"].get("ownerReferences") or ()]
        for each in get(kubectl, namespace, "pvc")["items"]
    }


def gone(kubectl: Kubectl, namespace: str, *what: str) -> None:
    for each in what:
        kubectl("wait", "--for=delete", each, "--timeout=60s", namespace=namespace)


def test_each_pod_has_a_claim(kubectl: Kubectl, namespace: str) -> None:
    start(kubectl, namespace)
    made = get(kubectl, namespace, "pvc", "data-web-1")
    assert made["metadata"]["labels"] == {"app": "web", "tier": "db"}
    assert made["status"]["phase"] == "Bound"
    assert events(kubectl, namespace, "web") == [
        ("Normal", "SuccessfulCreate", f"create {what} in StatefulSet web {end}")
        for name in ("web-0", "web-1")
        for what, end in ((f"Claim data-{name} Pod {name}", "success"), (f"Pod {name}", "successful"))
    ]
    (template,) = get(kubectl, namespace, "sts", "web")["spec"]["volumeClaimTemplates"]
    assert (template["apiVersion"], template["kind"]) == ("v1", "PersistentVolumeClaim")
    assert (template["spec"]["volumeMode"], template["status"]) == ("Filesystem", {"phase": "Pending"})


def test_claims_stay_where_they_are_retained(kubectl: Kubectl, namespace: str) -> None:
    start(kubectl, namespace)
    kubectl("exec", "web-1", "--", "sh", "-c", "echo mine > /data/x", namespace=namespace)
    node = get(kubectl, namespace, "pod", "web-1")["spec"]["nodeName"]
    kubectl("scale", "sts/web", "--replicas=1", namespace=namespace)
    gone(kubectl, namespace, "pod/web-1")
    assert claims(kubectl, namespace) == {"data-web-0": [], "data-web-1": []}
    kubectl("delete", "sts/web", namespace=namespace)
    gone(kubectl, namespace, "pod/web-0")
    assert claims(kubectl, namespace) == {"data-web-0": [], "data-web-1": []}
    start(kubectl, namespace)
    assert get(kubectl, namespace, "pod", "web-1")["spec"]["nodeName"] == node
    assert kubectl("exec", "web-1", "--", "cat", "/data/x", namespace=namespace).stdout == "mine\n"


@pytest.mark.parametrize(
    ("policy", "owners"),
    [
        ({"whenDeleted": "Delete"}, ["StatefulSet"]),
        ({"whenScaled": "Delete"}, []),
        ({"whenDeleted": "Delete", "whenScaled": "Delete"}, ["StatefulSet"]),
    ],
)
def test_claims_go_as_the_policy_says(kubectl: Kubectl, namespace: str, policy: Policy, owners: list[str]) -> None:
    start(kubectl, namespace, persistentVolumeClaimRetentionPolicy=policy)
    assert claims(kubectl, namespace) == {"data-web-0": owners, "data-web-1": owners}
    kubectl("scale", "sts/web", "--replicas=1", namespace=namespace)
    gone(kubectl, namespace, "pod/web-1")
    if policy.get("whenScaled") == "Delete":
        gone(kubectl, namespace, "pvc/data-web-1")
        kubectl("scale", "sts/web", "--replicas=2", namespace=namespace)
        kubectl("rollout", "status", "sts/web", "--timeout=60s", namespace=namespace)
    assert claims(kubectl, namespace) == {"data-web-0": owners, "data-web-1": owners}
    kubectl("delete", "sts/web", namespace=namespace)
    gone(kubectl, namespace, "pod/web-0")
    if policy.get("whenDeleted") == "Delete":
        gone(kubectl, namespace, "pvc/data-web-0", "pvc/data-web-1")
    else:
        assert set(claims(kubectl, namespace)) == {"data-web-0", "data-web-1"}


def test_a_policy_may_change(kubectl: Kubectl, namespace: str) -> None:
    start(kubectl, namespace, replicas=1)
    change = {"spec": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}}
    kubectl("patch", "sts/web", "-p", json.dumps(change), namespace=namespace)
    wait(kubectl, namespace, "pvc/data-web-0", "jsonpath={.metadata.ownerReferences[0].kind}=StatefulSet")
    change["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] = "Retain"
    kubectl("patch", "sts/web", "-p", json.dumps(change), namespace=namespace)
    kubectl("wait", "--for=jsonpath={.status.observedGeneration}=3", "sts/web", namespace=namespace)
    assert claims(kubectl, namespace) == {"data-web-0": []}


def test_a_claim_that_is_refused(kubectl: Kubectl, namespace: str) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}}
    spec = {"hard": {"persistentvolumeclaims": "0"}}
    kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps({**quota, "spec": spec}))
    kubectl("create", "-f", "-", namespace=namespace, stdin=web())
    why = (
        'persistentvolumeclaims "data-web-0" is forbidden: exceeded quota: q, requested: persistentvolumeclaims=1, '
        "used: persistentvolumeclaims=0, limited: persistentvolumeclaims=0"
    )
    kubectl("wait", "--for=create", "event", "--field-selector=reason=FailedCreate", namespace=namespace)
    in_set = "in StatefulSet web failed error"
    assert events(kubectl, namespace, "web")[:2] == [
        ("Warning", "FailedCreate", f"create Claim data-web-0 for Pod web-0 {in_set}: {why}"),
        ("Warning", "FailedCreate", f"create Pod web-0 {in_set}: failed to create PVC data-web-0: {why}"),
    ]
