"""Where Pods go, why they go nowhere, and what drives them away."""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from pocketkube import cluster as pocket
from tests.conftest import Kubectl
from tests.controllers.objects import create, events, get, template, wait

END = "no new claims to deallocate, preemption: 0/3 nodes are available: {}."
HELPLESS = END.format("3 Preemption is not helpful for scheduling")
TAINTED = "1 node(s) had untolerated taint(s)"


def pod(kubectl: Kubectl, namespace: str, name: str = "it", labels: dict[str, str] | None = None, **spec: Any) -> None:
    full = template()["spec"] | spec
    obj = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels or {"app": "a"}},
        "spec": full,
    }
    kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(obj))


def node_affinity(*terms: dict[str, Any]) -> dict[str, Any]:
    required = {"nodeSelectorTerms": [{"matchExpressions": [term]} for term in terms]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}


def on_node(name: str) -> dict[str, Any]:
    field = {"key": "metadata.name", "operator": "In", "values": [name]}
    required = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}


def near(kind: str, app: str) -> dict[str, Any]:
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": app}}}
    return {"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}


def asks_for(**resources: str) -> dict[str, Any]:
    container = template()["spec"]["containers"][0]
    return {"containers": [{**container, "resources": {"requests": resources}}]}


HOST = "kubernetes.io/hostname"


@pytest.mark.parametrize(
    ("spec", "node"),
    [
        ({"nodeSelector": {HOST: "node02"}}, "node02"),
        (node_affinity({"key": HOST, "operator": "In", "values": ["node01"]}), "node01"),
        (node_affinity({"key": HOST, "operator": "NotIn", "values": ["node01", "control-plane"]}), "node02"),
        ({"nodeName": "control-plane"}, "control-plane"),
        (
            {
                "tolerations": [{"operator": "Exists"}],
                "nodeSelector": {"node-role.kubernetes.io/control-plane": ""},
            },
            "control-plane",
        ),
    ],
)
def test_the_node_that_is_asked_for(kubectl: Kubectl, namespace: str, spec: dict[str, Any], node: str) -> None:
    pod(kubectl, namespace, **spec)
    wait(kubectl, namespace, "pod/it", "condition=Ready")
    assert get(kubectl, namespace, "pod", "it")["spec"]["nodeName"] == node


@pytest.mark.parametrize(
    ("spec", "reasons", "end"),
    [
        pytest.param(
            {"nodeSelector": {"no": "where"}},
            f"{TAINTED}, 2 node(s) didn't match Pod's node affinity/selector",
            HELPLESS,
            id="node-selector",
        ),
        pytest.param(asks_for(cpu="3"), f"{TAINTED}, 2 Insufficient cpu", HELPLESS, id="more-than-a-node-has"),
        pytest.param(
            asks_for(cpu="3", memory="9Gi"),
            f"{TAINTED}, 2 Insufficient cpu, 2 Insufficient memory",
            HELPLESS,
            id="two-resources",
        ),
        pytest.param(
            near("podAffinity", "nobody"),
            f"{TAINTED}, 2 node(s) didn't match pod affinity rules",
            HELPLESS,
            id="affinity",
        ),
        pytest.param(
            {**on_node("node01"), **asks_for(cpu="3")},
            "1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]",
            HELPLESS,
            id="named-node",
        ),
        pytest.param(
            {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]},
            'persistentvolumeclaim "data" not found',
            HELPLESS,
            id="claim",
        ),
    ],
)
def test_why_a_pod_goes_nowhere(kubectl: Kubectl, namespace: str, spec: dict[str, Any], reasons: str, end: str) -> None:
    pod(kubectl, namespace, **spec)
    wait(kubectl, namespace, "pod/it", "condition=PodScheduled=False")
    message = f"0/3 nodes are available: {reasons}. {end}"
    (condition,) = get(kubectl, namespace, "pod", "it")["status"]["conditions"]
    assert (condition["reason"], condition["message"]) == ("Unschedulable", message)
    assert events(kubectl, namespace) == [("Warning", "FailedScheduling", message)]


def test_pods_that_avoid_each_other(kubectl: Kubectl, namespace: str) -> None:
    for name in ("one", "two"):
        pod(kubectl, namespace, name, **near("podAntiAffinity", "a"))
        wait(kubectl, namespace, f"pod/{name}", "condition=PodScheduled")
    pod(kubectl, namespace, **near("podAntiAffinity", "a"))
    wait(kubectl, namespace, "pod/it", "condition=PodScheduled=False")
    end = END.format("1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod")
    reasons = f"{TAINTED}, 2 node(s) didn't match pod anti-affinity rules"
    assert events(kubectl, namespace)[0][2] == f"0/3 nodes are available: {reasons}. {end}"
    kubectl("delete", "pod", "one", namespace=namespace)
    wait(kubectl, namespace, "pod/it", "condition=PodScheduled")


def test_pods_that_stay_together(kubectl: Kubectl, namespace: str) -> None:
    for name in ("one", "two", "three"):
        pod(kubectl, namespace, name, **near("podAffinity", "a"))
        wait(kubectl, namespace, f"pod/{name}", "condition=PodScheduled")
    assert len({each["spec"]["nodeName"] for each in get(kubectl, namespace, "pods")["items"]}) == 1


@pytest.mark.parametrize(("kind", "nodes"), [("podAffinity", 1), ("podAntiAffinity", 2)])
def test_pods_that_would_rather_be_near_or_far(kubectl: Kubectl, namespace: str, kind: str, nodes: int) -> None:
    required = near(kind, "a")["affinity"][kind]["requiredDuringSchedulingIgnoredDuringExecution"]
    term = {"weight": 10, "podAffinityTerm": required[0]}
    preferred = {"affinity": {kind: {"preferredDuringSchedulingIgnoredDuringExecution": [term]}}}
    for name in ("one", "two", "three", "four"):
        pod(kubectl, namespace, name, **preferred)
        wait(kubectl, namespace, f"pod/{name}", "condition=PodScheduled")
    found = Counter(each["spec"]["nodeName"] for each in get(kubectl, namespace, "pods")["items"])
    assert set(found.values()) == {4 // nodes}


@pytest.mark.parametrize(("policy", "fits"), [("Honor", True), ("Ignore", False)])
def test_pods_that_are_spread(kubectl: Kubectl, namespace: str, policy: str, fits: bool) -> None:
    """Two nodes have one each. A third fits where the control plane, which takes none, does not count as empty."""
    constraint = {
        "maxSkew": 1,
        "topologyKey": HOST,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "a"}},
        "nodeTaintsPolicy": policy,
    }
    for name in ("one", "two"):
        pod(kubectl, namespace, name, topologySpreadConstraints=[constraint])
        wait(kubectl, namespace, f"pod/{name}", "condition=PodScheduled")
    assert len({each["spec"]["nodeName"] for each in get(kubectl, namespace, "pods")["items"]}) == 2
    pod(kubectl, namespace, topologySpreadConstraints=[constraint])
    wait(kubectl, namespace, "pod/it", f"condition=PodScheduled={fits}")
    if not fits:
        assert f"{TAINTED}, 2 node(s) didn't match pod topology spread constraints." in events(kubectl, namespace)[0][2]


def test_a_gate_holds_a_pod_back(kubectl: Kubectl, namespace: str) -> None:
    pod(kubectl, namespace, schedulingGates=[{"name": "example.com/wait"}])
    wait(kubectl, namespace, "pod/it", "condition=PodScheduled=False")
    assert kubectl("get", "pod", "it", "--no-headers", namespace=namespace).stdout.split()[2] == "SchedulingGated"
    assert kubectl("logs", "it", namespace=namespace).stdout == ""


@pytest.fixture(scope="module")
def own_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pocket.Cluster]:
    """Nodes are everybody's: whoever changes one needs a cluster of its own."""
    with pocket.start(tmp_path_factory.mktemp("nodes")) as running:
        yield running.wait_ready()


@pytest.fixture
def own_kubectl(kubectl: Kubectl, own_cluster: pocket.Cluster) -> Kubectl:
    def run(*arguments: str, **options: Any) -> Any:
        return kubectl(f"--kubeconfig={own_cluster.kubeconfig}", *arguments, **options)

    return run


def test_a_cordoned_node_takes_no_more(own_kubectl: Kubectl) -> None:
    own_kubectl("cordon", "node02")
    taint = "jsonpath={.spec.taints[0].key}=node.kubernetes.io/unschedulable"
    own_kubectl("wait", f"--for={taint}", "node/node02", "--timeout=60s")
    name = f"p-{secrets.token_hex(4)}"
    pod(own_kubectl, "default", name, nodeSelector={HOST: "node02"})
    wait(own_kubectl, "default", f"pod/{name}", "condition=PodScheduled=False")
    reasons = "1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s), "
    assert f"{reasons}1 node(s) were unschedulable." in events(own_kubectl, "default", name)[0][2]
    own_kubectl("uncordon", "node02")
    wait(own_kubectl, "default", f"pod/{name}", "condition=PodScheduled")
    assert "taints" not in get(own_kubectl, "", "node", "node02")["spec"]


def test_a_node_that_is_avoided_where_there_is_another(own_kubectl: Kubectl) -> None:
    own_kubectl("taint", "node", "node01", "slow=yes:PreferNoSchedule")
    names = [f"p-{secrets.token_hex(4)}" for _ in range(3)]
    for name in names:
        pod(own_kubectl, "default", name)
        wait(own_kubectl, "default", f"pod/{name}", "condition=PodScheduled")
        assert get(own_kubectl, "default", "pod", name)["spec"]["nodeName"] == "node02"
    own_kubectl("taint", "node", "node01", "slow=yes:PreferNoSchedule-")
    own_kubectl("delete", "pod", *names, "--wait=false", namespace="default")


def test_a_taint_drives_pods_away(own_kubectl: Kubectl) -> None:
    tolerant = [{"key": "k", "operator": "Exists", "effect": "NoExecute"}]
    patient = [{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1}]
    for name, tolerations in (("none", []), ("some", patient), ("all", tolerant)):
        pod(own_kubectl, "default", name, nodeName="node01", tolerations=tolerations)
        wait(own_kubectl, "default", f"pod/{name}", "condition=Ready")
    own_kubectl("taint", "node", "node01", "k=v:NoExecute")
    for name in ("none", "some"):
        wait(own_kubectl, "default", f"pod/{name}", "delete")
    told = ("Normal", "TaintManagerEviction", "Marking for deletion Pod default/none")
    assert told in events(own_kubectl, "default", "none")
    assert get(own_kubectl, "default", "pod", "all")["status"]["phase"] == "Running"
    own_kubectl("taint", "node", "node01", "k=v:NoExecute-")


def test_events_of_the_scheduler_have_one_exact_time(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, "Pod", **template()["spec"])
    wait(kubectl, namespace, "pod/it", "condition=PodScheduled")
    chosen = "--field-selector=reason=Scheduled"
    (event,) = get(kubectl, namespace, "events", chosen)["items"]
    assert (event["action"], event["source"]) == ("Binding", {})
    assert (event["firstTimestamp"], event["lastTimestamp"], event.get("count")) == (None, None, None)
    assert re.fullmatch(r"[\dT:-]{19}\.\d{6}Z", event["eventTime"])
    names = (event["reportingComponent"], event["reportingInstance"])
    assert names == ("default-scheduler", "default-scheduler-control-plane")


def test_a_taint_that_goes_in_time(own_kubectl: Kubectl) -> None:
    patient = [{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 600}]
    pod(own_kubectl, "default", "spared", nodeName="node01", tolerations=patient)
    wait(own_kubectl, "default", "pod/spared", "condition=Ready")
    own_kubectl("taint", "node", "node01", "k=v:NoExecute")
    own_kubectl("taint", "node", "node01", "k=v:NoExecute-")
    told = ("Normal", "TaintManagerEviction", "Cancelling deletion of Pod default/spared")
    for _ in range(100):
        if told in events(own_kubectl, "default", "spared"):
            return
    raise AssertionError(events(own_kubectl, "default", "spared"))
