"""Validation, with the API server's causes: which rules are about which kind."""

from __future__ import annotations

from collections.abc import Callable

from pocketkube.admission import (
    claim_validation,
    configmap_validation,
    cronjobs,
    daemonsets,
    endpoints_validation,
    event_validation,
    ingress_classes,
    ingresses,
    jobs,
    lease_validation,
    metadata_validation,
    node_validation,
    persistent_volume_validation,
    pod_disruption_budgets,
    pod_security,
    pod_update,
    pod_validation,
    rbac_validation,
    secrets,
    service_validation,
    storage_class_validation,
    workload_validation,
)
from pocketkube.admission.network_policy_validation import network_policy
from pocketkube.admission.resource_validation import limit_range, resource_quota
from pocketkube.errors import Cause
from pocketkube.resources import (
    CLUSTERROLEBINDINGS,
    CLUSTERROLES,
    CONFIGMAPS,
    CRONJOBS,
    DAEMONSETS,
    DEPLOYMENTS,
    ENDPOINTS,
    ENDPOINTSLICES,
    EVENTS,
    INGRESSCLASSES,
    INGRESSES,
    JOBS,
    LEASES,
    LIMITRANGES,
    NAMESPACES,
    NETWORKPOLICIES,
    NODES,
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    PODDISRUPTIONBUDGETS,
    PODS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    RESOURCEQUOTAS,
    ROLEBINDINGS,
    ROLES,
    SECRETS,
    SERVICES,
    STATEFULSETS,
    STORAGECLASSES,
    Resource,
)
from pocketkube.store import Object


def validate_create(resource: Resource, obj: Object) -> list[Cause]:
    """Every reason why the object may not be created."""
    causes = metadata_validation.create(resource, obj["metadata"]) + _spec(resource, obj)
    if resource in NEW:
        causes += NEW[resource](obj)
    return causes + pod_security.validate_labels(obj) if resource is NAMESPACES else causes


def validate_update(resource: Resource, new: Object, old: Object) -> list[Cause]:
    """Every reason why `old` may not become `new`."""
    causes = metadata_validation.update(new["metadata"], old["metadata"])
    if resource is NAMESPACES:
        before = pod_security.validate_labels(old)
        causes += [cause for cause in pod_security.validate_labels(new) if cause not in before]
    if resource in UPDATES:
        causes += UPDATES[resource](new, old)
    return causes + _spec(resource, new)


def _spec(resource: Resource, obj: Object) -> list[Cause]:
    return RULES[resource](obj) if resource in RULES else []


def _with_template(validate: Callable[[Object], list[Cause]]) -> Callable[[Object], list[Cause]]:
    def both(obj: Object) -> list[Cause]:
        return validate(obj) + pod_validation.template(obj["spec"]["template"], "spec.template")

    return both


RULES: dict[Resource, Callable[[Object], list[Cause]]] = {
    CLUSTERROLEBINDINGS: rbac_validation.cluster_role_binding,
    CLUSTERROLES: rbac_validation.cluster_role,
    CONFIGMAPS: configmap_validation.validate,
    CRONJOBS: cronjobs.validate,
    DAEMONSETS: _with_template(daemonsets.validate),
    DEPLOYMENTS: lambda obj: workload_validation.deployment(obj["spec"]),
    ENDPOINTS: endpoints_validation.endpoints,
    ENDPOINTSLICES: endpoints_validation.endpoint_slice,
    EVENTS: event_validation.validate,
    INGRESSCLASSES: ingress_classes.validate,
    INGRESSES: ingresses.validate,
    JOBS: _with_template(jobs.validate),
    LEASES: lease_validation.validate,
    LIMITRANGES: lambda obj: limit_range(obj["spec"]),
    NETWORKPOLICIES: lambda obj: network_policy(obj["spec"]),
    NODES: node_validation.validate,
    PODDISRUPTIONBUDGETS: pod_disruption_budgets.validate,
    PERSISTENTVOLUMECLAIMS: claim_validation.validate,
    PERSISTENTVOLUMES: persistent_volume_validation.validate,
    PODS: pod_validation.validate,
    REPLICASETS: lambda obj: workload_validation.replica_set(obj["spec"]),
    REPLICATIONCONTROLLERS: lambda obj: workload_validation.replication_controller(obj["spec"]),
    RESOURCEQUOTAS: lambda obj: resource_quota(obj["spec"]),
    ROLEBINDINGS: rbac_validation.role_binding,
    ROLES: rbac_validation.role,
    SECRETS: secrets.validate,
    SERVICES: service_validation.validate,
    STATEFULSETS: lambda obj: workload_validation.stateful_set(obj["spec"]),
    STORAGECLASSES: storage_class_validation.validate,
}
NEW: dict[Resource, Callable[[Object], list[Cause]]] = {
    CRONJOBS: cronjobs.validate_new,
    INGRESSES: ingresses.validate_new,
    PODS: pod_validation.validate_new,
}
UPDATES: dict[Resource, Callable[[Object, Object], list[Cause]]] = {
    CLUSTERROLEBINDINGS: rbac_validation.binding_update,
    CONFIGMAPS: configmap_validation.validate_update,
    DAEMONSETS: lambda new, old: workload_validation.selector_update(new["spec"], old["spec"]),
    DEPLOYMENTS: lambda new, old: workload_validation.selector_update(new["spec"], old["spec"]),
    ENDPOINTSLICES: endpoints_validation.endpoint_slice_update,
    INGRESSCLASSES: ingress_classes.validate_update,
    JOBS: lambda new, old: jobs.validate_update(new["spec"], old["spec"]),
    NODES: node_validation.validate_update,
    PERSISTENTVOLUMECLAIMS: claim_validation.validate_update,
    PERSISTENTVOLUMES: persistent_volume_validation.validate_update,
    PODS: lambda new, old: pod_update.validate(new["spec"], old["spec"]),
    REPLICASETS: lambda new, old: workload_validation.selector_update(new["spec"], old["spec"]),
    ROLEBINDINGS: rbac_validation.binding_update,
    SECRETS: secrets.validate_update,
    SERVICES: lambda new, old: service_validation.validate_update(new["spec"], old["spec"]),
    STATEFULSETS: lambda new, old: workload_validation.stateful_set_update(new["spec"], old["spec"]),
    STORAGECLASSES: storage_class_validation.validate_update,
}
