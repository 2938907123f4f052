"""Pod Security admission by table: what each control refuses, in Kubernetes' words."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.admission.conftest import pod, refusal
from tests.conftest import Create, Kubectl

LABEL = "pod-security.kubernetes.io"
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def context(**fields: Any) -> dict[str, Any]:
    return {"securityContext": fields}


BASELINE: list[tuple[str, dict[str, Any], str]] = [
    ("host-network", pod(hostNetwork=True), "host namespaces (hostNetwork=true)"),
    ("host-all", pod(hostPID=True, hostIPC=True), "host namespaces (hostPID=true, hostIPC=true)"),
    (
        "host-path",
        pod(volumes=[{"name": "v", "hostPath": {"path": "/"}}]),
        'hostPath volumes (volume "v")',
    ),
    (
        "host-ports",
        pod("p", {"ports": [{"containerPort": 80, "hostPort": 80}, {"containerPort": 81, "hostPort": 81}]}),
        'hostPort (container "c" uses hostPorts 80, 81)',
    ),
    (
        "privileged",
        pod("p", context(privileged=True), {"name": "d", **context(privileged=True)}),
        'privileged (containers "c", "d" must not set securityContext.privileged=true)',
    ),
    (
        "init-privileged",
        pod(initContainers=[{"name": "i", "image": "busybox", **context(privileged=True)}]),
        'privileged (container "i" must not set securityContext.privileged=true)',
    ),
    (
        "capabilities",
        pod("p", context(capabilities={"add": ["SYS_ADMIN", "CHOWN", "NET_ADMIN"]})),
        'non-default capabilities (container "c" must not include "NET_ADMIN", "SYS_ADMIN" in '
        "securityContext.capabilities.add)",
    ),
    (
        "seccomp",
        pod(securityContext={"seccompProfile": {"type": "Unconfined"}}),
        'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ),
    (
        "apparmor",
        pod("p", context(appArmorProfile={"type": "Unconfined"})),
        'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
    ),
    (
        "selinux",
        pod(securityContext={"seLinuxOptions": {"type": "spc_t", "user": "u"}}),
        'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
    ),
    (
        "sysctls",
        pod(securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}),
        "forbidden sysctls (kernel.msgmax)",
    ),
    (
        "probe-host",
        pod("p", {"readinessProbe": {"httpGet": {"port": 80, "host": "192.0.2.1"}}}),
        'probe or lifecycle host (container "c" uses probe or lifecycle host "192.0.2.1")',
    ),
    (
        "several",
        pod("p", context(privileged=True, capabilities={"add": ["NET_RAW"]}), hostNetwork=True),
        'non-default capabilities (container "c" must not include "NET_RAW" in securityContext.capabilities.add), '
        "host namespaces (hostNetwork=true), "
        'privileged (container "c" must not set securityContext.privileged=true)',
    ),
]
ALLOWED_BY_BASELINE = [
    pytest.param(pod(), id="plain"),
    pytest.param(pod("p", context(runAsUser=0, capabilities={"add": ["CHOWN"]})), id="root"),
    pytest.param(pod(securityContext={"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}]}), id="safe-sysctl"),
    pytest.param(pod("p", context(procMount="Unmasked"), hostUsers=False), id="user-namespace"),
]
ALL_OF_RESTRICTED = (
    'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), '
    'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), '
    'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), '
    'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or '
    '"Localhost")'
)
BEYOND_BASELINE: list[tuple[str, dict[str, Any], str]] = [
    ("nothing-set", pod(), ALL_OF_RESTRICTED),
    (
        "root",
        pod("p", context(**RESTRICTED), securityContext={"runAsUser": 0}),
        "runAsUser=0 (pod must not set runAsUser=0)",
    ),
    (
        "added",
        pod("p", context(**{**RESTRICTED, "capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}})),
        'unrestricted capabilities (container "c" must not include "CHOWN" in securityContext.capabilities.add)',
    ),
    (
        "volume",
        pod("p", context(**RESTRICTED), volumes=[{"name": "v", "hostPath": {"path": "/"}}]),
        'restricted volume types (volume "v" uses restricted volume type "hostPath")',
    ),
    (
        "explicitly-root",
        pod("p", context(**{**RESTRICTED, "runAsNonRoot": False})),
        'runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false)',
    ),
]


def label(kubectl: Kubectl, namespace: str, **modes: str) -> None:
    labels = [f"{LABEL}/{mode.replace('_', '-')}={value}" for mode, value in modes.items()]
    kubectl("label", "namespace", namespace, *labels, "--overwrite")


@pytest.mark.parametrize(("manifest", "reasons"), [pytest.param(*case[1:], id=case[0]) for case in BASELINE])
def test_baseline_refuses(
    kubectl: Kubectl, namespace: str, create: Create, manifest: dict[str, Any], reasons: str
) -> None:
    create(manifest, dry_run=True)  # without a label nothing is refused
    label(kubectl, namespace, enforce="baseline")
    assert refusal(create(manifest, fails=True)) == f'violates PodSecurity "baseline:latest": {reasons}'


@pytest.mark.parametrize("manifest", ALLOWED_BY_BASELINE)
def test_baseline_allows(kubectl: Kubectl, namespace: str, create: Create, manifest: dict[str, Any]) -> None:
    label(kubectl, namespace, enforce="baseline")
    assert "PodSecurity" not in create(manifest, dry_run=True).stderr


@pytest.mark.parametrize(("manifest", "reasons"), [pytest.param(*case[1:], id=case[0]) for case in BEYOND_BASELINE])
def test_restricted_refuses(
    kubectl: Kubectl, namespace: str, create: Create, manifest: dict[str, Any], reasons: str
) -> None:
    label(kubectl, namespace, enforce="restricted", enforce_version="v1.30")
    assert refusal(create(manifest, fails=True)) == f'violates PodSecurity "restricted:v1.30": {reasons}'
    label(kubectl, namespace, enforce="privileged", warn="restricted")
    assert f'would violate PodSecurity "restricted:latest": {reasons}' in create(manifest, dry_run=True).stderr


def test_restricted_allows_what_keeps_to_it(kubectl: Kubectl, namespace: str, create: Create) -> None:
    label(kubectl, namespace, enforce="restricted")
    assert create(pod("p", context(**RESTRICTED)), dry_run=True).stderr == ""


def workload(kind: str, **spec: Any) -> dict[str, Any]:
    labels = {"app": "w"}
    template = {"metadata": {"labels": labels}, "spec": pod(hostNetwork=True)["spec"]}
    full = {"selector": {"matchLabels": labels}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "w"}, "spec": full}


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("ReplicaSet", r'Error creating: pods "w-[a-z0-9]{5}" is forbidden: violates PodSecurity "baseline:latest": '),
        (
            "StatefulSet",
            'create Pod w-0 in StatefulSet w failed error: pods "w-0" is forbidden: violates PodSecurity '
            '"baseline:latest": ',
        ),
    ],
)
def test_a_controller_tells_of_the_refusal_and_tries_again(
    kubectl: Kubectl, namespace: str, create: Create, kind: str, message: str
) -> None:
    label(kubectl, namespace, enforce="baseline")
    warned = create(workload(kind)).stderr
    assert warned == 'Warning: would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)\n'
    selector = ("--field-selector", "reason=FailedCreate")
    kubectl("wait", "--for=jsonpath={.type}=Warning", "events", *selector, "--timeout=60s", namespace=namespace)
    events = json.loads(kubectl("get", "events", *selector, "-o", "json", namespace=namespace).stdout)["items"]
    pattern = message + re.escape("host namespaces (hostNetwork=true)")
    assert all(re.fullmatch(pattern, each["message"]) for each in events)
    label(kubectl, namespace, enforce="privileged")
    ready = "--for=jsonpath={.status.readyReplicas}=1"
    kubectl("wait", ready, f"{kind.lower()}/w", "--timeout=60s", namespace=namespace)


def test_a_refused_replicaset_and_its_deployment_say_so(kubectl: Kubectl, namespace: str, create: Create) -> None:
    label(kubectl, namespace, enforce="baseline")
    create(workload("Deployment"))
    for resource in ("replicaset", "deployment"):
        condition = "--for=condition=ReplicaFailure"
        kubectl("wait", condition, resource, "--all", "--timeout=60s", namespace=namespace)
    path = "jsonpath={.items[0].status.conditions[?(@.type=='ReplicaFailure')]}"
    found = json.loads(kubectl("get", "deployments", "-o", path, namespace=namespace).stdout)
    assert found["reason"] == "FailedCreate"
    assert found["message"].endswith("host namespaces (hostNetwork=true)")
    label(kubectl, namespace, enforce="privileged")
    kubectl("rollout", "status", "deployment/w", "--timeout=60s", namespace=namespace)
    assert "ReplicaFailure" not in kubectl("get", "deployments", "-o", "json", namespace=namespace).stdout


@pytest.mark.parametrize(
    ("mode", "value", "words"),
    [
        ("enforce", "strict", "must be one of privileged, baseline, restricted"),
        ("warn-version", "1.30", 'must be "latest" or "v1.x"'),
    ],
)
def test_unknown_labels_are_refused(kubectl: Kubectl, namespace: str, mode: str, value: str, words: str) -> None:
    done = kubectl("label", "namespace", namespace, f"{LABEL}/{mode}={value}", fails=True)
    field = f"metadata.labels[{LABEL}/{mode}]"
    assert done.stderr == f'The Namespace "{namespace}" is invalid: {field}: Invalid value: "{value}": {words}\n'
