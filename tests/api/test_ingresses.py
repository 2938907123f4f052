"""Ingresses and IngressClasses: kept and shown as by a cluster that has no ingress controller."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pocketkube.admission.services.ingresses import choose_class
from pocketkube.resources import INGRESSCLASSES
from pocketkube.store import Store
from tests.conftest import Kubectl

Http = Callable[..., Any]
IS_DEFAULT = "ingressclass.kubernetes.io/is-default-class"
BACKEND = {"service": {"name": "web", "port": {"number": 80}}}


def ingress(**more: Any) -> str:
    """Of the name `it`; `more` goes into its spec."""
    obj = {"kind": "Ingress", "metadata": {"name": "it"}, "spec": {"defaultBackend": BACKEND, **more}}
    return json.dumps({"apiVersion": "networking.k8s.io/v1", **obj})


def get(kubectl: Kubectl, namespace: str, *what: str) -> Any:
    return json.loads(kubectl("get", *what, "-o", "json", namespace=namespace).stdout)


def test_created_by_kubectl(kubectl: Kubectl, namespace: str) -> None:
    rules = ["--rule=shop.example/cart*=cart:80,tls=shop-tls", "--rule=shop.example/=web:http"]
    kubectl("create", "ingress", "shop", "--class=nginx", *rules, namespace=namespace)
    found = get(kubectl, namespace, "ingress", "shop")
    assert found["metadata"]["generation"] == 1
    assert found["status"] == {"loadBalancer": {}}
    assert found["spec"] == {
        "ingressClassName": "nginx",
        "tls": [{"hosts": ["shop.example"], "secretName": "shop-tls"}],
        "rules": [
            {
                "host": "shop.example",
                "http": {
                    "paths": [
                        {
                            "path": "/cart",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "cart", "port": {"number": 80}}},
                        },
                        {
                            "path": "/",
                            "pathType": "Exact",
                            "backend": {"service": {"name": "web", "port": {"name": "http"}}},
                        },
                    ]
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("hosts", "shown"),
    [
        ([], "*"),
        (["", "a.b"], "a.b"),
        (["a.b", "c.d", "e.f"], "a.b,c.d,e.f"),
        (["a.b", "c.d", "e.f", "g.h", "i.j"], "a.b,c.d,e.f + 2 more..."),
    ],
    ids=["none", "one-unnamed", "three", "five"],
)
def test_hosts(kubectl: Kubectl, namespace: str, hosts: list[str], shown: str) -> None:
    kubectl("apply", "-f", "-", namespace=namespace, stdin=ingress(rules=[{"host": host} for host in hosts]))
    row = kubectl("get", "ingress", "it", "--no-headers", namespace=namespace).stdout
    assert row.split()[:-2] == ["it", "<none>", *shown.split()]  # and then the ports and the age: it has no address


def test_described(kubectl: Kubectl, namespace: str) -> None:
    kubectl("apply", "-f", "-", namespace=namespace, stdin=ingress(tls=[{"hosts": ["a.b"], "secretName": "s"}]))
    described = kubectl("describe", "ingress", "it", namespace=namespace).stdout
    assert "Address:          \n" in described
    assert 'Default backend:  web:80 (<error: services "web" not found>)\n' in described
    assert "  s terminates a.b\n" in described


def test_the_annotation_is_told_of(kubectl: Kubectl, namespace: str) -> None:
    obj = json.loads(ingress())
    obj["metadata"]["annotations"] = {"kubernetes.io/ingress.class": "nginx"}
    made = kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(obj))
    what = "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"
    assert made.stderr == f"Warning: {what}\n"


@pytest.fixture
def classes(kubectl: Kubectl) -> Iterator[Callable[..., str]]:
    """`classes(annotations=None, **parameters)` makes an IngressClass; returns its name."""
    made: list[str] = []

    def create(annotations: dict[str, str] | None = None, **parameters: str) -> str:
        name = f"class-{len(made)}-{secrets.token_hex(4)}"
        spec: dict[str, Any] = {"controller": "acme.io/ingress", **({"parameters": parameters} if parameters else {})}
        obj = {"kind": "IngressClass", "metadata": {"name": name, "annotations": annotations or {}}, "spec": spec}
        kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "networking.k8s.io/v1", **obj}))
        made.append(name)
        return name

    yield create
    for name in made:
        kubectl("delete", "ingressclass", name)


def test_the_default_class(kubectl: Kubectl, namespace: str, classes: Callable[..., str]) -> None:
    classes()
    default = classes({IS_DEFAULT: "true"})
    kubectl("apply", "-f", "-", namespace=namespace, stdin=ingress())
    assert get(kubectl, namespace, "ingress", "it")["spec"]["ingressClassName"] == default


@pytest.mark.parametrize(
    ("created", "chosen"), [((1, 2, 0), "b"), ((0, 2, 2), "b"), ((3, 1, 2), "a")], ids=["newest", "equal", "first"]
)
def test_of_several_default_classes_the_newest_is_taken(created: tuple[int, ...], chosen: str) -> None:
    store = Store()
    for name, second in zip("abc", created, strict=True):
        metadata = {"name": name, "annotations": {IS_DEFAULT: "true"}}
        store.put(INGRESSCLASSES, {"metadata": {**metadata, "creationTimestamp": f"2026-01-01T00:00:0{second}Z"}})
    made: dict[str, Any] = {"metadata": {}, "spec": {}}
    choose_class(store, made)
    assert made["spec"] == {"ingressClassName": chosen}


def test_classes(kubectl: Kubectl, classes: Callable[..., str]) -> None:
    plain, with_parameters = classes(), classes(apiGroup="acme.io", kind="Parameters", name="fast")
    rows = kubectl("get", "ingressclasses").stdout.splitlines()
    assert rows[0].split() == ["NAME", "CONTROLLER", "PARAMETERS", "AGE"]
    cells = {row.split()[0]: row.split()[1:3] for row in rows[1:]}
    assert cells[plain] == ["acme.io/ingress", "<none>"]
    assert cells[with_parameters] == ["acme.io/ingress", "Parameters.acme.io/fast"]
    found = json.loads(kubectl("get", "ingressclass", with_parameters, "-o", "json").stdout)
    assert found["spec"]["parameters"]["scope"] == "Cluster"
    refused = kubectl("patch", "ingressclass", plain, "-p", '{"spec": {"controller": "acme.io/other"}}', fails=True)
    assert 'spec.controller: Invalid value: "acme.io/other": field is immutable' in refused.stderr


def test_status_is_written_by_its_subresource(http: Http, kubectl: Kubectl, namespace: str) -> None:
    """As a controller of one's own would."""
    kubectl("apply", "-f", "-", namespace=namespace, stdin=ingress())
    path = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses/it"
    status = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}, {"hostname": "a.example"}]}}
    answer = http("PATCH", f"{path}/status", {"status": status}, content_type="application/merge-patch+json")
    assert (answer.status, answer.body["status"], answer.body["metadata"]["generation"]) == (200, status, 1)
    assert "192.0.2.1,a.example" in kubectl("get", "ingress", "it", namespace=namespace).stdout


def test_a_port_of_another_manager_is_one_value(kubectl: Kubectl, namespace: str) -> None:
    kubectl("apply", "--server-side", "-f", "-", namespace=namespace, stdin=ingress())
    fields = get(kubectl, namespace, "ingress", "it", "--show-managed-fields")["metadata"]["managedFields"]
    service = fields[0]["fieldsV1"]["f:spec"]["f:defaultBackend"]["f:service"]
    assert service == {"f:name": {}, "f:port": {}}
