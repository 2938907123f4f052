"""What a Pod finds where a claim is mounted."""

from __future__ import annotations

import secrets

from tests.conftest import Create, Kubectl
from tests.node.pods import events
from tests.storage_objects import claim, on_node, user, volume


def ready(kubectl: Kubectl, namespace: str, name: str = "it") -> str:
    """Its node, once it is."""
    kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s", namespace=namespace)
    return kubectl("get", "pod", name, "-o", "jsonpath={.spec.nodeName}", namespace=namespace).stdout


def test_data_outlives_the_pod(kubectl: Kubectl, namespace: str, create: Create) -> None:
    script = "echo once more >> /data/log; sleep infinity"
    create(claim(), user("data", script=script))
    node = ready(kubectl, namespace)
    kubectl("delete", "pod/it", namespace=namespace)
    create(user("data", script=script), user("data", "beside"))
    assert {ready(kubectl, namespace), ready(kubectl, namespace, "beside")} == {node}
    look = "cat /data/log; stat -c %a /data"
    shown = kubectl("exec", "beside", "--", "sh", "-c", look, namespace=namespace).stdout
    assert shown == "once more\nonce more\n777\n"


def test_nothing_is_left_of_a_volume_that_is_deleted(kubectl: Kubectl, namespace: str, create: Create) -> None:
    create(claim(), user("data", script="echo secret > /data/x; sleep infinity"))
    node = ready(kubectl, namespace)
    name = kubectl("get", "pvc", "data", "-o", "jsonpath={.spec.volumeName}", namespace=namespace).stdout
    kubectl("delete", "pod/it", "pvc/data", namespace=namespace)
    kubectl("wait", "--for=delete", f"pv/{name}", "--timeout=60s")
    volumes = [{"name": "v", "hostPath": {"path": "/var/local-path-provisioner"}}]
    create(user("", "looks", nodeName=node, volumes=volumes))
    ready(kubectl, namespace, "looks")
    assert name not in kubectl("exec", "looks", "--", "ls", "/data", namespace=namespace).stdout


def test_read_only(kubectl: Kubectl, namespace: str, create: Create) -> None:
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "data", "readOnly": True}}]
    create(claim(), user("data", volumes=volumes))
    ready(kubectl, namespace)
    done = kubectl("exec", "it", "--", "touch", "/data/x", namespace=namespace, fails=True)
    assert "Read-only file system" in done.stderr


def test_a_directory_of_the_node(kubectl: Kubectl, namespace: str, create: Create) -> None:
    """A hostPath volume is what a Pod with that hostPath sees; a local one has to be there."""
    name = f"test-{secrets.token_hex(4)}"
    local = {"hostPath": None, "local": {"path": f"/mnt/{name}"}, "nodeAffinity": on_node("node01")}
    create(
        volume(name, storageClassName=name, node="node01"),
        volume(f"{name}-local", storageClassName=f"{name}-local", **local),
    )
    create(claim(storageClassName=name), claim("local", storageClassName=f"{name}-local"))
    create(user("data", script="echo here > /data/x; sleep infinity"), user("local", "waits"))
    ready(kubectl, namespace)
    kubectl("wait", "--for=create", "event", "--field-selector=reason=FailedMount", namespace=namespace)
    missing = (
        f'MountVolume.NewMounter initialization failed for volume "{name}-local" : path "/mnt/{name}" does not exist'
    )
    assert ("Warning", "FailedMount", missing) in events(kubectl, namespace, "waits")
    volumes = [
        {"name": "v", "hostPath": {"path": f"/srv/{name}"}},
        {"name": "w", "hostPath": {"path": f"/mnt/{name}"}},
    ]
    create(user("", "looks", nodeName="node01", volumes=volumes))
    ready(kubectl, namespace, "looks")
    assert kubectl("exec", "looks", "--", "cat", "/data/x", namespace=namespace).stdout == "here\n"
    ready(kubectl, namespace, "waits")
    kubectl("delete", "pod", "--all", namespace=namespace)
    kubectl("delete", "pvc", "--all", namespace=namespace)
    kubectl("delete", "pv", name, f"{name}-local")


def test_a_pod_on_another_node(kubectl: Kubectl, namespace: str, create: Create) -> None:
    create(claim(), user("data", nodeSelector={"kubernetes.io/hostname": "node01"}))
    ready(kubectl, namespace)
    name = kubectl("get", "pvc", "data", "-o", "jsonpath={.spec.volumeName}", namespace=namespace).stdout
    create(user("data", "other", nodeName="node02"))
    kubectl("wait", "--for=create", "event", "--field-selector=reason=FailedMount", namespace=namespace)
    why = f'MountVolume.NodeAffinity check failed for volume "{name}" : no matching NodeSelectorTerms'
    assert ("Warning", "FailedMount", why) in events(kubectl, namespace, "other")


def test_mount_options(kubectl: Kubectl, namespace: str, create: Create) -> None:
    name = f"test-{secrets.token_hex(4)}"
    create(volume(name, storageClassName=name, mountOptions=["ro"]), claim(storageClassName=name), user("data"))
    kubectl("wait", "--for=create", "event", "--field-selector=reason=FailedMount", namespace=namespace)
    head = f'MountVolume.MountOptionSupport check failed for volume "{name}"'
    why = f"{head} : mount options are not supported for this volume type"
    assert ("Warning", "FailedMount", why) in events(kubectl, namespace, "it")
    kubectl("delete", "pod/it", "pvc/data", namespace=namespace)
    kubectl("delete", f"pv/{name}")


def test_a_pod_that_no_scheduler_has_placed(kubectl: Kubectl, namespace: str, create: Create) -> None:
    create(claim(), user("data", nodeName="node01"), user("other", "lost", nodeName="node01"))
    head = (
        "Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]"
    )
    for pod, why in (
        ("it", f"error processing PVC {namespace}/data: PVC is not bound"),
        (
            "lost",
            f"error processing PVC {namespace}/other: failed to fetch PVC from API server: persistentvolumeclaims "
            '"other" not found',
        ),
    ):
        fields = f"--field-selector=reason=FailedMount,involvedObject.name={pod}"
        kubectl("wait", "--for=create", "event", fields, namespace=namespace)
        assert ("Warning", "FailedMount", f"{head}: {why}") in events(kubectl, namespace, pod)
