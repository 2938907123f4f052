"""What a Pod may keep on its node."""

from __future__ import annotations

from tests.conftest import Kubectl
from tests.node.pods import container, create, events, status, wait


def test_too_much_in_an_empty_directory_is_an_eviction(kubectl: Kubectl, namespace: str) -> None:
    script = "head -c 3000000 /dev/zero > /v/x; sleep infinity"
    mounts = [{"name": "v", "mountPath": "/v"}]
    volumes = [{"name": "v", "emptyDir": {"sizeLimit": "2Mi"}}]
    create(kubectl, namespace, container(script, volumeMounts=mounts), volumes=volumes, restartPolicy="Always")
    wait(kubectl, namespace, "reason=Evicted")
    shown = status(kubectl, namespace)
    message = 'Usage of EmptyDir volume "v" exceeds the limit "2Mi". '
    assert (shown["phase"], shown["message"]) == ("Failed", message)
    condition = next(each for each in shown["conditions"] if each["type"] == "DisruptionTarget")
    told = (condition["status"], condition["reason"], condition["message"])
    assert told == ("True", "TerminationByKubelet", message)
    assert ("Warning", "Evicted", message) in events(kubectl, namespace)


def test_a_directory_in_memory_is_as_large_as_the_pod_may_be(kubectl: Kubectl, namespace: str) -> None:
    script = (
        "stat -f -c %T /v /w; df -k /v /w | awk '{print $2}' | tail -2; stat -c %a /v; head -c 3000000 /dev/zero > /v/x"
    )
    limited = container(
        script,
        volumeMounts=[{"name": "v", "mountPath": "/v"}, {"name": "w", "mountPath": "/w"}],
        resources={"limits": {"memory": "64Mi"}},
    )
    memory = {"medium": "Memory"}
    volumes = [{"name": "v", "emptyDir": {**memory, "sizeLimit": "2Mi"}}, {"name": "w", "emptyDir": memory}]
    create(kubectl, namespace, limited, volumes=volumes)
    wait(kubectl, namespace, "phase=Failed")
    shown = kubectl("logs", "p", namespace=namespace).stdout.splitlines()
    assert shown[:5] == ["tmpfs", "tmpfs", "2048", "65536", "1777"]
    assert shown[5].startswith("head: ")
