"""What a write must pass: decoding, defaults, validation, allocation of addresses and ports, and the namespace's rules.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
"""

from pocketkube.admission.allocation import allocate
from pocketkube.admission.decoding import decode, decode_patched, decode_struct
from pocketkube.admission.defaults import default
from pocketkube.admission.limits import limit_ranger, quota
from pocketkube.admission.pods import ephemeral_containers, pod_plugins, pod_security
from pocketkube.admission.services import ingresses, service_fields
from pocketkube.admission.storage import storage_plugins
from pocketkube.admission.validation import validate_create, validate_update
from pocketkube.admission.warnings import read_warnings, warnings
from pocketkube.admission.workloads import daemonsets, jobs
from pocketkube.resources import (
    DAEMONSETS,
    INGRESSES,
    JOBS,
    NAMESPACES,
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    PODS,
    SERVICES,
    Resource,
)
from pocketkube.store import Object, Store

__all__ = [
    "admit",
    "allocate",
    "decode",
    "decode_patched",
    "decode_struct",
    "default",
    "ephemeral_containers",
    "mutate",
    "read_warnings",
    "validate_create",
    "validate_update",
    "warnings",
]


def mutate(store: Store, resource: Resource, new: Object, old: Object | None) -> None:
    """What the server adds to an object, in place, before it is validated. `old` is None for a new object."""
    if resource is PODS:
        pod_plugins.complete(store, new, old)
        if old is None:
            limit_ranger.mutate(store, new)
    elif resource is JOBS and old is None:
        jobs.generate_selector(new)
    elif resource is DAEMONSETS:
        daemonsets.count_template(new, old)
    elif resource is INGRESSES and old is None:
        ingresses.choose_class(store, new)
    elif resource is NAMESPACES and old is None:
        finalizers = new.setdefault("spec", {}).setdefault("finalizers", [])
        if "kubernetes" not in finalizers:
            finalizers.append("kubernetes")
    elif resource in (PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES) and old is None:
        storage_plugins.complete(store, resource, new)
    elif resource is SERVICES:
        service_fields.complete(new, old)


def admit(store: Store, resource: Resource, new: Object, old: Object | None) -> None:
    """ApiError 403 for what the namespace does not allow. `old` is None for a new object. The quota comes last."""
    if resource is PODS and old is None:
        limit_ranger.admit(store, new)
    if resource is PODS and (old is None or _debugging(new) != _debugging(old)):
        pod_security.admit(store, new)
    if resource is PERSISTENTVOLUMECLAIMS:
        if old is None:
            limit_ranger.admit_claim(store, new)
        else:
            storage_plugins.admit_resize(store, new, old)
    if resource.namespaced:
        quota.admit(store, resource, new, old)


def _debugging(pod: Object) -> list[Object]:
    return pod["spec"].get("ephemeralContainers") or []
