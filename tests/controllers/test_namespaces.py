"""The end of a namespace: Pods first, then the rest; and what it says meanwhile."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

import pytest

from tests.conftest import Kubectl
from tests.controllers.objects import conditions, create, get, template, wait

FINE = {
    "NamespaceDeletionDiscoveryFailure": ("False", "ResourcesDiscovered", "All resources successfully discovered"),
    "NamespaceDeletionGroupVersionParsingFailure": (
        "False",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    "NamespaceDeletionContentFailure": (
        "False",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    "NamespaceContentRemaining": ("False", "ContentRemoved", "All content successfully removed"),
    "NamespaceFinalizersRemaining": (
        "False",
        "ContentHasNoFinalizers",
        "All content-preserving finalizers finished",
    ),
}


@pytest.fixture
def doomed(kubectl: Kubectl) -> Iterator[str]:
    name = f"doomed-{secrets.token_hex(4)}"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    kubectl("create", "-f", "-", stdin=json.dumps(namespace))
    yield name
    kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")


def held(kubectl: Kubectl, namespace: str, kind: str) -> None:
    metadata = {"name": "held", "finalizers": ["example.com/held"]}
    obj = {"apiVersion": "v1", "kind": kind, "metadata": metadata}
    if kind == "Pod":
        obj["spec"] = template()["spec"]
    kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(obj))


def said(kubectl: Kubectl, namespace: str) -> dict[str, tuple[str, str, str]]:
    found = get(kubectl, "", "namespace", namespace)
    return {kind: what for kind, *what_ in conditions(found) for what in [(what_[0], what_[1], what_[2])]}


@pytest.mark.parametrize(("kind", "plural"), [("ConfigMap", "configmaps"), ("Pod", "pods")])
def test_a_finalizer_holds_it_up_and_is_named(kubectl: Kubectl, doomed: str, kind: str, plural: str) -> None:
    held(kubectl, doomed, kind)
    if kind == "Pod":
        wait(kubectl, doomed, "pod/held", "condition=Ready")
    kubectl("delete", "namespace", doomed, "--wait=false")
    remain = "jsonpath={.status.conditions[?(@.type=='NamespaceFinalizersRemaining')].status}=True"
    kubectl("wait", f"--for={remain}", f"namespace/{doomed}", "--timeout=60s")
    assert said(kubectl, doomed) == {
        **FINE,
        "NamespaceContentRemaining": (
            "True",
            "SomeResourcesRemain",
            f"Some resources are remaining: {plural}. has 1 resource instances",
        ),
        "NamespaceFinalizersRemaining": (
            "True",
            "SomeFinalizersRemain",
            "Some content in the namespace has finalizers remaining: example.com/held in 1 resource instances",
        ),
    }
    others = get(kubectl, doomed, "serviceaccounts")["items"]
    assert bool(others) == (kind == "Pod")  # Pods go before everything else
    kubectl("patch", plural, "held", "-p", '{"metadata":{"finalizers":null}}', "--type=merge", namespace=doomed)
    kubectl("wait", "--for=delete", f"namespace/{doomed}", "--timeout=60s")


def test_nothing_new_comes_in(kubectl: Kubectl, doomed: str) -> None:
    held(kubectl, doomed, "ConfigMap")
    kubectl("delete", "namespace", doomed, "--wait=false")
    new = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "new"}})
    done = kubectl("create", "-f", "-", namespace=doomed, stdin=new, fails=True)
    assert f"unable to create new content in namespace {doomed} because it is being terminated" in done.stderr
    kubectl("patch", "cm", "held", "-p", '{"metadata":{"finalizers":null}}', "--type=merge", namespace=doomed)


def test_everything_of_every_kind_goes(kubectl: Kubectl, doomed: str) -> None:
    selector = {"matchLabels": {"app": "a"}}
    for kind in ("Deployment", "DaemonSet"):
        create(kubectl, doomed, kind, kind.lower(), selector=selector, template=template())
    create(kubectl, doomed, "Job", template=template(restartPolicy="Never"))
    create(kubectl, doomed, "Service", selector={"app": "a"}, ports=[{"port": 80}])
    kubectl("delete", "namespace", doomed, "--timeout=60s")


def test_what_every_namespace_has_comes_back(kubectl: Kubectl, namespace: str) -> None:
    kubectl("delete", "cm", "kube-root-ca.crt", namespace=namespace)
    kubectl("delete", "sa", "default", namespace=namespace)
    for what in ("cm/kube-root-ca.crt", "sa/default"):
        wait(kubectl, namespace, what, "create")


def test_the_certificate_that_is_published_says_what_it_is_for_and_stays(kubectl: Kubectl, namespace: str) -> None:
    kubectl("wait", "--for=create", "cm/kube-root-ca.crt", "--timeout=60s", namespace=namespace)
    before = get(kubectl, namespace, "cm", "kube-root-ca.crt")
    use = before["metadata"]["annotations"]["kubernetes.io/description"]
    assert use.startswith("Contains a CA bundle that can be used to verify the kube-apiserver when using internal")
    changed = json.dumps({"data": {"ca.crt": "mine", "more": "x"}})
    kubectl("patch", "cm", "kube-root-ca.crt", "-p", changed, namespace=namespace)
    # A certificate may end in "=", which kubectl wait does not take as a value.
    watch = kubectl("get", "cm", "kube-root-ca.crt", "-o", "jsonpath={.data.more}", namespace=namespace)
    while watch.stdout:
        watch = kubectl("get", "cm", "kube-root-ca.crt", "-o", "jsonpath={.data.more}", namespace=namespace)
    assert get(kubectl, namespace, "cm", "kube-root-ca.crt")["data"] == before["data"]
