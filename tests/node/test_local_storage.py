"""What a Pod may keep on its node."""

from __future__ import annotations

from tests.node.pods import Kubectl, container, create, events, status, wait


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
