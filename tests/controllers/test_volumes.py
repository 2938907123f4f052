"""Claims and volumes: how they come together, what is told meanwhile, and what is left of them."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

import pytest

from tests.conftest import Create, Kubectl
from tests.controllers.objects import events, get, wait
from tests.storage_objects import claim, storage_class, user, volume

LOCAL_PATH = "rancher.io/local-path"
FIRST = ("Normal", "WaitForFirstConsumer", "waiting for first consumer to be created before binding")
EXTERNAL = (
    "Normal",
    "ExternalProvisioning",
    f"Waiting for a volume to be created either by the external provisioner '{LOCAL_PATH}' or manually by the system "
    "administrator. If volume creation is delayed, please verify that the provisioner is running and correctly "
    "registered.",
)
NOWHERE = "0/3 nodes are available: {}. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption "
NOWHERE += "is not helpful for scheduling."


@pytest.fixture
def unique() -> str:
    """A name for what has no namespace."""
    return f"test-{secrets.token_hex(4)}"


def bound(kubectl: Kubectl, namespace: str, name: str = "data") -> dict[str, Any]:
    """The claim, once it is."""
    wait(kubectl, namespace, f"pvc/{name}", "jsonpath={.status.phase}=Bound")
    return get(kubectl, namespace, "pvc", name)


def told(kubectl: Kubectl, namespace: str, reason: str, name: str = "data") -> str:
    """The message of an object's event with that reason, once there is one."""
    fields = f"--field-selector=reason={reason},involvedObject.name={name}"
    kubectl("wait", "--for=create", "events", fields, "--timeout=60s", namespace=namespace)
    return next(message for _, told_of, message in events(kubectl, namespace, name) if told_of == reason)


def test_a_volume_is_made_where_the_first_pod_goes(kubectl: Kubectl, namespace: str, create: Create) -> None:
    create(claim())
    told(kubectl, namespace, "WaitForFirstConsumer")
    assert get(kubectl, namespace, "pvc", "data")["status"] == {"phase": "Pending"}
    create(user("data"))
    wait(kubectl, namespace, "pod/it", "condition=Ready")
    made, pod = bound(kubectl, namespace), get(kubectl, namespace, "pod", "it")
    node, name = pod["spec"]["nodeName"], f"pvc-{made['metadata']['uid']}"
    assert made["spec"]["volumeName"] == name
    assert made["status"] == {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "10Mi"}}
    assert made["metadata"]["annotations"] == {
        "pv.kubernetes.io/bind-completed": "yes",
        "pv.kubernetes.io/bound-by-controller": "yes",
        "volume.beta.kubernetes.io/storage-provisioner": LOCAL_PATH,
        "volume.kubernetes.io/selected-node": node,
        "volume.kubernetes.io/storage-provisioner": LOCAL_PATH,
    }
    there = get(kubectl, "", "pv", name)
    assert there["metadata"]["annotations"] == {
        "local.path.provisioner/selected-node": node,
        "pv.kubernetes.io/provisioned-by": LOCAL_PATH,
    }
    reference = there["spec"].pop("claimRef")
    assert (reference["namespace"], reference["name"], reference["uid"]) == (namespace, "data", name[4:])
    term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}
    assert there["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "10Mi"},
        "hostPath": {
            "path": f"/var/local-path-provisioner/{name}_{namespace}_data",
            "type": "DirectoryOrCreate",
        },
        "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}},
        "persistentVolumeReclaimPolicy": "Delete",
        "storageClassName": "standard",
        "volumeMode": "Filesystem",
    }
    assert there["status"]["phase"] == "Bound"
    assert events(kubectl, namespace, "data") == [
        FIRST,
        EXTERNAL,
        ("Normal", "Provisioning", f'External provisioner is provisioning volume for claim "{namespace}/data"'),
        ("Normal", "ProvisioningSucceeded", f"Successfully provisioned volume {name}"),
    ]
    assert next(reason for _, reason, _ in events(kubectl, namespace)) == "Scheduled"


def test_the_tables(kubectl: Kubectl, namespace: str, create: Create) -> None:
    create(claim("asked"), claim(), user("data"))
    name = bound(kubectl, namespace)["spec"]["volumeName"]

    def rows(*what: str) -> list[list[str]]:
        lines = kubectl("get", *what, "--no-headers", namespace=namespace).stdout.splitlines()
        return [re.sub(r"\d+s", "AGE", line).split() for line in lines]

    assert rows("pvc", "-o", "wide") == [
        ["asked", "Pending", "standard", "<unset>", "AGE", "Filesystem"],
        ["data", "Bound", name, "10Mi", "RWO", "standard", "<unset>", "AGE", "Filesystem"],
    ]
    assert rows("pv", name, "-o", "wide") == [
        [name, "10Mi", "RWO", "Delete", "Bound", f"{namespace}/data", "standard", "<unset>", "AGE", "Filesystem"]
    ]
    row = "standard (default)   rancher.io/local-path   Delete   WaitForFirstConsumer   false"
    assert kubectl("get", "sc", "standard", "--no-headers").stdout.startswith(row)
    kubectl("delete", "pvc/data", "--wait=false", namespace=namespace)
    assert rows("pvc", "data")[0][1] == "Terminating"


def test_kubectl_describes_them(kubectl: Kubectl, namespace: str, create: Create) -> None:
    create(claim(), user("data"))
    name = bound(kubectl, namespace)["spec"]["volumeName"]
    shown = kubectl("describe", "pvc", "data", namespace=namespace).stdout
    for line in ("StorageClass:  standard", "Capacity:      10Mi", "Access Modes:  RWO", "Used By:       it"):
        assert line in shown
    shown = kubectl("describe", "pv", name).stdout
    for line in (
        f"Claim:             {namespace}/data",
        "Reclaim Policy:    Delete",
        "HostPathType:  DirectoryOrCreate",
    ):
        assert line in shown
    assert "IsDefaultClass:        Yes" in kubectl("describe", "sc", "standard").stdout
    shown = kubectl("describe", "pod", "it", namespace=namespace).stdout
    assert "Type:       PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)" in shown


def test_what_is_used_stays_until_it_is_not(kubectl: Kubectl, namespace: str, create: Create) -> None:
    create(claim(), user("data"))
    name = bound(kubectl, namespace)["spec"]["volumeName"]
    wait(kubectl, namespace, "pod/it", "condition=Ready")
    kubectl("delete", "pvc/data", "--wait=false", namespace=namespace)
    kubectl("delete", f"pv/{name}", "--wait=false")
    create(user("data", "late"))
    wait(kubectl, namespace, "pod/late", "condition=PodScheduled=False")
    (condition,) = get(kubectl, namespace, "pod", "late")["status"]["conditions"]
    assert condition["message"] == NOWHERE.format('persistentvolumeclaim "data" is being deleted')
    assert get(kubectl, "", "pv", name)["status"]["phase"] == "Bound"
    kubectl("delete", "pod/it", namespace=namespace)
    kubectl("wait", "--for=delete", "pvc/data", "--timeout=60s", namespace=namespace)
    kubectl("wait", "--for=delete", f"pv/{name}", "--timeout=60s")


def test_a_volume_of_ones_own(kubectl: Kubectl, namespace: str, create: Create, unique: str) -> None:
    create(volume(unique, node="node02", storageClassName=unique))
    wait(kubectl, "", f"pv/{unique}", "jsonpath={.status.phase}=Available")
    create(claim(size="50Mi", storageClassName=unique), claim("large", "1Gi", storageClassName=unique))
    made = bound(kubectl, namespace)
    assert (made["spec"]["volumeName"], made["status"]["capacity"]) == (unique, {"storage": "100Mi"})
    missing = told(kubectl, namespace, "ProvisioningFailed", "large")
    assert missing == f'storageclass.storage.k8s.io "{unique}" not found'
    create(user("data"), user("large", "other"))
    wait(kubectl, namespace, "pod/it", "condition=Ready")
    assert get(kubectl, namespace, "pod", "it")["spec"]["nodeName"] == "node02"
    unbound = NOWHERE.format("pod has unbound immediate PersistentVolumeClaims")
    assert told(kubectl, namespace, "FailedScheduling", "other") == unbound
    kubectl("delete", "pod/it", "pvc/data", namespace=namespace)
    wait(kubectl, "", f"pv/{unique}", "jsonpath={.status.phase}=Released")
    assert get(kubectl, "", "pv", unique)["spec"]["claimRef"]["name"] == "data"
    kubectl("patch", "pv", unique, "--type=merge", "-p", '{"spec":{"claimRef":null}}')
    wait(kubectl, "", f"pv/{unique}", "jsonpath={.status.phase}=Available")
    kubectl("delete", f"pv/{unique}")


def test_the_smallest_volume_that_fits(kubectl: Kubectl, namespace: str, create: Create, unique: str) -> None:
    def of(name: str, size: str, *modes: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
        made = volume(f"{unique}-{name}", size, accessModes=["ReadWriteOnce", *modes], storageClassName=unique)
        made["metadata"]["labels"] = labels or {}
        return made

    create(of("large", "5Gi"), of("small", "2Gi"), of("tiny", "1Mi"), of("shared", "9Gi", "ReadWriteMany"))
    create(of("labelled", "8Gi", labels={"disk": "fast"}))
    create(
        claim("one", "1Gi", storageClassName=unique),
        claim("two", "1Gi", "ReadWriteMany", storageClassName=unique),
        claim("three", "1Gi", storageClassName=unique, selector={"matchLabels": {"disk": "fast"}}),
        claim("four", "1Mi", storageClassName=unique, volumeName=f"{unique}-large"),
    )
    wanted = {"one": "small", "two": "shared", "three": "labelled", "four": "large"}
    for name, chosen in wanted.items():
        assert bound(kubectl, namespace, name)["spec"]["volumeName"] == f"{unique}-{chosen}"
    by_controller = "pv.kubernetes.io/bound-by-controller"
    assert by_controller not in get(kubectl, namespace, "pvc", "four")["metadata"]["annotations"]
    create(claim("five", "1Gi", storageClassName=unique, volumeName=f"{unique}-tiny"))
    why = f'Cannot bind to requested volume "{unique}-tiny": requested PV is too small'
    assert told(kubectl, namespace, "VolumeMismatch", "five") == why
    create(claim("six", "1Mi", storageClassName=unique, volumeName=f"{unique}-small"))
    why = f'volume "{unique}-small" already bound to a different claim.'
    assert told(kubectl, namespace, "FailedBinding", "six") == why
    kubectl("delete", "pvc", "--all", namespace=namespace)
    kubectl("delete", "pv", *(f"{unique}-{name}" for name in ("large", "small", "tiny", "shared", "labelled")))


def test_a_volume_that_is_reserved(kubectl: Kubectl, namespace: str, create: Create, unique: str) -> None:
    reference = {"namespace": namespace, "name": "data"}
    create(volume(unique, storageClassName="", claimRef=reference))
    wait(kubectl, "", f"pv/{unique}", "jsonpath={.status.phase}=Available")
    create(claim("other", storageClassName=""), claim(storageClassName=""))
    assert bound(kubectl, namespace)["spec"]["volumeName"] == unique
    there = get(kubectl, "", "pv", unique)
    assert there["spec"]["claimRef"]["uid"] == get(kubectl, namespace, "pvc", "data")["metadata"]["uid"]
    assert "annotations" not in there["metadata"]
    why = "no persistent volumes available for this claim and no storage class is set"
    assert told(kubectl, namespace, "FailedBinding", "other") == why
    kubectl("delete", "pvc", "--all", namespace=namespace)
    kubectl("delete", f"pv/{unique}")


def test_a_volume_that_is_reserved_for_nobody(kubectl: Kubectl, namespace: str, create: Create, unique: str) -> None:
    create(volume(unique, claimRef={"name": "data"}), volume(f"{unique}-2", claimRef={"uid": "gone"}))
    wait(kubectl, "", f"pv/{unique}", "jsonpath={.status.phase}=Available")
    wait(kubectl, "", f"pv/{unique}-2", "jsonpath={.status.phase}=Released")
    create(claim(), user("data"))
    wait(kubectl, namespace, "pod/it", "condition=Ready")
    kubectl("delete", f"pv/{unique}", f"pv/{unique}-2")


def test_a_volume_of_a_class_that_waits(kubectl: Kubectl, namespace: str, create: Create, unique: str) -> None:
    """The scheduler chooses among the volumes that there are; nobody makes one."""
    waits = "WaitForFirstConsumer"
    create(storage_class(unique, "kubernetes.io/no-provisioner", volumeBindingMode=waits))
    create(claim(storageClassName=unique), user("data"))
    wait(kubectl, namespace, "pod/it", "condition=PodScheduled=False")
    (condition,) = get(kubectl, namespace, "pod", "it")["status"]["conditions"]
    why = "1 node(s) had untolerated taint(s), 2 node(s) didn't find available persistent volumes to bind"
    assert condition["message"] == NOWHERE.format(why)
    create(volume(unique, node="node02", storageClassName=unique))
    wait(kubectl, namespace, "pod/it", "condition=Ready")
    assert get(kubectl, namespace, "pod", "it")["spec"]["nodeName"] == "node02"
    assert bound(kubectl, namespace)["spec"]["volumeName"] == unique
    create(user("data", "other", nodeSelector={"kubernetes.io/hostname": "node01"}))
    wait(kubectl, namespace, "pod/other", "condition=PodScheduled=False")
    (condition,) = get(kubectl, namespace, "pod", "other")["status"]["conditions"]
    conflict = "1 node(s) had volume node affinity conflict"
    assert conflict in condition["message"]
    kubectl("delete", "pod", "--all", namespace=namespace)
    kubectl("delete", "pvc/data", namespace=namespace)
    kubectl("delete", f"pv/{unique}", f"sc/{unique}")


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (
            {"accessModes": ["ReadWriteMany"]},
            'failed to provision volume with StorageClass "standard": NodePath only supports ReadWriteOnce and '
            "ReadWriteOncePod (1.22+) access modes",
        ),
        ({"volumeMode": "Block"}, "rancher.io/local-path does not support block volume provisioning"),
        (
            {"selector": {"matchLabels": {"a": "b"}}},
            'failed to provision volume with StorageClass "standard": claim.Spec.Selector is not supported',
        ),
    ],
)
def test_what_cannot_be_provisioned(
    kubectl: Kubectl, namespace: str, create: Create, spec: dict[str, Any], why: str
) -> None:
    create(claim(**spec), user("data"))
    assert told(kubectl, namespace, "ProvisioningFailed") == why
    assert events(kubectl, namespace) == []


def test_immediate_classes(kubectl: Kubectl, namespace: str, create: Create, unique: str) -> None:
    create(storage_class(unique), storage_class(f"{unique}-none", "kubernetes.io/no-provisioner"))
    create(claim(storageClassName=unique), claim("other", storageClassName=f"{unique}-none"))
    no_node = "configuration error, no node was specified"
    failed = f'failed to provision volume with StorageClass "{unique}": {no_node}'
    assert told(kubectl, namespace, "ProvisioningFailed") == failed
    unknown = "no volume plugin matched name: kubernetes.io/no-provisioner"
    assert told(kubectl, namespace, "ProvisioningFailed", "other") == unknown
    kubectl("delete", f"sc/{unique}", f"sc/{unique}-none")


@pytest.mark.parametrize(
    ("spec", "policy", "reason", "why"),
    [
        (
            {},
            "Delete",
            "VolumeFailedDelete",
            "host_path deleter only supports /tmp/.+ but received provided /srv/{name}",
        ),
        (
            {"hostPath": None, "nfs": {"server": "a", "path": "/a"}},
            "Delete",
            "VolumeFailedDelete",
            'error getting deleter volume plugin for volume "{name}": no deletable volume plugin matched',
        ),
        ({}, "Recycle", "VolumeFailedRecycle", "No recycler plugin found for the volume!"),
    ],
)
def test_what_cannot_be_reclaimed(
    kubectl: Kubectl,
    namespace: str,
    create: Create,
    unique: str,
    spec: dict[str, Any],
    policy: str,
    reason: str,
    why: str,
) -> None:
    create(volume(unique, storageClassName=unique, persistentVolumeReclaimPolicy=policy, **spec))
    create(claim(storageClassName=unique))
    bound(kubectl, namespace)
    kubectl("delete", "pvc/data", namespace=namespace)
    wait(kubectl, "", f"pv/{unique}", "jsonpath={.status.phase}=Failed")
    assert get(kubectl, "", "pv", unique)["status"]["message"] == why.format(name=unique)
    assert ("Warning", reason, why.format(name=unique)) in events(kubectl, "default", unique)
    kubectl("delete", f"pv/{unique}")


def test_a_claim_that_has_lost_its_volume(kubectl: Kubectl, namespace: str, create: Create, unique: str) -> None:
    create(volume(unique, storageClassName=unique), claim(storageClassName=unique))
    bound(kubectl, namespace)
    kubectl("patch", "pv", unique, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    kubectl("delete", f"pv/{unique}")
    wait(kubectl, namespace, "pvc/data", "jsonpath={.status.phase}=Lost")
    lost = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
    assert told(kubectl, namespace, "ClaimLost") == lost
    create(user("data"))
    wait(kubectl, namespace, "pod/it", "condition=PodScheduled=False")
    (condition,) = get(kubectl, namespace, "pod", "it")["status"]["conditions"]
    gone = f'persistentvolumeclaim "data" bound to non-existent persistentvolume "{unique}"'
    assert condition["message"] == NOWHERE.format(gone)


def test_a_claim_for_one_pod_alone(kubectl: Kubectl, namespace: str, create: Create) -> None:
    create(claim("data", "1Mi", "ReadWriteOncePod"), user("data"))
    wait(kubectl, namespace, "pod/it", "condition=Ready")
    create(user("data", "other"))
    wait(kubectl, namespace, "pod/other", "condition=PodScheduled=False")
    (condition,) = get(kubectl, namespace, "pod", "other")["status"]["conditions"]
    taken = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
    preemption = "1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod"
    assert condition["message"] == (
        f"0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 {taken}. no new claims to deallocate, "
        f"preemption: 0/3 nodes are available: {preemption}."
    )
    kubectl("delete", "pod/it", namespace=namespace)
    wait(kubectl, namespace, "pod/other", "condition=Ready")


def test_a_claim_of_a_pods_own(kubectl: Kubectl, namespace: str, create: Create) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": claim()["spec"]}
    volumes = [{"name": "v", "ephemeral": {"volumeClaimTemplate": template}}]
    create(user("", volumes=volumes))
    wait(kubectl, namespace, "pod/it", "condition=Ready")
    made = bound(kubectl, namespace, "it-v")
    assert made["metadata"]["labels"] == {"a": "b"}
    assert [(each["kind"], each["name"]) for each in made["metadata"]["ownerReferences"]] == [("Pod", "it")]
    kubectl("delete", "pod/it", namespace=namespace)
    kubectl("wait", "--for=delete", "pvc/it-v", "--timeout=60s", namespace=namespace)


def test_a_pod_that_was_there_first(kubectl: Kubectl, namespace: str, create: Create) -> None:
    create(user("data"))
    assert told(kubectl, namespace, "FailedScheduling", "it") == NOWHERE.format(
        'persistentvolumeclaim "data" not found'
    )
    create(claim())
    wait(kubectl, namespace, "pod/it", "condition=Ready")


def test_a_class_that_comes_later(kubectl: Kubectl, namespace: str, create: Create) -> None:
    """A claim that names no class gets the default one once there is one."""
    default = "storageclass.kubernetes.io/is-default-class"
    kubectl("annotate", "sc/standard", f"{default}=false", "--overwrite")
    create(claim())
    told(kubectl, namespace, "FailedBinding")
    kubectl("annotate", "sc/standard", f"{default}=true", "--overwrite")
    wait(kubectl, namespace, "pvc/data", "jsonpath={.spec.storageClassName}=standard")


def test_what_goes_with_a_namespace(kubectl: Kubectl, unique: str) -> None:
    kubectl("create", "namespace", unique)
    text = "\n---\n".join(json.dumps(each) for each in (claim(), user("data")))
    kubectl("create", "-f", "-", namespace=unique, stdin=text)
    wait(kubectl, unique, "pod/it", "condition=Ready")
    name = bound(kubectl, unique)["spec"]["volumeName"]
    kubectl("delete", "namespace", unique)
    kubectl("wait", "--for=delete", f"pv/{name}", "--timeout=60s")


def test_server_side_apply(kubectl: Kubectl, namespace: str) -> None:
    apply = ("apply", "--server-side", "-f", "-")
    for size in ("1Mi", "1Mi"):
        kubectl(*apply, namespace=namespace, stdin=json.dumps(claim(size=size)))
    labelled = claim(size="1Mi")
    labelled["metadata"]["labels"] = {"a": "b"}
    kubectl(*apply, namespace=namespace, stdin=json.dumps(labelled))
    assert get(kubectl, namespace, "pvc", "data")["metadata"]["labels"] == {"a": "b"}
    assert "storageClassName" in kubectl("explain", "pvc.spec").stdout
    assert "rancher.io" in kubectl("get", "sc", "standard", "-o", "yaml").stdout
