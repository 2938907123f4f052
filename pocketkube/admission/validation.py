"""Validation, with the API server's causes: which rules are about which kind."""

from __future__ import annotations

from collections.abc import Callable

from pocketkube.admission import metadata_validation
from pocketkube.admission.cluster import event_validation, lease_validation, node_validation, rbac_validation
from pocketkube.admission.configuration import configmap_validation, secrets
from pocketkube.admission.limits import quota_validation
from pocketkube.admission.limits.limit_range_validation import limit_range
from pocketkube.admission.pods import pod_security, pod_update, pod_validation
from pocketkube.admission.services import endpoints_validation, ingress_classes, ingresses, service_validation
from pocketkube.admission.services.network_policy_validation import network_policy
from pocketkube.admission.storage import claim_validation, persistent_volume_validation, storage_class_validation
from pocketkube.admission.workloads import cronjobs, daemonsets, jobs, pod_disruption_budgets, workload_validation
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
    SERVICEACCOUNTS,
    SERVICES,
    STATEFULSETS,
    STORAGECLASSES,
    Resource,
)
from pocketkube.store import Object


def validate_create(resource: Resource, obj: Object) -> list[Cause]:
    """Every reason why the object may not be created."""
    causes = metadata_validation.create(resource, obj["metadata"]) + _spec(resource, obj)
    return causes + NEW[resource](obj) if resource in NEW else causes


def validate_update(resource: Resource, new: Object, old: Object) -> list[Cause]:
    """Every reason why `old` may not become `new`; what is wrong with the metadata is told as often as it is seen."""
    after, before = new["metadata"], old["metadata"]
    causes = metadata_validation.common_update(after, before)
    if resource not in AS_IF_NEW:
        causes += metadata_validation.update(after, before)
    changed = UPDATES[resource](new, old) if resource in UPDATES else []
    anew = metadata_validation.create(resource, after) if resource in SEEN_ANEW else []
    if resource is NAMESPACES:
        wrong = pod_security.validate_labels(old)
        anew += [cause for cause in pod_security.validate_labels(new) if cause not in wrong]
    if resource is not NODES:  # its update says all
        anew += _spec(resource, new)
    return causes + (changed + anew if resource in CHANGES_FIRST else anew + changed)


def _spec(resource: Resource, obj: Object) -> list[Cause]:
    return RULES[resource](obj) if resource in RULES else []


# Kinds of which an update is looked at as if the object were new: instead of what changes in the metadata, or besides.
AS_IF_NEW = (ENDPOINTSLICES, LIMITRANGES)
SEEN_ANEW = (*AS_IF_NEW, CONFIGMAPS, ENDPOINTS, INGRESSCLASSES, PODS, SECRETS, SERVICEACCOUNTS, SERVICES)
CHANGES_FIRST = (CONFIGMAPS, INGRESSCLASSES, SECRETS, SERVICES)
RULES: dict[Resource, Callable[[Object], list[Cause]]] = {
    CLUSTERROLEBINDINGS: rbac_validation.cluster_role_binding,
    CLUSTERROLES: rbac_validation.cluster_role,
    CONFIGMAPS: configmap_validation.validate,
    CRONJOBS: cronjobs.validate,
    DAEMONSETS: daemonsets.validate,
    DEPLOYMENTS: lambda obj: workload_validation.deployment(obj["spec"]),
    ENDPOINTS: endpoints_validation.endpoints,
    ENDPOINTSLICES: endpoints_validation.endpoint_slice,
    EVENTS: event_validation.validate,
    INGRESSCLASSES: ingress_classes.validate,
    INGRESSES: ingresses.validate,
    JOBS: jobs.validate,
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
    RESOURCEQUOTAS: lambda obj: quota_validation.resource_quota(obj["spec"]),
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
    JOBS: jobs.validate_new,
    NAMESPACES: lambda obj: metadata_validation.namespace_finalizers(obj["spec"]) + pod_security.validate_labels(obj),
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
    PODS: pod_update.validate,
    REPLICASETS: lambda new, old: workload_validation.selector_update(new["spec"], old["spec"]),
    RESOURCEQUOTAS: lambda new, old: quota_validation.validate_update(new["spec"], old["spec"]),
    ROLEBINDINGS: rbac_validation.binding_update,
    SECRETS: secrets.validate_update,
    SERVICES: lambda new, old: service_validation.validate_update(new["spec"], old["spec"]),
    STATEFULSETS: lambda new, old: workload_validation.stateful_set_update(new["spec"], old["spec"]),
    STORAGECLASSES: storage_class_validation.validate_update,
}
