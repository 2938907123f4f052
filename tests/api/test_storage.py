"""What of claims, volumes and storage classes is refused, completed, and held to a namespace's limits."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Kubectl
from tests.storage_objects import claim, on_node, storage_class, volume

Http = Callable[..., Any]
PATHS = {
    "PersistentVolumeClaim": "/api/v1/namespaces/default/persistentvolumeclaims",
    "PersistentVolume": "/api/v1/persistentvolumes",
    "StorageClass": "/apis/storage.k8s.io/v1/storageclasses",
}
MODES = '"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"'
NOT_A_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
REFUSED = [
    (claim(accessModes=[]), ["spec.accessModes: Required value: at least 1 access mode is required"]),
    (claim(accessModes=None), ["spec.accessModes: Required value: at least 1 access mode is required"]),
    (claim("data", "1Gi", "RWO"), [f'spec.accessModes: Unsupported value: "RWO": supported values: {MODES}']),
    (
        claim("data", "1Gi", "ReadWriteOncePod", "ReadOnlyMany"),
        ["spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes"],
    ),
    (claim(resources={}), ["spec.resources[storage]: Required value"]),
    (claim(size="0"), ['spec.resources[storage]: Invalid value: "0": must be greater than zero']),
    (claim(size="-1Gi"), ['spec.resources[storage]: Invalid value: "-1Gi": must be greater than zero']),
    (claim(storageClassName="a_b"), [f'spec.storageClassName: Invalid value: "a_b": {NOT_A_SUBDOMAIN}']),
    (
        claim(volumeMode="Disk"),
        ['spec.volumeMode: Unsupported value: "Disk": supported values: "Block", "Filesystem"'],
    ),
    (
        claim(selector={"matchExpressions": [{"key": "a", "operator": "In"}]}),
        [
            "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or "
            "'NotIn'"
        ],
    ),
    (
        claim(dataSource={"kind": "Pod", "name": ""}),
        [
            "spec.dataSource.name: Required value",
            "spec.dataSource: Invalid value: \"Pod\": must be 'PersistentVolumeClaim' when referencing the default "
            "apiGroup",
        ],
    ),
    (volume("v", accessModes=[]), ["spec.accessModes: Required value"]),
    (
        volume("v", capacity=None),
        ["spec.capacity: Required value", 'spec.capacity: Unsupported value: null: supported values: "storage"'],
    ),
    (
        volume("v", capacity={"cpu": "1"}),
        ['spec.capacity: Unsupported value: {"cpu":"1"}: supported values: "storage"'],
    ),
    (volume("v", "0"), ['spec.capacity[storage]: Invalid value: "0": must be greater than zero']),
    (
        volume("v", persistentVolumeReclaimPolicy="Keep"),
        [
            'spec.persistentVolumeReclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Recycle", '
            '"Retain"'
        ],
    ),
    (volume("v", hostPath=None), ["spec: Required value: must specify a volume type"]),
    (
        volume("v", local={"path": "/a"}),
        ["spec.local: Forbidden: may not specify more than 1 volume type"],
    ),
    (
        volume("v", hostPath=None, local={"path": "/a"}),
        ["spec.nodeAffinity: Required value: Local volume requires node affinity"],
    ),
    (
        volume("v", hostPath=None, local={"path": "/a/../b"}, nodeAffinity=on_node("node01")),
        ["spec.local.path: Invalid value: \"/a/../b\": must not contain '..'"],
    ),
    (
        volume("v", hostPath={"path": "/a", "type": "Dir"}),
        [
            'spec.hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", '
            '"Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"'
        ],
    ),
    (
        volume("v", hostPath={"path": "/"}, persistentVolumeReclaimPolicy="Recycle"),
        ["spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'"],
    ),
    (
        volume("v", nodeAffinity={}),
        ["spec.nodeAffinity.required: Required value: must specify required node constraints"],
    ),
    (
        volume("v", nodeAffinity={"required": {"nodeSelectorTerms": []}}),
        [
            "spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term",
        ],
    ),
    (
        volume("v", hostPath=None, nfs={"server": "s", "path": "a"}),
        ['spec.nfs.path: Invalid value: "a": must be an absolute path'],
    ),
    (storage_class("s", ""), ["provisioner: Required value"]),
    (
        storage_class("s", reclaimPolicy="Recycle"),
        ['reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"'],
    ),
    (
        storage_class("s", volumeBindingMode="Later"),
        ['volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"'],
    ),
]


@pytest.mark.parametrize(("obj", "says"), REFUSED)
def test_refused(http: Http, obj: dict[str, Any], says: list[str]) -> None:
    answer = http("POST", f"{PATHS[obj['kind']]}?dryRun=All", obj)
    assert answer.status == 422, answer.text
    assert [f"{each['field']}: {each['message']}" for each in answer.body["details"]["causes"]] == says


def test_what_a_claim_is_completed_with(http: Http) -> None:
    made = http("POST", f"{PATHS['PersistentVolumeClaim']}?dryRun=All", claim()).body
    assert made["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "10Mi"}},
        "storageClassName": "standard",
        "volumeMode": "Filesystem",
    }
    assert made["status"] == {"phase": "Pending"}
    assert made["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    without = http("POST", f"{PATHS['PersistentVolumeClaim']}?dryRun=All", claim(storageClassName="")).body
    assert without["spec"]["storageClassName"] == ""


def test_what_a_volume_and_a_class_are_completed_with(http: Http) -> None:
    made = http("POST", f"{PATHS['PersistentVolume']}?dryRun=All", volume("v")).body
    assert made["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "100Mi"},
        "hostPath": {"path": "/srv/v", "type": ""},
        "persistentVolumeReclaimPolicy": "Retain",
        "volumeMode": "Filesystem",
    }
    assert made["status"] == {"phase": "Pending", "lastPhaseTransitionTime": made["metadata"]["creationTimestamp"]}
    assert made["metadata"]["finalizers"] == ["kubernetes.io/pv-protection"]
    made = http("POST", f"{PATHS['StorageClass']}?dryRun=All", storage_class("s")).body
    assert (made["reclaimPolicy"], made["volumeBindingMode"]) == ("Delete", "Immediate")


def patch(kubectl: Kubectl, what: str, change: dict[str, Any], namespace: str = "") -> str:
    """Why it is refused."""
    options = ("--type=merge", "-p", json.dumps(change))
    return kubectl("patch", what, *options, namespace=namespace, fails=True).stderr


DIFFERENT_MODE = """\
The PersistentVolumeClaim "data" is invalid: spec: Forbidden: spec is immutable after creation except \
resources.requests and volumeAttributesClassName for bound claims
@@ -1,6 +1,6 @@
 {
  "AccessModes": [
-  "ReadWriteOnce"
+  "ReadWriteMany"
  ],
  "Selector": null,
  "Resources": {

"""
DIFFERENT_SIZE = """\
The PersistentVolumeClaim "data" is invalid: spec: Forbidden: spec is immutable after creation except \
resources.requests and volumeAttributesClassName for bound claims
@@ -6,7 +6,7 @@
  "Resources": {
   "Limits": null,
   "Requests": {
-   "storage": "10Mi"
+   "storage": "1Gi"
   }
  },
  "VolumeName": "",

"""


def test_what_of_a_claim_may_not_change(kubectl: Kubectl, namespace: str) -> None:
    kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(claim()))
    changed = {"spec": {"accessModes": ["ReadWriteMany"]}}
    assert patch(kubectl, "pvc/data", changed, namespace) == DIFFERENT_MODE
    larger = {"spec": {"resources": {"requests": {"storage": "1Gi"}}}}
    assert patch(kubectl, "pvc/data", larger, namespace) == DIFFERENT_SIZE
    assert patch(kubectl, "pvc/data", {"spec": {"volumeMode": "Block"}}, namespace).endswith(
        '* volumeMode: Invalid value: "Block": field is immutable\n'
    )


def test_only_some_classes_let_claims_grow(kubectl: Kubectl, namespace: str) -> None:
    name = f"grows-{secrets.token_hex(4)}"
    kubectl("create", "-f", "-", stdin=json.dumps(storage_class(name, "example.com/none", allowVolumeExpansion=True)))
    kubectl("create", "-f", "-", stdin=json.dumps(volume(name, storageClassName=name)))
    kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(claim(storageClassName=name)))
    kubectl("wait", "--for=jsonpath={.status.phase}=Bound", "pvc/data", "--timeout=60s", namespace=namespace)
    smaller = {"spec": {"resources": {"requests": {"storage": "1Mi"}}}}
    assert patch(kubectl, "pvc/data", smaller, namespace) == (
        'The PersistentVolumeClaim "data" is invalid: spec.resources.requests.storage: Forbidden: '
        "field can not be less than status.capacity\n"
    )
    larger = json.dumps({"spec": {"resources": {"requests": {"storage": "1Gi"}}}})
    kubectl("patch", "pvc/data", "-p", larger, namespace=namespace)
    kubectl("wait", "--for=create", "event", "--field-selector=reason=ExternalExpanding", namespace=namespace)
    kubectl("patch", "sc", name, "-p", '{"allowVolumeExpansion":false}')
    refused = patch(kubectl, "pvc/data", {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}, namespace)
    assert refused == (
        'Error from server (Forbidden): persistentvolumeclaims "data" is forbidden: only dynamically provisioned pvc '
        "can be resized and the storageclass that provisions the pvc must support resize\n"
    )
    kubectl("delete", "pvc/data", namespace=namespace)
    kubectl("delete", f"sc/{name}", f"pv/{name}")


def test_what_of_a_volume_may_not_change(kubectl: Kubectl) -> None:
    name = f"fixed-{secrets.token_hex(4)}"
    kubectl("create", "-f", "-", stdin=json.dumps(volume(name, node="node01")))
    other = {"spec": {"hostPath": {"path": "/b"}}}
    assert patch(kubectl, f"pv/{name}", other) == (
        f'The PersistentVolume "{name}" is invalid: spec.persistentvolumesource: Forbidden: '
        "spec.persistentvolumesource is immutable after creation\n"
        '@@ -2,7 +2,7 @@\n  "GCEPersistentDisk": null,\n  "AWSElasticBlockStore": null,\n  "HostPath": {\n'
        f'-  "Path": "/srv/{name}",\n+  "Path": "/b",\n   "Type": ""\n  }},\n  "Glusterfs": null,\n\n'
    )
    elsewhere = patch(kubectl, f"pv/{name}", {"spec": {"nodeAffinity": on_node("node02")}})
    assert elsewhere == (
        f'The PersistentVolume "{name}" is invalid: nodeAffinity: Invalid value: '
        '{"Required":{"NodeSelectorTerms":[{"MatchExpressions":[{"Key":"kubernetes.io/hostname","Operator":"In",'
        '"Values":["node02"]}],"MatchFields":null}]}}: field is immutable\n'
    )
    kubectl("delete", f"pv/{name}")


def test_what_of_a_class_may_not_change(kubectl: Kubectl) -> None:
    changed = {
        "provisioner": "x",
        "parameters": {"a": "b"},
        "reclaimPolicy": "Retain",
        "volumeBindingMode": "Immediate",
    }
    assert patch(kubectl, "sc/standard", changed) == (
        'The StorageClass "standard" is invalid: \n'
        "* parameters: Forbidden: updates to parameters are forbidden.\n"
        "* provisioner: Forbidden: updates to provisioner are forbidden.\n"
        "* reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.\n"
        '* volumeBindingMode: Invalid value: "Immediate": field is immutable\n'
    )


def test_a_quota_counts_claims_and_what_they_ask_for(kubectl: Kubectl, namespace: str) -> None:
    of_class = "standard.storageclass.storage.k8s.io"
    hard = {
        "persistentvolumeclaims": "2",
        "requests.storage": "1Gi",
        f"{of_class}/requests.storage": "100Mi",
        f"{of_class}/persistentvolumeclaims": "1",
    }
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": hard}}
    kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(quota))
    kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(claim()))
    refused = kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(claim("other", "95Mi")), fails=True)
    assert refused.stderr == (
        'Error from server (Forbidden): error when creating "STDIN": persistentvolumeclaims "other" is forbidden: '
        f"exceeded quota: q, requested: {of_class}/persistentvolumeclaims=1,{of_class}/requests.storage=95Mi, used: "
        f"{of_class}/persistentvolumeclaims=1,{of_class}/requests.storage=10Mi, limited: "
        f"{of_class}/persistentvolumeclaims=1,{of_class}/requests.storage=100Mi\n"
    )
    kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(claim("free", "1000Mi", storageClassName="")))
    kubectl("wait", "--for=jsonpath={.status.used.requests\\.storage}=1010Mi", "quota/q", namespace=namespace)


def test_a_limit_range_bounds_claims(kubectl: Kubectl, namespace: str) -> None:
    item = {"type": "PersistentVolumeClaim", "min": {"storage": "2Mi"}, "max": {"storage": "1Gi"}}
    limits = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l"}, "spec": {"limits": [item]}}
    kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(limits))
    prefix = 'Error from server (Forbidden): error when creating "STDIN": persistentvolumeclaims "data" is forbidden: '
    for size, why in (
        ("1Mi", "minimum storage usage per PersistentVolumeClaim is 2Mi, but request is 1Mi"),
        ("2Gi", "maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi"),
    ):
        done = kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(claim(size=size)), fails=True)
        assert done.stderr == f"{prefix}{why}\n"


def test_warnings(kubectl: Kubectl, namespace: str) -> None:
    create = ("create", "--dry-run=server", "-f", "-")
    recycled = volume("v", persistentVolumeReclaimPolicy="Recycle")
    assert kubectl(*create, stdin=json.dumps(recycled)).stderr == (
        "Warning: spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the "
        "recommended approach is to use dynamic provisioning.\n"
    )
    tiny = json.dumps(claim(size="500m"))
    assert kubectl(*create, namespace=namespace, stdin=tiny).stderr == (
        'Warning: spec.resources.requests[storage]: fractional byte value "500m" is invalid, must be an integer\n'
    )
