"""Defaults, as k8s.io/kubernetes/pkg/apis/*/v1/defaults.go sets them. Setting them twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pocketkube.admission.cluster import rbac_validation
from pocketkube.admission.configuration import secrets
from pocketkube.admission.services import ingress_classes
from pocketkube.admission.services.service_validation import externally_accessible
from pocketkube.admission.storage import storage_defaults
from pocketkube.admission.workloads import cronjobs, daemonsets, jobs, pod_disruption_budgets
from pocketkube.resources import (
    CLUSTERROLEBINDINGS,
    CRONJOBS,
    DAEMONSETS,
    DEPLOYMENTS,
    ENDPOINTS,
    ENDPOINTSLICES,
    INGRESSCLASSES,
    INGRESSES,
    JOBS,
    LIMITRANGES,
    NAMESPACES,
    NETWORKPOLICIES,
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    PODDISRUPTIONBUDGETS,
    PODS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    RESOURCEQUOTAS,
    ROLEBINDINGS,
    SECRETS,
    SERVICES,
    STATEFULSETS,
    STORAGECLASSES,
    Resource,
)
from pocketkube.store import Object

DEFAULT_MODE = 0o644
NEW_STATUS: dict[Resource, Object] = {
    CRONJOBS: {},
    DAEMONSETS: daemonsets.NEW_STATUS,
    DEPLOYMENTS: {},
    JOBS: {},
    REPLICASETS: {"replicas": 0},
    STATEFULSETS: {"replicas": 0, "availableReplicas": 0},
}


def default(resource: Resource, obj: Object) -> Object:
    """Fill in what the writer left out, in place; returns the object."""
    obj["apiVersion"], obj["kind"] = resource.api_version, resource.kind
    if resource in DEFAULTS:
        DEFAULTS[resource](obj)
    return obj


def _service(service: Object) -> None:
    spec = service.setdefault("spec", {})
    kind = spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    if spec["sessionAffinity"] == "ClientIP":
        client = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        client.setdefault("timeoutSeconds", 10800)
    else:
        spec.pop("sessionAffinityConfig", None)
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port", 0)
    if externally_accessible(spec):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if kind in ("ClusterIP", "NodePort", "LoadBalancer"):
        spec.setdefault("internalTrafficPolicy", "Cluster")
    service.setdefault("status", {"loadBalancer": {}})


def _endpoint_slice(each: Object) -> None:
    for endpoint in each.get("endpoints") or ():
        endpoint.setdefault("conditions", {})
    for port in each.get("ports") or ():
        port.setdefault("name", "")
        port.setdefault("protocol", "TCP")


def _endpoints(endpoints: Object) -> None:
    for subset in endpoints.get("subsets") or ():
        for port in subset.get("ports") or ():
            port.setdefault("protocol", "TCP")


def _namespace(namespace: Object) -> None:
    labels = namespace["metadata"].setdefault("labels", {})
    labels["kubernetes.io/metadata.name"] = namespace["metadata"].get("name", "")
    namespace.setdefault("status", {"phase": "Active"})


def _limit_range(limit_range: Object) -> None:
    """What it leaves out follows from what it says: the default from max, the request from default and min."""
    for item in limit_range.setdefault("spec", {}).get("limits") or ():
        if item.get("type") != "Container":
            continue
        if item.get("default") or item.get("max"):
            item["default"] = {**(item.get("max") or {}), **(item.get("default") or {})}
        request = {**(item.get("min") or {}), **(item.get("default") or {}), **(item.get("defaultRequest") or {})}
        if request:
            item["defaultRequest"] = request


def _resource_quota(quota: Object) -> None:
    quota.setdefault("spec", {})
    quota.setdefault("status", {})


def _ingress(ingress: Object) -> None:
    ingress.setdefault("spec", {})
    ingress.setdefault("status", {"loadBalancer": {}})


def _network_policy(policy: Object) -> None:
    spec = policy.setdefault("spec", {})
    spec.setdefault("podSelector", {})
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    for rule in (*(spec.get("ingress") or ()), *(spec.get("egress") or ())):
        for port in rule.get("ports") or ():
            port.setdefault("protocol", "TCP")


def _workload(resource: Resource, obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    if resource is CRONJOBS:
        cronjobs.default_spec(spec)
    elif resource is JOBS:
        jobs.default_spec(spec)
    elif resource is DAEMONSETS:
        daemonsets.default_spec(spec)
        obj["metadata"].setdefault("annotations", {}).setdefault(daemonsets.TEMPLATE_GENERATION, "1")
    else:
        spec.setdefault("replicas", 1)
    if resource is DEPLOYMENTS:
        spec.setdefault("revisionHistoryLimit", 10)
        spec.setdefault("progressDeadlineSeconds", 600)
        strategy = spec.setdefault("strategy", {})
        if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
            rolling = strategy.setdefault("rollingUpdate", {})
            rolling.setdefault("maxSurge", "25%")
            rolling.setdefault("maxUnavailable", "25%")
    elif resource is STATEFULSETS:
        spec.setdefault("revisionHistoryLimit", 10)
        spec.setdefault("podManagementPolicy", "OrderedReady")
        strategy = spec.setdefault("updateStrategy", {})
        if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
            strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
        retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
        retention.setdefault("whenDeleted", "Retain")
        retention.setdefault("whenScaled", "Retain")
        storage_defaults.claim_templates(spec)
    maker = spec["jobTemplate"]["spec"] if resource is CRONJOBS else spec
    template = maker.setdefault("template", {})
    template.setdefault("metadata", {})
    _pod_spec(template.setdefault("spec", {}))
    obj.setdefault("status", dict(NEW_STATUS[resource]))


def _replication_controller(controller: Object) -> None:
    """Whom it is for, and what it is called, is what its Pods are called."""
    spec = controller.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    controller.setdefault("status", {"replicas": 0})
    template = spec.get("template")
    if template is None:
        return
    labels = template.setdefault("metadata", {}).get("labels")
    _pod_spec(template.setdefault("spec", {}))
    for owner, field in ((spec, "selector"), (controller["metadata"], "labels")):
        if labels and not owner.get(field):
            owner[field] = dict(labels)


def _pod(pod: Object) -> None:
    spec = pod.setdefault("spec", {})
    _pod_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        _request_the_limits(container["resources"])
        for port in container.get("ports") or () if spec.get("hostNetwork") else ():
            port.setdefault("hostPort", port.get("containerPort", 0))
    pod.setdefault("status", {"phase": "Pending", "qosClass": quality_of_service(spec)})


def _pod_spec(spec: Object) -> None:
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(kind) or ():
            _container(container)
    for volume in spec.get("volumes") or ():
        if not any(key != "name" for key in volume):
            volume["emptyDir"] = {}
        if "hostPath" in volume:
            volume["hostPath"].setdefault("type", "")
        storage_defaults.ephemeral(volume.get("ephemeral") or {})
        for source in ("configMap", "secret", "downwardAPI", "projected"):
            if source in volume:
                volume[source].setdefault("defaultMode", DEFAULT_MODE)


def _container(container: Object) -> None:
    container.setdefault("resources", {})
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    name = container.get("image", "").rpartition("/")[2]
    latest = "@" not in name and (":" not in name or name.endswith(":latest"))
    container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for variable in container.get("env") or ():
        reference = (variable.get("valueFrom") or {}).get("fieldRef")
        if reference is not None:
            reference.setdefault("apiVersion", "v1")
    for kind in ("readinessProbe", "livenessProbe", "startupProbe"):
        if kind in container:
            _probe(container[kind])
    for kind in ("postStart", "preStop"):
        _handler((container.get("lifecycle") or {}).get(kind) or {})


def _request_the_limits(resources: Object) -> None:
    limits = resources.get("limits")
    if limits:
        resources["requests"] = {**limits, **(resources.get("requests") or {})}


def _probe(probe: Object) -> None:
    for field, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        probe.setdefault(field, value)
    _handler(probe)


def _handler(handler: Object) -> None:
    """What a probe or a hook does."""
    if "httpGet" in handler:
        handler["httpGet"].setdefault("scheme", "HTTP")
        handler["httpGet"].setdefault("path", "/")


def quality_of_service(spec: Object) -> str:
    """https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/"""
    asked = [container.get("resources") or {} for container in spec.get("containers") or ()]
    if not any(each.get("limits") or each.get("requests") for each in asked):
        return "BestEffort"
    for each in asked:
        limits = each.get("limits") or {}
        if not {"cpu", "memory"} <= set(limits) or (each.get("requests") or limits) != limits:
            return "Burstable"
    return "Guaranteed"


DEFAULTS: dict[Resource, Callable[[Object], None]] = {
    SERVICES: _service,
    PODS: _pod,
    **{resource: partial(_workload, resource) for resource in NEW_STATUS},
    ENDPOINTSLICES: _endpoint_slice,
    ENDPOINTS: _endpoints,
    NAMESPACES: _namespace,
    LIMITRANGES: _limit_range,
    REPLICATIONCONTROLLERS: _replication_controller,
    RESOURCEQUOTAS: _resource_quota,
    INGRESSCLASSES: ingress_classes.default,
    INGRESSES: _ingress,
    NETWORKPOLICIES: _network_policy,
    PODDISRUPTIONBUDGETS: pod_disruption_budgets.default,
    CLUSTERROLEBINDINGS: rbac_validation.default_binding,
    ROLEBINDINGS: rbac_validation.default_binding,
    PERSISTENTVOLUMECLAIMS: storage_defaults.claim,
    PERSISTENTVOLUMES: storage_defaults.volume,
    STORAGECLASSES: storage_defaults.storage_class,
    SECRETS: secrets.default,
}
