"""What `metadata` and `status` may not say: names for others, what hangs clean-up, what steers the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graders.policy.fields import Path, items, mapping, refuse
from graders.submission import Document, printable

METADATA: Path = ("metadata",)
# What kubectl and the cluster write by themselves into what a student exports. It steers nothing.
ANNOTATIONS = {
    "deployment.kubernetes.io/revision",
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubectl.kubernetes.io/restartedAt",
    "kubernetes.io/change-cause",
    "kubernetes.io/description",
}
# Source: https://kubernetes.io/docs/reference/labels-annotations-taints/
DESCRIBING = "app.kubernetes.io"
LABELS = {
    "EndpointSlice": (
        "kubernetes.io/service-name",
        "service.kubernetes.io/headless",
        "endpointslice.kubernetes.io/managed-by",
    ),
    "Endpoints": ("endpointslice.kubernetes.io/skip-mirror", "service.kubernetes.io/headless"),
}
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
LABS_OWN = (("run", "tiny-tools"), ("kubernetes.io/service-name", "tiny-tools"))
CLUSTERS_OWN = (".kubernetes.io", ".k8s.io")


def enforce(document: Document, namespaces: Sequence[str]) -> None:
    content = mapping(document.content, "metadata")
    namespace = content.get("namespace")
    if namespace and namespace not in namespaces:
        what = "it names a namespace of its own. Leave metadata.namespace out: the lab has one for you."
        refuse(document, ("metadata", "namespace"), what)
    if content.get("generateName"):
        refuse(document, ("metadata", "generateName"), "generateName is not allowed. Give it the name of the task.")
    for name in ("finalizers", "ownerReferences"):
        if content.get(name):
            refuse(document, ("metadata", name), f"metadata.{name} is not allowed. Take it out.")
    enforce_words(document, METADATA)
    if _says_something(document.content.get("status")):
        refuse(document, ("status",), "`status` is what the cluster writes. Take it out, with all that is below it.")


def enforce_words(document: Document, path: Path) -> None:
    """Annotations and labels of the object, or of the Pods that it makes. `path`: to their metadata."""
    content: Any = mapping(document.content, *map(str, path))
    for name in mapping(content, "annotations"):
        if "/" in name and name not in ANNOTATIONS:
            what = f"the annotation {printable(name)} is not allowed: it may steer the cluster. Take it out."
            refuse(document, (*path, "annotations", name), what)
    known = LABELS.get(str(document.content["kind"]), ())
    for name, value in mapping(content, "labels").items():
        if (name, value) in LABS_OWN:
            refuse(document, (*path, "labels", name), f"the label {name}: {value} belongs to the lab. Take it out.")
        domain = name.rpartition("/")[0]
        own = f".{domain}".endswith(CLUSTERS_OWN) and domain != DESCRIBING and name not in known
        if own or (name == MANAGED_BY and str(value).endswith(".k8s.io")):
            what = f"the label {printable(name)} is for the cluster's own controllers. Take it out."
            refuse(document, (*path, "labels", name), what)


def _says_something(value: Any) -> bool:
    """`kubectl create --dry-run -o yaml` writes a status of empty mappings, which says nothing."""
    if isinstance(value, dict):
        return any(_says_something(each) for each in value.values())
    return any(_says_something(each) for each in items(value)) if isinstance(value, list) else value is not None
