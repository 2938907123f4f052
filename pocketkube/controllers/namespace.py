"""Namespaces: what each begins with, and its end, when everything in it goes first.

Source: k8s.io/kubernetes/pkg/controller/namespace/deletion; Pods go before everything else (KEP-5080).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pocketkube.controllers.reconcile import Key, follow, key_of
from pocketkube.registry import Registry, timestamp
from pocketkube.resources import CONFIGMAPS, NAMESPACES, PODS, SERVED, SERVICEACCOUNTS
from pocketkube.store import Event, Object

ROOT_CA = "kube-root-ca.crt"
ROOT_CA_USE = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)
FINALIZER = "kubernetes"
NAMESPACED = tuple(resource for resource in SERVED if resource.namespaced)


class NamespaceController:
    def __init__(self, registry: Registry, ca_certificate: str) -> None:
        self._registry = registry
        self._store = registry.store
        self._ca_certificate = ca_certificate

    async def run(self) -> None:
        await follow(self._store, SERVED, self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is NAMESPACES:
            return [key_of(event.object)]
        name = event.object["metadata"].get("namespace")
        if not name:
            return []
        namespace = self._store.find(NAMESPACES, "", name)
        leaving = namespace is not None and "deletionTimestamp" in namespace["metadata"]
        is_root_ca = event.resource is CONFIGMAPS and event.object["metadata"]["name"] == ROOT_CA
        return [("", name)] if leaving or is_root_ca or event.type == "DELETED" else []

    def reconcile(self, key: Key) -> None:
        namespace = self._store.find(NAMESPACES, *key)
        if namespace is None:
            return
        if "deletionTimestamp" not in namespace["metadata"]:
            self._furnish(key[1])
        elif FINALIZER in namespace["spec"].get("finalizers", ()):
            self._empty(key[1])

    def _furnish(self, name: str) -> None:
        if self._store.find(SERVICEACCOUNTS, name, "default") is None:
            self._registry.create(SERVICEACCOUNTS, {"metadata": {"name": "default"}}, name)
        data = {"ca.crt": self._ca_certificate}
        published = self._store.find(CONFIGMAPS, name, ROOT_CA)
        if published is None:
            metadata = {"name": ROOT_CA, "annotations": {"kubernetes.io/description": ROOT_CA_USE}}
            self._registry.create(CONFIGMAPS, {"metadata": metadata, "data": data}, name)
        elif published.get("data") != data:
            self._registry.update(CONFIGMAPS, {**published, "data": data})

    def _empty(self, name: str) -> None:
        pods = self._store.list(PODS, name)
        for resource in (PODS,) if pods else NAMESPACED:
            for obj in self._store.list(resource, name):
                if "deletionTimestamp" not in obj["metadata"]:
                    self._registry.delete(resource, *key_of(obj))
        left = {resource: self._store.list(resource, name) for resource in ((PODS,) if pods else NAMESPACED)}
        remaining = [
            f"{resource.plural}.{resource.group} has {len(objects)} resource instances"
            for resource, objects in left.items()
            if objects
        ]
        finalizers = Counter(
            finalizer
            for objects in left.values()
            for obj in objects
            for finalizer in obj["metadata"].get("finalizers") or ()
        )
        held = sorted(f"{each} in {count} resource instances" for each, count in finalizers.items())
        self._tell(name, sorted(remaining), held)
        if not any(self._store.list(resource, name) for resource in NAMESPACED):
            self._registry.modify(NAMESPACES, "", name, lambda live: live["spec"]["finalizers"].remove(FINALIZER))

    def _tell(self, name: str, remaining: list[str], finalizers: list[str]) -> None:
        """https://kubernetes.io/docs/tasks/administer-cluster/namespaces/#deleting-a-namespace"""
        said = [
            ("NamespaceDeletionDiscoveryFailure", "", "ResourcesDiscovered", "All resources successfully discovered"),
            (
                "NamespaceDeletionGroupVersionParsingFailure",
                "",
                "ParsedGroupVersions",
                "All legacy kube types successfully parsed",
            ),
            (
                "NamespaceDeletionContentFailure",
                "",
                "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization",
            ),
            (
                "NamespaceContentRemaining",
                f"Some resources are remaining: {', '.join(remaining)}" if remaining else "",
                "SomeResourcesRemain" if remaining else "ContentRemoved",
                "All content successfully removed",
            ),
            (
                "NamespaceFinalizersRemaining",
                f"Some content in the namespace has finalizers remaining: {', '.join(finalizers)}"
                if finalizers
                else "",
                "SomeFinalizersRemain" if finalizers else "ContentHasNoFinalizers",
                "All content-preserving finalizers finished",
            ),
        ]

        def write(live: Object) -> None:
            old = {each["type"]: each for each in live["status"].get("conditions") or ()}
            live["status"]["conditions"] = [
                _condition(old.get(kind), kind, problem, reason, problem or fine)
                for kind, problem, reason, fine in said
            ]

        self._registry.modify(NAMESPACES, "", name, write, subresource="status")


def _condition(old: Object | None, kind: str, problem: str, reason: str, message: str) -> Object:
    value = "True" if problem else "False"
    since = old["lastTransitionTime"] if old and old["status"] == value else timestamp()
    return {"type": kind, "status": value, "lastTransitionTime": since, "reason": reason, "message": message}
