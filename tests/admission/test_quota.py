"""ResourceQuotas: what is counted, what is refused, and how `kubectl get quota` prints it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.admission.conftest import pod, refusal
from tests.conftest import Create, Kubectl


def quota(scopes: list[str] | None = None, **hard: Any) -> dict[str, Any]:
    """Names with `_` for `.` and `__` for `/`."""
    limits = {name.replace("__", "/").replace("_", "."): value for name, value in hard.items()}
    spec = {"hard": limits, **({"scopes": scopes} if scopes else {})}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": spec}


def service(name: str, **spec: Any) -> dict[str, Any]:
    full = {"ports": [{"name": "a", "port": 80}, {"name": "b", "port": 81}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": full}


def config_map(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


def deployment(name: str) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": pod()["spec"]}
    spec = {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def asks(name: str, **resources: dict[str, Any]) -> dict[str, Any]:
    return pod(name, {"resources": resources})


def used(kubectl: Kubectl, namespace: str, **expected: str) -> None:
    """Wait until the quota's status counts what is expected."""
    for name, value in expected.items():
        escaped = name.replace("__", "/").replace("_", "\\.")
        condition = f"--for=jsonpath={{.status.used.{escaped}}}={value}"
        kubectl("wait", condition, "quota/q", "--timeout=60s", namespace=namespace)


@pytest.mark.parametrize(
    ("limits", "fits", "does_not", "why"),
    [
        pytest.param(
            quota(pods=1),
            pod("a"),
            pod("b"),
            'pods "b" exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
            id="pods",
        ),
        pytest.param(
            quota(count__deployments_apps=1),
            deployment("a"),
            deployment("b"),
            'deployments.apps "b" exceeded quota: q, requested: count/deployments.apps=1, '
            "used: count/deployments.apps=1, limited: count/deployments.apps=1",
            id="count",
        ),
        pytest.param(
            quota(configmaps=2),  # kube-root-ca.crt is one
            config_map("a"),
            config_map("b"),
            'configmaps "b" exceeded quota: q, requested: configmaps=1, used: configmaps=2, limited: configmaps=2',
            id="configmaps",
        ),
        pytest.param(
            quota(services=1),
            service("a"),
            service("b"),
            'services "b" exceeded quota: q, requested: services=1, used: services=1, limited: services=1',
            id="services",
        ),
        pytest.param(
            quota(services_nodeports=3),
            service("a", type="NodePort"),
            service("b", type="NodePort"),
            'services "b" exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=2, '
            "limited: services.nodeports=3",
            id="nodeports",
        ),
        pytest.param(
            quota(services_loadbalancers=0),
            service("a"),
            service("b", type="LoadBalancer"),
            'services "b" exceeded quota: q, requested: services.loadbalancers=1, used: services.loadbalancers=0, '
            "limited: services.loadbalancers=0",
            id="loadbalancers",
        ),
        pytest.param(
            quota(requests_cpu=1, limits_memory="1024Mi"),
            asks("a", requests={"cpu": 0.6}, limits={"memory": "600Mi"}),
            asks("b", requests={"cpu": "500m"}, limits={"memory": "0.5Gi"}),
            'pods "b" exceeded quota: q, requested: limits.memory=512Mi,requests.cpu=500m, '
            "used: limits.memory=600Mi,requests.cpu=600m, limited: limits.memory=1Gi,requests.cpu=1",
            id="compute",
        ),
        pytest.param(
            quota(limits_cpu=1, limits_memory="1Gi"),
            asks("a", limits={"cpu": "100m", "memory": "1Mi"}),
            pod("b", {"resources": {"limits": {"memory": "1Mi"}}}, {"name": "d"}),
            'pods "b" failed quota: q: must specify limits.cpu for: c,d; limits.memory for: d',
            id="unspecified",
        ),
        pytest.param(
            quota(["BestEffort"], pods=0),
            asks("a", requests={"cpu": "1m"}),
            pod("b"),
            'pods "b" exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0',
            id="scope",
        ),
    ],
)
def test_quota(create: Create, limits: Any, fits: Any, does_not: Any, why: str) -> None:
    create(limits, fits)
    plural, name, reason = why.split(" ", 2)
    assert refusal(create(does_not, fails=True), f"{plural} {name}") == reason


def test_a_service_that_becomes_a_node_port_is_counted(kubectl: Kubectl, namespace: str, create: Create) -> None:
    create(quota(services=5, services_nodeports=1), service("a"))
    patch = json.dumps({"spec": {"type": "NodePort"}})
    done = kubectl("patch", "service", "a", "-p", patch, namespace=namespace, fails=True)
    assert "requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1" in done.stderr


def test_status_follows_what_comes_and_goes(kubectl: Kubectl, namespace: str, create: Create) -> None:
    create(quota(pods=5, requests_memory="1Gi", limits_memory="2Gi"))
    used(kubectl, namespace, pods="0", requests_memory="0")
    memory = {"requests": {"memory": "100Mi"}, "limits": {"memory": "0.2Gi"}}
    create(asks("a", **memory), asks("b", **memory))
    used(kubectl, namespace, pods="2", requests_memory="200Mi")
    header, line = kubectl("get", "quota", namespace=namespace).stdout.splitlines()
    assert header.split() == ["NAME", "REQUEST", "LIMIT", "AGE"]
    assert "pods: 2/5, requests.memory: 200Mi/1Gi" in line
    assert "limits.memory: 429496729600m/2Gi" in line
    kubectl("delete", "pod", "a", namespace=namespace)
    used(kubectl, namespace, pods="1", requests_memory="100Mi")


def test_a_pod_that_has_ended_holds_nothing(kubectl: Kubectl, namespace: str, create: Create) -> None:
    create(quota(pods=1, count__pods=2), pod("a", {"command": ["true"]}, restartPolicy="Never"))
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/a", "--timeout=60s", namespace=namespace)
    used(kubectl, namespace, pods="0", count__pods="1")
    create(pod("b"))


def test_a_replicaset_gets_as_far_as_the_quota_lets_it(kubectl: Kubectl, namespace: str, create: Create) -> None:
    large = deployment("d")
    large["spec"]["replicas"] = 3
    create(quota(pods=2), large)
    kubectl("wait", "--for=condition=ReplicaFailure", "deployment/d", "--timeout=60s", namespace=namespace)
    used(kubectl, namespace, pods="2")
    kubectl("patch", "quota", "q", "-p", json.dumps({"spec": {"hard": {"pods": "3"}}}), namespace=namespace)
    kubectl("rollout", "status", "deployment/d", "--timeout=60s", namespace=namespace)


def test_invalid_quotas(create: Create) -> None:
    done = create(quota(tokens=1), fails=True)
    which = '* spec.hard[tokens]: Invalid value: "tokens": must be a standard resource'
    assert done.stderr == f'The ResourceQuota "q" is invalid: \n{which} type or fully qualified\n{which} for quota\n'
    assert "quantities must match the regular expression" in create(quota(pods="many"), fails=True).stderr
