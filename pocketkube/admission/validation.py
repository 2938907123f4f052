"""Validation, with the API server's causes: k8s.io/kubernetes/pkg/apis/core/validation."""

from __future__ import annotations

import ipaddress
import json

from pocketkube.admission import daemonsets, jobs, not_carried_out, pod_security, secrets
from pocketkube.admission.formats import (
    LABEL,
    NOT_A_LABEL,
    NOT_A_SUBDOMAIN,
    NOT_AN_IP,
    PORT_RANGE,
    PROTOCOLS,
    SUBDOMAIN,
    is_ip,
    label_values,
    port_name,
    quoted,
)
from pocketkube.admission.network_policy_validation import network_policy
from pocketkube.admission.resource_validation import container_resources, limit_range, resource_quota
from pocketkube.errors import Cause
from pocketkube.resources import (
    DAEMONSETS,
    DEPLOYMENTS,
    ENDPOINTS,
    ENDPOINTSLICES,
    JOBS,
    LIMITRANGES,
    NAMESPACES,
    NETWORKPOLICIES,
    PODS,
    REPLICASETS,
    RESOURCEQUOTAS,
    SECRETS,
    SERVICES,
    STATEFULSETS,
    Resource,
)
from pocketkube.store import Object, Store

TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
STATEFUL_SET_MUTABLE = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)
POD_MUTABLE = (
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
    "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
    "previously negative)"
)
ENDPOINTS_DEPRECATED = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"


def validate_create(resource: Resource, obj: Object) -> list[Cause]:
    """Every reason why the object may not be created."""
    causes = _metadata(resource, obj) + _spec(resource, obj)
    return causes + pod_security.validate_labels(obj) if resource is NAMESPACES else causes


def validate_update(resource: Resource, new: Object, old: Object) -> list[Cause]:
    """Every reason why `old` may not become `new`."""
    causes = []
    if resource is NAMESPACES:
        before = pod_security.validate_labels(old)
        causes += [cause for cause in pod_security.validate_labels(new) if cause not in before]
    if resource is SERVICES:
        causes += _service_update(new["spec"], old["spec"])
    if resource is PODS:
        causes += _pod_update(new["spec"], old["spec"])
    if resource is SECRETS:
        causes += secrets.validate_update(new, old)
    if resource is JOBS:
        causes += jobs.validate_update(new["spec"], old["spec"])
    if resource is STATEFULSETS:
        causes += _stateful_set_update(new["spec"], old["spec"])
    elif resource in (DAEMONSETS, DEPLOYMENTS, REPLICASETS) and new["spec"].get("selector") != old["spec"].get(
        "selector"
    ):
        value = json.dumps(new["spec"].get("selector"), separators=(",", ":"))
        causes.append(Cause.invalid("spec.selector", value, "field is immutable"))
    return causes + _labels(new) + _spec(resource, new)


def warnings(store: Store, resource: Resource, obj: Object, *, created: bool) -> list[str]:
    """What a client is told besides: texts of Warning headers (KEP-1693)."""
    if resource is not PODS or created:
        found = [*pod_security.warnings(store, resource, obj), *not_carried_out.warnings(resource, obj)]
        if found:
            return found
    spec = obj.get("spec") or {}
    if resource is SERVICES and spec.get("clusterIP") == "None" and spec.get("sessionAffinity") == "ClientIP":
        return ["spec.SessionAffinity is ignored for headless services"]
    return read_warnings(resource)


def read_warnings(resource: Resource) -> list[str]:
    """What a client is told whatever it does with objects of this kind."""
    return [ENDPOINTS_DEPRECATED] if resource is ENDPOINTS else []


def _spec(resource: Resource, obj: Object) -> list[Cause]:
    if resource is SERVICES:
        return _service(obj["spec"])
    if resource is PODS:
        return _pod_spec(obj["spec"], "spec")
    if resource in (DEPLOYMENTS, REPLICASETS, STATEFULSETS):
        return _workload(obj["spec"])
    if resource is JOBS:
        return jobs.validate(obj) + _pod_spec(obj["spec"]["template"]["spec"], "spec.template.spec")
    if resource is DAEMONSETS:
        return daemonsets.validate(obj) + _pod_spec(obj["spec"]["template"]["spec"], "spec.template.spec")
    if resource is SECRETS:
        return secrets.validate(obj)
    if resource is ENDPOINTSLICES:
        return _slice(obj)
    if resource is LIMITRANGES:
        return limit_range(obj["spec"])
    if resource is NETWORKPOLICIES:
        return network_policy(obj["spec"])
    if resource is RESOURCEQUOTAS:
        return resource_quota(obj["spec"])
    return []


def _metadata(resource: Resource, obj: Object) -> list[Cause]:
    name = obj["metadata"].get("name", "")
    if not name:
        return [Cause.required("metadata.name", "name or generateName is required")]
    strict = resource in (SERVICES, NAMESPACES)
    pattern, why, longest = (LABEL, NOT_A_LABEL, 63) if strict else (SUBDOMAIN, NOT_A_SUBDOMAIN, 253)
    causes = []
    if len(name) > longest:
        causes.append(Cause.invalid("metadata.name", quoted(name), f"must be no more than {longest} characters"))
    if not pattern.fullmatch(name):
        causes.append(Cause.invalid("metadata.name", quoted(name), why))
    return causes + _labels(obj)


def _labels(obj: Object) -> list[Cause]:
    return label_values(obj["metadata"].get("labels") or {}, "metadata.labels")


def _service(spec: Object) -> list[Cause]:
    kind = spec["type"]
    headless = spec.get("clusterIP") == "None"
    ports = spec.get("ports") or []
    causes = []
    if not ports and not headless and kind != "ExternalName":
        causes.append(Cause.required("spec.ports"))
    if kind not in TYPES:
        causes.append(Cause.unsupported("spec.type", quoted(kind), TYPES))
    if headless and kind in ("NodePort", "LoadBalancer"):
        what = f"may not be set to 'None' for {kind} services"
        causes.append(Cause.invalid("spec.clusterIPs[0]", '"None"', what))
    if kind == "ExternalName":
        causes += _external_name(spec)
    names: set[str] = set()
    for number, port in enumerate(ports):
        causes += _service_port(port, f"spec.ports[{number}]", names, named=len(ports) > 1)
    causes += label_values(spec.get("selector") or {}, "spec.selector")
    if spec["sessionAffinity"] not in ("None", "ClientIP"):
        found = quoted(spec["sessionAffinity"])
        causes.append(Cause.unsupported("spec.sessionAffinity", found, ["ClientIP", "None"]))
    address = spec.get("clusterIP")
    if address and not headless and kind != "ExternalName" and not is_ip(address):
        causes.append(Cause.invalid("spec.clusterIPs[0]", quoted(address), NOT_AN_IP))
    return causes


def _external_name(spec: Object) -> list[Cause]:
    name = (spec.get("externalName") or "").removesuffix(".")
    if spec.get("clusterIP"):
        return [Cause.forbidden("spec.clusterIPs", "may not be set for ExternalName services")]
    if not name:
        return [Cause.required("spec.externalName")]
    if not SUBDOMAIN.fullmatch(name):
        return [Cause.invalid("spec.externalName", quoted(spec["externalName"]), NOT_A_SUBDOMAIN)]
    return []


def _service_port(port: Object, field: str, names: set[str], *, named: bool) -> list[Cause]:
    causes = []
    name = port.get("name", "")
    if named and not name:
        causes.append(Cause.required(f"{field}.name"))
    elif name and not LABEL.fullmatch(name):
        causes.append(Cause.invalid(f"{field}.name", quoted(name), NOT_A_LABEL))
    elif name and name in names:
        causes.append(Cause.duplicate(f"{field}.name", quoted(name)))
    names.add(name)
    number = port.get("port", 0)
    if not 1 <= number <= 65535:
        causes.append(Cause.invalid(f"{field}.port", str(number), PORT_RANGE))
    if port["protocol"] not in PROTOCOLS:
        causes.append(Cause.unsupported(f"{field}.protocol", quoted(port["protocol"]), PROTOCOLS))
    target = port["targetPort"]
    if isinstance(target, int):
        # A targetPort that was left out is the port's own number, which has been told of already.
        if (not 1 <= target <= 65535 and target == number) or not 0 <= target <= 65535:
            causes.append(Cause.invalid(f"{field}.targetPort", str(target), PORT_RANGE))
    else:
        causes += port_name(target, f"{field}.targetPort")
    return causes


def _service_update(new: Object, old: Object) -> list[Cause]:
    """spec.clusterIP stays what it is once set, unless the type comes from or becomes ExternalName."""
    if "ExternalName" in (new["type"], old["type"]) or not new.get("clusterIP") or not old.get("clusterIP"):
        return []
    if new["clusterIP"] == old["clusterIP"]:
        return []
    return [Cause.invalid("spec.clusterIPs[0]", json.dumps([new["clusterIP"]]), "may not change once set")]


def _pod_spec(spec: Object, field: str) -> list[Cause]:
    containers = spec.get("containers") or []
    causes = [] if containers else [Cause.required(f"{field}.containers")]
    volumes = {volume.get("name") for volume in spec.get("volumes") or ()}
    names: set[str] = set()
    for kind in ("containers", "initContainers"):
        for number, container in enumerate(spec.get(kind) or ()):
            where = f"{field}.{kind}[{number}]"
            name = container.get("name", "")
            if not name:
                causes.append(Cause.required(f"{where}.name"))
            elif not LABEL.fullmatch(name):
                causes.append(Cause.invalid(f"{where}.name", quoted(name), NOT_A_LABEL))
            elif name in names:
                causes.append(Cause.duplicate(f"{where}.name", quoted(name)))
            names.add(name)
            causes += container_resources(container.get("resources") or {}, f"{where}.resources")
            if not container.get("image"):
                causes.append(Cause.required(f"{where}.image"))
            for index, port in enumerate(container.get("ports") or ()):
                if not 1 <= port.get("containerPort", 0) <= 65535:
                    what = f"{where}.ports[{index}].containerPort"
                    causes.append(Cause.invalid(what, str(port.get("containerPort", 0)), PORT_RANGE))
            for index, mount in enumerate(container.get("volumeMounts") or ()):
                if mount.get("name") not in volumes:
                    what = f"{where}.volumeMounts[{index}].name"
                    causes.append(Cause("FieldValueNotFound", f"Not found: {quoted(mount.get('name', ''))}", what))
    return causes


def _pod_update(new: Object, old: Object) -> list[Cause]:
    added_only = all(each in new["tolerations"] for each in old["tolerations"])
    if added_only and _immutable(new) == _immutable(old):
        return []
    return [Cause.forbidden("spec", f"pod updates may not change fields other than {POD_MUTABLE}")]


def _immutable(spec: Object) -> Object:
    kept = {name: value for name, value in spec.items() if name not in ("activeDeadlineSeconds", "tolerations")}
    for kind in ("containers", "initContainers"):
        if kind in kept:
            kept[kind] = [{**container, "image": ""} for container in kept[kind]]
    return kept


def _workload(spec: Object) -> list[Cause]:
    causes = []
    selector = spec.get("selector")
    labels = spec["template"]["metadata"].get("labels") or {}
    wanted = (selector or {}).get("matchLabels") or {}
    if not selector:
        causes.append(Cause.required("spec.selector"))
    if not selector or any(labels.get(key) != value for key, value in wanted.items()):
        value = json.dumps(labels, separators=(",", ":"))
        causes.append(
            Cause.invalid("spec.template.metadata.labels", value, "`selector` does not match template `labels`")
        )
    if spec["replicas"] < 0:
        causes.append(Cause.invalid("spec.replicas", str(spec["replicas"]), "must be greater than or equal to 0"))
    return causes + _pod_spec(spec["template"]["spec"], "spec.template.spec")


def _stateful_set_update(new: Object, old: Object) -> list[Cause]:
    if all(new.get(field) == old.get(field) for field in {*new, *old} - set(STATEFUL_SET_MUTABLE)):
        return []
    fields = "', '".join(STATEFUL_SET_MUTABLE[:-1])
    what = (
        f"updates to statefulset spec for fields other than '{fields}' and '{STATEFUL_SET_MUTABLE[-1]}' are forbidden"
    )
    return [Cause.forbidden("spec", what)]


def _slice(obj: Object) -> list[Cause]:
    causes = []
    if not obj.get("addressType"):
        causes.append(Cause.required("addressType"))
    for number, endpoint in enumerate(obj.get("endpoints") or ()):
        if not endpoint.get("addresses"):
            causes.append(Cause.required(f"endpoints[{number}].addresses", "must contain at least 1 address"))
        for index, address in enumerate(endpoint.get("addresses") or ()):
            where = f"endpoints[{number}].addresses[{index}]"
            if obj.get("addressType") == "FQDN":
                continue
            if not is_ip(address):
                if obj.get("addressType"):
                    causes.append(Cause.invalid(where, quoted(address), NOT_AN_IP))
            elif ipaddress.ip_address(address).is_loopback:
                what = "may not be in the loopback range (127.0.0.0/8, ::1/128)"
                causes.append(Cause.invalid(where, quoted(address), what))
    return causes
