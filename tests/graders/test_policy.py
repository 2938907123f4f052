"""What a submission may not contain, each with its line; and what it may, although it looks alike."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from graders import policy
from graders.lab import KINDS, Lab, load
from graders.policy.quantity import quantity
from graders.submission import InvalidSubmission, SourceFile, parse
from graders.verdict import GraderError

LAB = Lab(Path("lab"), "A lab", KINDS, 10, images=("nginx:1.29",), namespaces=("staging",))
GIVEN = {("Service", "given")}


def enforce(text: str, lab: Lab = LAB) -> None:
    policy.enforce(lab, parse("a.yaml", [SourceFile("a.yaml", text.encode())]), GIVEN)


def of(kind: str, **spec: Any) -> str:
    return yaml.safe_dump({"kind": kind, "metadata": {"name": "a"}, "spec": spec}, sort_keys=False)


def pod(**spec: Any) -> str:
    return of("Pod", **{"containers": [{"name": "a", "image": "nginx:1.29"}], **spec})


def container(**fields: Any) -> str:
    return of("Deployment", template={"spec": {"containers": [{"name": "a", "image": "nginx:1.29", **fields}]}})


def meta(**fields: Any) -> str:
    return yaml.safe_dump({"kind": "Service", "metadata": {"name": "a", **fields}}, sort_keys=False)


def slice_of(address: str) -> str:
    return f"kind: EndpointSlice\nmetadata: {{name: a}}\nendpoints:\n- addresses:\n  - {address}\n"


REFUSED = [
    pytest.param("kind: Secret\n", "a.yaml:1: Secret is not allowed in this lab, only Service and", id="kind"),
    pytest.param("kind: ClusterRole\n", "ClusterRole is not allowed", id="cluster-scoped"),
    pytest.param("kind: MutatingWebhookConfiguration\n", "MutatingWebhook", id="webhook"),
    pytest.param("kind: Namespace\n", "Namespace is not allowed", id="namespace-kind"),
    pytest.param("kind: Service\napiVersion: serving.knative.dev/v1\n", ":2: the API group serving.k", id="group"),
    pytest.param("kind: Service\napiVersion: ../../api/v1/nodes\n", "is no apiVersion", id="path-as-version"),
    pytest.param("kind: Service\napiVersion: v1?dryRun=All\n", "is no apiVersion", id="query-as-version"),
    pytest.param(meta(namespace="kube-system"), ":4: it names a namespace of its own", id="namespace"),
    pytest.param("kind: Service\nmetadata:\n  name: given\n", ":3: Service 'given' belongs to the lab", id="given"),
    pytest.param("kind: Pod\nmetadata: {name: tiny-tools}\n", "belongs to the lab", id="tiny-tools"),
    pytest.param("kind: Service\nmetadata: {name: tiny-tools}\n", "belongs to the lab", id="tiny-tools-service"),
    pytest.param(meta(generateName="a-"), ":4: generateName", id="generate-name"),
    pytest.param(meta(finalizers=["example.com/never"]), ":4: metadata.finalizers", id="finalizers"),
    pytest.param(meta(ownerReferences=[{"uid": "1"}]), "metadata.ownerReferences", id="owner"),
    pytest.param(
        meta(annotations={"service.kubernetes.io/topology-mode": "Auto"}), ":5: the annotation", id="annotation"
    ),
    pytest.param(meta(annotations={"metallb.universe.tf/address-pool": "a"}), "the annotation", id="other-program"),
    pytest.param(
        meta(labels={"service.kubernetes.io/service-proxy-name": "a"}), ":5: the label", id="label-for-the-proxy"
    ),
    pytest.param(
        slice_of("192.0.2.1").replace(
            "{name: a}", "{name: a, labels: {endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io}}"
        ),
        "the label endpointslice.kubernetes.io/managed-by",
        id="managed-by-the-controller",
    ),
    pytest.param("kind: Service\nstatus: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}\n", ":2: `status`", id="status"),
    pytest.param(of("Service", externalIPs=["1.2.3.4"]), ":5: spec.externalIPs is not allowed", id="external-ip"),
    pytest.param(of("Service", type="LoadBalancer"), ":5: a LoadBalancer Service", id="load-balancer"),
    pytest.param(of("Service", loadBalancerIP="1.2.3.4"), "spec.loadBalancerIP", id="load-balancer-ip"),
    pytest.param(of("Service", loadBalancerClass="a"), "spec.loadBalancerClass", id="load-balancer-class"),
    pytest.param(of("Service", ports=[{"port": 80, "nodePort": 30000}]), ":7: a pinned nodePort", id="node-port"),
    pytest.param(of("Service", clusterIP="10.96.0.10"), ":5: the pinned clusterIP 10.96.0.10", id="cluster-ip"),
    pytest.param(of("Service", clusterIPs=["fd00::1"]), "the pinned clusterIPs fd00::1", id="cluster-ips"),
    pytest.param(
        of("Service", externalName="kubernetes.default.svc.cluster.local."), ":5: kubernetes", id="name-inside"
    ),
    pytest.param(of("Service", externalName="kubernetes.default.SVC"), "inside the cluster", id="short-name-inside"),
    pytest.param(slice_of("169.254.169.254"), ":5: 169.254.169.254 is not allowed", id="metadata-service"),
    pytest.param(slice_of("127.0.0.1"), "leads to the node itself", id="loopback"),
    pytest.param(slice_of("'::ffff:127.0.0.1'"), "leads to the node itself", id="mapped-loopback"),
    pytest.param(slice_of("fe80::1"), "leads to the node itself", id="link-local"),
    pytest.param(
        "kind: Endpoints\nmetadata: {name: a}\nsubsets:\n- addresses:\n  - ip: 127.0.0.1\n", ":5: 127", id="endpoints"
    ),
    pytest.param(pod(hostNetwork=True), "hostNetwork is not allowed", id="host-network"),
    pytest.param(pod(hostPID=True), "hostPID", id="host-pid"),
    pytest.param(pod(hostIPC=True), "hostIPC", id="host-ipc"),
    pytest.param(pod(nodeName="a"), "nodeName", id="node-name"),
    pytest.param(pod(hostAliases=[{"ip": "1.2.3.4"}]), "hostAliases", id="host-aliases"),
    pytest.param(pod(serviceAccountName="admin"), "serviceAccountName", id="service-account"),
    pytest.param(pod(priorityClassName="system-node-critical"), "priorityClassName", id="priority"),
    pytest.param(pod(runtimeClassName="kata"), "runtimeClassName", id="runtime-class"),
    pytest.param(pod(schedulerName="mine"), "schedulerName", id="scheduler"),
    pytest.param(pod(dnsConfig={"nameservers": ["8.8.8.8"]}), "name servers of your own", id="name-servers"),
    pytest.param(pod(tolerations=[{"operator": "Exists"}]), "on the control plane", id="tolerates-everything"),
    pytest.param(
        pod(tolerations=[{"key": "node-role.kubernetes.io/control-plane"}]), "on the control plane", id="control-plane"
    ),
    pytest.param(pod(terminationGracePeriodSeconds=3600), "a grace period of more than 60 seconds", id="grace"),
    pytest.param(pod(volumes=[{"name": "a", "hostPath": {"path": "/"}}]), "a volume of the kind hostPath", id="host"),
    pytest.param(pod(securityContext={"sysctls": [{"name": "a"}]}), "securityContext.sysctls", id="sysctls"),
    pytest.param(
        pod(securityContext={"seccompProfile": {"type": "Unconfined"}}), "the seccompProfile Unconfined", id="seccomp"
    ),
    pytest.param(container(image="evil"), ":9: the image evil is not allowed in this lab. Use nginx:1.29", id="image"),
    pytest.param(container(securityContext={"privileged": True}), ":11: securityContext.privileged", id="privileged"),
    pytest.param(
        container(securityContext={"capabilities": {"add": ["NET_ADMIN"]}}), "capability NET_ADMIN", id="capability"
    ),
    pytest.param(container(securityContext={"procMount": "Unmasked"}), "securityContext.procMount", id="proc-mount"),
    pytest.param(
        container(securityContext={"appArmorProfile": {"type": "Unconfined"}}), "the appArmorProfile", id="apparmor"
    ),
    pytest.param(container(ports=[{"containerPort": 80, "hostPort": 80}]), "hostPort is not allowed", id="host-port"),
    pytest.param(
        container(livenessProbe={"httpGet": {"host": "169.254.169.254"}}), "a probe of another host", id="probe"
    ),
    pytest.param(
        container(lifecycle={"preStop": {"tcpSocket": {"host": "a"}}}), "a probe of another host", id="lifecycle"
    ),
    pytest.param(container(resources={"limits": {"cpu": "1001m"}}), "more than 1 of cpu", id="cpu"),
    pytest.param(container(resources={"requests": {"memory": "1Gi"}}), "more than 256Mi of memory", id="memory"),
    pytest.param(container(resources={"limits": {"nvidia.com/gpu": 1}}), "the resource nvidia.com/gpu", id="gpu"),
    pytest.param(of("StatefulSet", volumeClaimTemplates=[{}]), "storage is not allowed", id="storage"),
    pytest.param(of("Deployment", replicas=11), ":5: the submission has more than 10 Pods", id="replicas"),
    pytest.param(
        "---\n".join(of("Deployment", replicas=4).replace("name: a", f"name: a{n}") for n in range(3)),
        "more than 10 Pods",
        id="replicas-together",
    ),
    pytest.param(
        of("Deployment", template={"metadata": {"annotations": {"sidecar.istio.io/inject": "true"}}}),
        "the annotation sidecar.istio.io/inject",
        id="annotation-of-the-pods",
    ),
    pytest.param(
        of("Deployment", template={"metadata": {"labels": {"run": "tiny-tools"}}}),
        ":8: the label run: tiny-tools belongs to the lab",
        id="label-of-tiny-tools",
    ),
]
ALLOWED = [
    pytest.param("kind: Service\napiVersion: apps/v1\n", id="a-group-that-is-wrong"),
    pytest.param("kind: EndpointSlice\napiVersion: discovery.k8s.io/v1beta1\n", id="a-version-that-is-gone"),
    pytest.param(meta(namespace="staging"), id="the-labs-namespace"),
    pytest.param(meta(namespace=None), id="no-namespace"),
    pytest.param("kind: Deployment\nmetadata: {name: given}\n", id="the-name-of-a-given-object-of-another-kind"),
    pytest.param(meta(labels={"app.kubernetes.io/name": "a", "tier": "b"}), id="describing-labels"),
    pytest.param(meta(annotations={"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b"}), id="kubectl"),
    pytest.param(meta(creationTimestamp=None) + "status: {loadBalancer: {}}\n", id="as-dry-run-writes-it"),
    pytest.param(of("Service", clusterIP="None"), id="headless"),
    pytest.param(of("Service", clusterIP="none", clusterIPs=["None"]), id="headless-misspelled"),
    pytest.param(of("Service", type="Loadbalancer"), id="an-unknown-type"),
    pytest.param(of("Service", ports=[{"port": "80", "nodePort": 0}]), id="numbers-as-text"),
    pytest.param(of("Service", externalName="svc.example.org"), id="a-name-outside"),
    pytest.param(slice_of("192.0.2.1"), id="slice"),
    pytest.param(
        slice_of("192.0.2.1").replace(
            "{name: a}",
            "{name: a, labels: {kubernetes.io/service-name: a, endpointslice.kubernetes.io/managed-by: staff}}",
        ),
        id="slice-as-documented",
    ),
    pytest.param(pod(serviceAccountName="default", schedulerName="default-scheduler", priority=0), id="defaults"),
    pytest.param(pod(hostNetwork=False), id="host-network-off"),
    pytest.param(container(securityContext={"capabilities": {"drop": ["ALL"]}, "privileged": False}), id="restricted"),
    pytest.param(container(resources={"limits": {"cpu": 1, "memory": "256Mi"}}), id="as-much-as-is-allowed"),
    pytest.param(container(image="docker.io/library/nginx:1.29"), id="image-in-full"),
    pytest.param(of("Deployment", replicas=10), id="ten-pods"),
    pytest.param(of("Deployment", replicas="3"), id="replicas-as-text"),
    pytest.param("kind: Service\nmetadata: {}\nspec: [a]\n", id="spec-is-a-list"),
    pytest.param("kind: Deployment\nspec: {template: {spec: {containers: {a: b}}}}\n", id="containers-is-a-mapping"),
]


@pytest.mark.parametrize(("text", "says"), REFUSED)
def test_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidSubmission) as refused:
        enforce(text)
    assert says in str(refused.value)
    assert str(refused.value).startswith("a.yaml:")


@pytest.mark.parametrize("text", ALLOWED)
def test_allowed(text: str) -> None:
    enforce(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('kind: "\\e[2J"\n', id="kind"),
        pytest.param(container(image="\u202e" + "x" * 500_000), id="image"),
        pytest.param(slice_of('"fe80::1%\\e[2J"'), id="address"),
        pytest.param('kind: Pod\nmetadata: {name: "\\e"}\n---\nkind: Pod\nmetadata: {name: "\\e"}\n', id="name-twice"),
        pytest.param('"\\e": 1\n"\\e": 2\n', id="key-twice"),
    ],
)
def test_sentence_is_short_and_printable(text: str) -> None:
    with pytest.raises(InvalidSubmission) as refused:
        enforce(text)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500


def test_lab_allows_a_kind_only_by_name() -> None:
    with pytest.raises(InvalidSubmission, match="Pod is not allowed in this lab, only Service"):
        enforce(pod(), Lab(Path("lab"), "A lab", ("Service",), 10))


def test_lab_cannot_allow_what_is_beyond_its_namespace(tmp_path: Path) -> None:
    (tmp_path / "lab.yaml").write_text("title: a\nkinds: [Service, Namespace]\npoints: 1\ngiven: []\nchecks: {}\n")
    with pytest.raises(GraderError, match="`kinds` may not have Namespace"):
        load(tmp_path)
    with pytest.raises(InvalidSubmission, match="Namespace is not allowed"):
        enforce("kind: Namespace\n", Lab(Path("lab"), "A lab", ("Namespace",), 10))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("500m", 0.5, id="milli"),
        pytest.param("1e3", 1000, id="exponent"),
        pytest.param("1Ei", 2**60, id="exbi"),
        pytest.param("1E", 1e18, id="exa"),
        pytest.param(".5", 0.5, id="fraction"),
        pytest.param(2, 2, id="number"),
        pytest.param("-1", None, id="negative"),
        pytest.param("1e9999", None, id="a-huge-exponent"),
        pytest.param("much", None, id="a-word"),
        pytest.param([1], None, id="a-list"),
    ],
)
def test_quantity(text: Any, number: float | None) -> None:
    assert quantity(text) == number


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "metadata",
                        "spec",
                        "status",
                        "labels",
                        "annotations",
                        "namespace",
                        "name",
                        "template",
                        "replicas",
                    ),
                    *(
                        "containers",
                        "image",
                        "resources",
                        "limits",
                        "cpu",
                        "volumes",
                        "tolerations",
                        "ports",
                        "subsets",
                    ),
                    *("endpoints", "addresses", "securityContext", "capabilities", "lifecycle", "httpGet", "dnsConfig"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(["apiVersion", "spec", "status", "endpoints"]), VALUES))
def test_any_types_are_allowed_or_refused(kind: str, content: dict[str, Any]) -> None:
    with suppress(InvalidSubmission):
        enforce(json.dumps({"kind": kind, **content}))
