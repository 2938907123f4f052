"""How a Deployment changes: surge, pause, undo, history, deadlines, and what it says of that."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from pocketkube.controllers.deployments import rollout
from tests.conftest import Kubectl
from tests.controllers.objects import conditions, create, events, get, template, wait

SELECTOR = {"matchLabels": {"app": "a"}}
NEVER_READY = {"exec": {"command": ["false"]}, "periodSeconds": 1}


def deploy(kubectl: Kubectl, namespace: str, replicas: int = 2, **spec: Any) -> None:
    create(kubectl, namespace, "Deployment", replicas=replicas, selector=SELECTOR, template=template(), **spec)


def rolled_out(kubectl: Kubectl, namespace: str) -> None:
    kubectl("rollout", "status", "deploy/it", "--timeout=60s", namespace=namespace)


def sets(kubectl: Kubectl, namespace: str) -> list[dict[str, Any]]:
    """ReplicaSets, the newest revision first."""
    found = get(kubectl, namespace, "rs")["items"]
    key = "deployment.kubernetes.io/revision"
    return sorted(found, key=lambda each: -int(each["metadata"]["annotations"][key]))


def test_what_it_says_when_it_is_done(kubectl: Kubectl, namespace: str) -> None:
    deploy(kubectl, namespace, 3)
    rolled_out(kubectl, namespace)
    (replicaset,) = sets(kubectl, namespace)
    name = replicaset["metadata"]["name"]
    assert conditions(get(kubectl, namespace, "deploy", "it")) == [
        ("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability."),
        ("Progressing", "True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.'),
    ]
    assert replicaset["metadata"]["annotations"] == {
        "deployment.kubernetes.io/desired-replicas": "3",
        "deployment.kubernetes.io/max-replicas": "4",
        "deployment.kubernetes.io/revision": "1",
    }
    assert events(kubectl, namespace) == [("Normal", "ScalingReplicaSet", f"Scaled up replica set {name} from 0 to 3")]


def test_history_and_undo(kubectl: Kubectl, namespace: str) -> None:
    deploy(kubectl, namespace)
    rolled_out(kubectl, namespace)
    for number in (1, 2):
        kubectl("set", "env", "deploy/it", f"N={number}", namespace=namespace)
        kubectl("annotate", "deploy/it", f"kubernetes.io/change-cause=n{number}", "--overwrite", namespace=namespace)
        rolled_out(kubectl, namespace)
    history = kubectl("rollout", "history", "deploy/it", namespace=namespace).stdout
    assert history.split()[1:] == ["REVISION", "CHANGE-CAUSE", "1", "<none>", "2", "n1", "3", "n2"]
    kubectl("rollout", "undo", "deploy/it", "--to-revision=1", namespace=namespace)
    rolled_out(kubectl, namespace)
    newest = sets(kubectl, namespace)[0]["metadata"]["annotations"]
    assert newest["deployment.kubernetes.io/revision"] == "4"
    assert newest["deployment.kubernetes.io/revision-history"] == "1"
    told = get(kubectl, namespace, "deploy", "it")["metadata"]["annotations"]
    assert told["deployment.kubernetes.io/revision"] == "4"


def test_only_so_many_old_ones_are_kept(kubectl: Kubectl, namespace: str) -> None:
    deploy(kubectl, namespace, 1, revisionHistoryLimit=1)
    for number in range(3):
        rolled_out(kubectl, namespace)
        kubectl("set", "env", "deploy/it", f"N={number}", namespace=namespace)
    rolled_out(kubectl, namespace)
    wait(kubectl, namespace, "deploy/it", "jsonpath={.status.observedGeneration}=4")
    revisions = [
        each["metadata"]["annotations"]["deployment.kubernetes.io/revision"] for each in sets(kubectl, namespace)
    ]
    assert revisions == ["4", "3"]


def test_a_pause_holds_the_rollout_but_not_the_size(kubectl: Kubectl, namespace: str) -> None:
    deploy(kubectl, namespace)
    rolled_out(kubectl, namespace)
    kubectl("rollout", "pause", "deploy/it", namespace=namespace)
    kubectl("set", "env", "deploy/it", "N=1", namespace=namespace)
    kubectl("scale", "deploy/it", "--replicas=3", namespace=namespace)
    wait(kubectl, namespace, "deploy/it", "jsonpath={.status.availableReplicas}=3")
    (replicaset,) = sets(kubectl, namespace)
    assert replicaset["spec"]["replicas"] == 3
    found = get(kubectl, namespace, "deploy", "it")
    assert ("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused") in conditions(found)
    kubectl("rollout", "resume", "deploy/it", namespace=namespace)
    rolled_out(kubectl, namespace)
    assert [each["spec"]["replicas"] for each in sets(kubectl, namespace)] == [3, 0]


def test_recreate_ends_the_old_ones_first(kubectl: Kubectl, namespace: str) -> None:
    """The new Pods wait until the last of the old ones, which takes its time, is gone."""
    slow = template(
        "trap 'while test -e /tmp/x; do sleep 0.02; done; exit 0' TERM; touch /tmp/x; while :; do sleep 0.02; done"
    )
    slow["spec"]["terminationGracePeriodSeconds"] = 2
    create(
        kubectl,
        namespace,
        "Deployment",
        replicas=2,
        selector=SELECTOR,
        template=slow,
        strategy={"type": "Recreate"},
    )
    rolled_out(kubectl, namespace)
    before = {each["metadata"]["name"] for each in get(kubectl, namespace, "pods")["items"]}
    kubectl("set", "env", "deploy/it", "N=1", namespace=namespace)
    wait(kubectl, namespace, "deploy/it", "jsonpath={.status.observedGeneration}=2")
    assert {each["metadata"]["name"] for each in get(kubectl, namespace, "pods")["items"]} == before
    rolled_out(kubectl, namespace)
    assert not before & {each["metadata"]["name"] for each in get(kubectl, namespace, "pods")["items"]}


def test_a_rollout_that_gets_nowhere(kubectl: Kubectl, namespace: str) -> None:
    deploy(kubectl, namespace)
    rolled_out(kubectl, namespace)
    template = {"spec": {"containers": [{"name": "c", "readinessProbe": NEVER_READY}]}}
    patch = {"spec": {"progressDeadlineSeconds": 1, "template": template}}
    kubectl("patch", "deploy/it", "-p", json.dumps(patch), namespace=namespace)
    done = kubectl("rollout", "status", "deploy/it", "--timeout=60s", namespace=namespace, fails=True)
    assert 'error: deployment "it" exceeded its progress deadline' in done.stderr
    name = sets(kubectl, namespace)[0]["metadata"]["name"]
    failed = ("Progressing", "False", "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.')
    assert failed in conditions(get(kubectl, namespace, "deploy", "it"))
    assert [each["status"].get("readyReplicas", 0) for each in sets(kubectl, namespace)] == [0, 2]


def test_pods_have_to_stay_ready_for_a_while(kubectl: Kubectl, namespace: str) -> None:
    deploy(kubectl, namespace, 1, minReadySeconds=2)
    wait(kubectl, namespace, "deploy/it", "jsonpath={.status.readyReplicas}=1")
    assert "availableReplicas" not in get(kubectl, namespace, "deploy", "it")["status"]
    wait(kubectl, namespace, "deploy/it", "jsonpath={.status.availableReplicas}=1")


def test_a_pod_that_loses_its_label_is_replaced_and_stays(kubectl: Kubectl, namespace: str) -> None:
    deploy(kubectl, namespace, 1)
    rolled_out(kubectl, namespace)
    (pod,) = get(kubectl, namespace, "pods")["items"]
    name = pod["metadata"]["name"]
    kubectl("label", "pod", name, "app-", namespace=namespace)
    kubectl("wait", "--for=create", "pod", "-l", "app=a", "--timeout=60s", namespace=namespace)
    rolled_out(kubectl, namespace)
    assert "ownerReferences" not in get(kubectl, namespace, "pod", name)["metadata"]
    assert len(get(kubectl, namespace, "pods")["items"]) == 2
    kubectl("label", "pod", name, "app=a", namespace=namespace)
    kubectl("wait", "--for=jsonpath={.status.replicas}=1", "rs", "--all", "--timeout=60s", namespace=namespace)


def size(name: str, replicas: int, available: int, most: int = 0) -> dict[str, Any]:
    annotations = {"deployment.kubernetes.io/max-replicas": str(most), "deployment.kubernetes.io/desired-replicas": "0"}
    metadata = {"name": name, "annotations": annotations, "creationTimestamp": name}
    return {"metadata": metadata, "spec": {"replicas": replicas}, "status": {"availableReplicas": available}}


def deployment(replicas: int, surge: int | str, unavailable: int | str) -> dict[str, Any]:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    return {"spec": {"replicas": replicas, "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}}


@pytest.mark.parametrize(
    ("wanted", "surge", "unavailable", "current", "others", "grown"),
    [
        (10, "25%", "25%", 0, 10, 3),
        (10, "25%", "25%", 3, 8, 5),
        (3, 1, 0, 0, 3, 1),
        (3, 0, 1, 0, 3, 0),
        (3, 0, 1, 0, 2, 1),
        (2, "100%", 0, 0, 2, 2),
        (4, "25%", 0, 4, 1, 4),
    ],
)
def test_how_far_the_new_one_may_grow(
    wanted: int, surge: int | str, unavailable: int | str, current: int, others: int, grown: int
) -> None:
    assert rollout.new_size(deployment(wanted, surge, unavailable), current, others) == grown


@pytest.mark.parametrize(
    ("wanted", "unavailable", "current", "old", "sizes"),
    [
        pytest.param(3, 0, (1, 0), [(3, 3)], [3], id="nothing-to-spare"),
        pytest.param(3, 0, (1, 1), [(3, 3)], [2], id="one-new-one-less"),
        pytest.param(10, "25%", (3, 0), [(10, 10)], [8], id="as-many-as-may-be-missing"),
        pytest.param(3, 0, (1, 0), [(3, 1)], [3], id="the-new-one-is-not-there-yet"),
        pytest.param(4, 2, (2, 0), [(4, 2)], [2], id="the-unavailable-go-first"),
        pytest.param(4, 0, (4, 4), [(2, 2), (1, 0)], [0, 0], id="all-of-them"),
    ],
)
def test_how_the_old_ones_give_way(
    wanted: int, unavailable: int | str, current: tuple[int, int], old: list[tuple[int, int]], sizes: list[int]
) -> None:
    """(replicas, available) of each."""
    olds = [size(f"old{number}", *each) for number, each in enumerate(old)]
    found = rollout.shrink_old(deployment(wanted, 1, unavailable), size("new", *current), olds)
    assert list(found.values()) == sizes


@pytest.mark.parametrize(
    ("wanted", "surge", "sets_of", "sizes"),
    [
        pytest.param(15, 3, [("old", 8, 13), ("new", 5, 13)], {"old": 11, "new": 7}, id="grows"),
        pytest.param(5, 3, [("old", 8, 13), ("new", 5, 13)], {"old": 5, "new": 3}, id="shrinks"),
        pytest.param(6, 1, [("only", 4, 5)], {"only": 6}, id="only-one"),
        pytest.param(0, 1, [("old", 3, 5), ("new", 2, 5)], {"old": 0, "new": 0}, id="to-nothing"),
    ],
)
def test_a_new_size_is_shared_out(
    wanted: int, surge: int, sets_of: list[tuple[str, int, int]], sizes: dict[str, int]
) -> None:
    """The example of https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling."""
    all_sets = [size(name, replicas, replicas, most) for name, replicas, most in sets_of]
    assert rollout.in_proportion(deployment(wanted, surge, 2), all_sets[-1], all_sets) == sizes


def test_a_replicaset_that_is_refused(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, "ResourceQuota", "none", hard={"count/replicasets.apps": "0"})
    kubectl("wait", "--for=jsonpath={.status.used}", "quota/none", "--timeout=60s", namespace=namespace)
    deploy(kubectl, namespace)
    kubectl("wait", "--for=condition=Progressing=False", "deploy/it", "--timeout=60s", namespace=namespace)
    ((kind, _, reason, message),) = conditions(get(kubectl, namespace, "deploy", "it"))
    assert (kind, reason) == ("Progressing", "ReplicaSetCreateError")
    assert re.match(
        r'Failed to create new replica set "it-\w+": replicasets.apps "it-\w+" is forbidden: exceeded', message
    )
    assert ("Warning", reason, message) in events(kubectl, namespace)


def test_a_name_that_another_has(kubectl: Kubectl, namespace: str) -> None:
    deploy(kubectl, namespace)
    rolled_out(kubectl, namespace)
    (taken,) = sets(kubectl, namespace)
    kubectl("delete", "deploy", "it", namespace=namespace)
    other = template()
    other["metadata"]["labels"] = {"app": "other"}
    kubectl("wait", "--for=delete", f"rs/{taken['metadata']['name']}", "--timeout=60s", namespace=namespace)
    selector = {"matchLabels": {"app": "other"}}
    create(kubectl, namespace, "ReplicaSet", taken["metadata"]["name"], selector=selector, template=other, replicas=0)
    deploy(kubectl, namespace)
    rolled_out(kubectl, namespace)
    assert get(kubectl, namespace, "deploy", "it")["status"]["collisionCount"] == 1
