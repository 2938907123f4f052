"""The one door through which objects are written: admission, names, generations, graceful deletion.

The API server's generic registry (k8s.io/apiserver/pkg/registry/generic) on a small scale. API handlers and
controllers write through it; reading and watching goes to the store directly.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from pocketkube import admission
from pocketkube.errors import ApiError, Cause, already_exists, bad_request, conflict, forbidden, invalid, not_found
from pocketkube.field_order import in_order
from pocketkube.json_copy import copied
from pocketkube.resources import ENDPOINTS, ENDPOINTSLICES, NAMESPACES, NODES, PODS, SERVICES, Resource
from pocketkube.store import Object, Store

NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # k8s.io/apimachinery/pkg/util/rand: no vowels, no bad words
PROTECTED_NAMESPACES = ("default", "kube-system", "kube-public")
BEING_PURGED = (
    "The system is ensuring all content is removed from this namespace.  "
    "Upon completion, this namespace will automatically be purged by the system."
)
SERVER_OWNED = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")

# Called with the object before (None on create) and after; returns the object with its managedFields recorded.
Recorder = Callable[[Object | None, Object], Object]


class Registry:
    """Writes of API objects. Every method raises ApiError and then has changed nothing."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def create(
        self,
        resource: Resource,
        obj: Object,
        namespace: str = "",
        *,
        dry_run: bool = False,
        record: Recorder | None = None,
    ) -> Object:
        """Create `obj` in `namespace` ("" for cluster-scoped kinds); returns it as stored."""
        obj = copied(obj)
        metadata = obj.setdefault("metadata", {})
        revision = metadata.get("resourceVersion") or ""
        self._place(resource, metadata, namespace)
        for field in (*SERVER_OWNED, "resourceVersion", "selfLink"):
            metadata.pop(field, None)
        metadata["uid"] = str(uuid.uuid4())
        metadata["creationTimestamp"] = timestamp()
        if resource.has_generation:
            metadata["generation"] = 1
        if resource.has_status:
            obj.pop("status", None)
        obj = admission.default(resource, obj)
        self._require_open_namespace(resource, namespace, metadata.get("name") or metadata.get("generateName") or "")
        if record:  # what the server adds from here on is nobody's
            obj = record(None, obj)
        if resource is not PODS:  # what is added to a Pod comes from plugins, which see it before it has a name
            _generate_name(obj["metadata"])
        admission.mutate(self.store, resource, obj, None)
        _generate_name(obj["metadata"])
        name = obj["metadata"].get("name", "")
        causes = admission.validate_create(resource, obj)
        causes = causes or admission.allocate(self.store, resource, obj, dry_run=dry_run)
        if causes:
            raise invalid(resource, name, causes)
        admission.admit(self.store, resource, obj, None)
        if self.store.find(resource, namespace, name):
            raise already_exists(resource, name)
        if dry_run:
            return obj
        if revision.isdecimal() and int(revision):
            raise ApiError(500, "", "resourceVersion should not be set on objects to be created")
        return self._put(resource, obj)

    def update(
        self,
        resource: Resource,
        obj: Object,
        *,
        subresource: str = "",
        dry_run: bool = False,
        record: Recorder | None = None,
    ) -> Object:
        """Replace an object by `obj`. With `subresource="status"` only its status is taken; without, all but that.

        A resourceVersion in `obj` makes it conditional: ApiError 409 when the object has changed since.
        An update that changes nothing writes nothing and keeps the resourceVersion.
        """
        metadata = obj["metadata"]
        namespace, name = metadata.get("namespace", ""), metadata["name"]
        old = self.store.get(resource, namespace, name)
        _check_preconditions(resource, old, metadata.get("uid"), metadata.get("resourceVersion"))
        new = _merge_owned(resource, old, obj, subresource)
        if record is None and new == old:
            return old
        new = admission.default(resource, new)
        if subresource != "status":
            admission.mutate(self.store, resource, new, old)
            if subresource == "ephemeralcontainers":
                causes = admission.ephemeral_containers.validate(new, old)
            else:
                causes = admission.validate_update(resource, new, old)
            causes = causes or admission.allocate(self.store, resource, new, dry_run=dry_run)
            if causes:
                raise invalid(resource, name, causes)
            admission.admit(self.store, resource, new, old)
            if resource.has_generation and _asked(resource, new) != _asked(resource, old):
                new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1
        if record:
            new = record(old, new)
        if new == old:
            return old
        if dry_run:
            return new
        if new["metadata"].get("deletionTimestamp") and may_go(resource, new):
            self._put(resource, new, old)
            return self.store.remove(resource, namespace, name)
        return self._put(resource, new, old)

    def _put(self, resource: Resource, obj: Object, old: Object | None = None) -> Object:
        obj["metadata"].setdefault("resourceVersion", "")  # the store's, in its place among the others
        return self.store.put(resource, in_order(resource, obj, old))

    def modify(
        self, resource: Resource, namespace: str, name: str, change: Callable[[Object], Any], *, subresource: str = ""
    ) -> Object:
        """Apply `change` to a private copy of the object and write it back; ApiError 404 when there is none."""
        obj = copied(self.store.get(resource, namespace, name))
        change(obj)
        return self.update(resource, obj, subresource=subresource)

    def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        options: Object | None = None,
        *,
        dry_run: bool = False,
    ) -> Object:
        """Delete, or begin to: an object with finalizers, a Namespace and a scheduled Pod only get a deletionTimestamp.

        `options` is a DeleteOptions: gracePeriodSeconds, propagationPolicy, preconditions.
        """
        options = options or {}
        old = self.store.get(resource, namespace, name)
        _check_record(resource, old, options.get("preconditions") or {})
        if resource is NAMESPACES and name in PROTECTED_NAMESPACES:
            raise forbidden(resource, name, "this namespace may not be deleted")
        if resource is NAMESPACES and "deletionTimestamp" in old["metadata"]:
            raise conflict(resource, name, BEING_PURGED)
        metadata = copied(old["metadata"])
        new = {**old, "metadata": metadata}
        _set_propagation_finalizers(metadata, options.get("propagationPolicy"))
        grace = _grace_period(resource, old, options.get("gracePeriodSeconds"))
        before = metadata.get("deletionGracePeriodSeconds", 0)
        if "deletionTimestamp" not in metadata:
            metadata["deletionTimestamp"] = timestamp(grace)
            if resource is not NAMESPACES:
                metadata["deletionGracePeriodSeconds"] = grace
            if resource.has_generation:
                metadata["generation"] = metadata.get("generation", 0) + 1
        elif grace < before:  # counted from when the deletion began
            metadata["deletionTimestamp"] = _later(metadata["deletionTimestamp"], grace - before)
            metadata["deletionGracePeriodSeconds"] = grace
        if resource is NAMESPACES:
            new["status"] = {**new.get("status", {}), "phase": "Terminating"}
        if dry_run or new == old:
            return new
        if may_go(resource, new):
            return self.store.remove(resource, namespace, name)
        return self._put(resource, new, old)

    def _place(self, resource: Resource, metadata: Object, namespace: str) -> None:
        if not resource.namespaced:
            metadata.pop("namespace", None)
        elif metadata.setdefault("namespace", namespace) != namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")

    def _require_open_namespace(self, resource: Resource, namespace: str, name: str) -> None:
        if not resource.namespaced:
            return
        found = self.store.find(NAMESPACES, "", namespace)
        if found is None:
            raise not_found(NAMESPACES, namespace)
        if "deletionTimestamp" in found["metadata"]:
            error = forbidden(
                resource,
                name,
                f"unable to create new content in namespace {namespace} because it is being terminated",
            )
            assert error.details is not None
            error.details["causes"] = [
                {
                    "reason": "NamespaceTerminating",
                    "message": f"namespace {namespace} is being terminated",
                    "field": "metadata.namespace",
                }
            ]
            raise error


def _generate_name(metadata: Object) -> None:
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"][:58] + random_suffix()


def random_suffix(length: int = 5) -> str:
    """The five letters that Kubernetes appends to a generateName."""
    return "".join(secrets.choice(NAME_LETTERS) for _ in range(length))


def _later(time: str, seconds: float) -> str:
    return _written(int(datetime.fromisoformat(time).timestamp() + seconds))


def timestamp(seconds_ahead: float = 0) -> str:
    """Now, in UTC and RFC 3339 with whole seconds, as metav1.Time is written."""
    return _written(int(time.time() + seconds_ahead))


def micro_timestamp() -> str:
    """Now as a MicroTime."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@lru_cache(maxsize=8)  # the same second is written by everything that happens in it
def _written(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_preconditions(resource: Resource, old: Object, uid: str | None, revision: str | None) -> None:
    name = old["metadata"]["name"]
    if uid and uid != old["metadata"]["uid"]:
        failed = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {old['metadata']['uid']}"
        where = f"StorageError: invalid object, Code: 4, Key: {_storage_key(resource, old)}, ResourceVersion: 0"
        raise conflict(resource, name, f"{where}, AdditionalErrorMsg: {failed}")
    if revision and not revision.isdecimal():  # an error that the API server does not expect: it has no reason
        raise ApiError(500, "", f'strconv.ParseUint: parsing "{revision}": invalid syntax')
    if revision and int(revision) and revision != old["metadata"]["resourceVersion"]:
        raise conflict(resource, name)


def _storage_key(resource: Resource, obj: Object) -> str:
    """Where etcd keeps it; of the oldest kinds under a name that is not the resource's."""
    base = {SERVICES: "services/specs", ENDPOINTS: "services/endpoints", NODES: "minions"}.get(
        resource, resource.plural
    )
    metadata = obj["metadata"]
    return "/".join(["/registry", base, *filter(None, [metadata.get("namespace", "")]), metadata["name"]])


def _check_record(resource: Resource, old: Object, wanted: Object) -> None:
    """The preconditions of a deletion; ApiError 409."""
    metadata, name = old["metadata"], old["metadata"]["name"]
    where = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    for field, word, ending in (
        ("uid", "UID", "The object might have been deleted and then recreated"),
        ("resourceVersion", "ResourceVersion", "The object might have been modified"),
    ):
        if wanted.get(field) and wanted[field] != metadata[field]:
            found = f"does not match the {word} in record ({metadata[field]}). {ending}"
            why = f"the {word} in the precondition ({wanted[field]}) {found}"
            details = {"name": name, **({"group": resource.group} if resource.group else {}), "kind": resource.kind}
            raise ApiError(409, "Conflict", f'Operation cannot be fulfilled on {where} "{name}": {why}', details)


def _merge_owned(resource: Resource, old: Object, obj: Object, subresource: str) -> Object:
    """`obj`, copied, with what the writer may not change taken from the object as it is.

    With a status everything else but the metadata is shared with the object as it is: status is written most.
    """
    if subresource == "status":
        return {**old, "metadata": {**old["metadata"]}, "status": copied(obj.get("status", {}))}
    new = copied(obj)
    if subresource == "ephemeralcontainers":
        return admission.ephemeral_containers.merged(copied(old), new)
    for field in SERVER_OWNED:
        new["metadata"].pop(field, None)
        if field in old["metadata"]:
            new["metadata"][field] = old["metadata"][field]
    new["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
    if resource.has_status:
        new.pop("status", None)
        if "status" in old:
            new["status"] = copied(old["status"])
    return new


def _asked(resource: Resource, obj: Object) -> Any:
    """The part of an object whose changes its generation counts."""
    if resource is ENDPOINTSLICES:
        return {key: obj.get(key) for key in ("endpoints", "ports", "addressType")}
    return obj.get("spec")


def _grace_period(resource: Resource, old: Object, asked: int | None) -> int:
    """Seconds a Pod gets between SIGTERM and SIGKILL; 0 where no kubelet has anything to stop."""
    if resource is not PODS:
        return 0
    finished = old.get("status", {}).get("phase") in ("Succeeded", "Failed")
    if not old["spec"].get("nodeName") or finished:
        return 0
    return int(old["spec"].get("terminationGracePeriodSeconds", 30) if asked is None else asked if asked >= 0 else 1)


def _set_propagation_finalizers(metadata: Object, policy: str | None) -> None:
    wanted = {"Orphan": "orphan", "Foreground": "foregroundDeletion"}.get(policy or "")
    if wanted and wanted not in metadata.setdefault("finalizers", []):
        metadata["finalizers"].append(wanted)


def may_go(resource: Resource, obj: Object) -> bool:
    """Whether an object that is being deleted can be taken away now."""
    if obj["metadata"].get("finalizers"):
        return False
    if resource is NAMESPACES:
        return "kubernetes" not in obj.get("spec", {}).get("finalizers", [])
    return resource is not PODS or obj["metadata"].get("deletionGracePeriodSeconds", 0) == 0


__all__ = ["ApiError", "Cause", "Recorder", "Registry", "may_go", "micro_timestamp", "random_suffix", "timestamp"]
