"""Validation of Pods and of the Pods of templates: k8s.io/kubernetes/pkg/apis/core."""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.admission import addresses, formats
from pocketkube.admission.formats import compact, quoted
from pocketkube.admission.metadata_validation import annotation_keys
from pocketkube.admission.pods import pod_annotation_validation
from pocketkube.admission.pods.container_validation import containers
from pocketkube.admission.pods.operating_system_validation import operating_system
from pocketkube.admission.pods.resource_validation import pod_resources
from pocketkube.admission.pods.scheduling_validation import affinity, spread, tolerations
from pocketkube.admission.pods.security_context_validation import host_users, pod_security_context
from pocketkube.admission.pods.volume_validation import volumes
from pocketkube.errors import Cause
from pocketkube.store import Object

RESTART_POLICIES = ["Always", "OnFailure", "Never"]
DNS_POLICIES = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]
PREEMPTION_POLICIES = ["PreemptLowerPriority", "Never"]
MOST_NAMESERVERS, MOST_SEARCHES, LONGEST_SEARCH_LIST = 3, 32, 2048
LONGEST_DEADLINE = 2**31 - 1  # seconds
UPDATABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def validate(pod: Object) -> list[Cause]:
    spec = pod["spec"]
    annotations = pod["metadata"].get("annotations") or {}
    causes = pod_annotation_validation.validate(annotations, spec, "metadata.annotations")
    causes += pod_spec(spec, "spec") + _tokens_without_account(spec)
    for kind in ("containers", "initContainers"):
        causes += padded_images(spec.get(kind) or [], f"spec.{kind}")
    return causes


def padded_images(containers: list[Object], field: str) -> list[Cause]:
    what = "must not have leading or trailing whitespace"
    return [
        Cause.invalid(f"{field}[{number}].image", quoted(container["image"]), what)
        for number, container in enumerate(containers)
        if container.get("image", "") != container.get("image", "").strip()
    ]


def images(containers: list[Object], field: str) -> list[Cause]:
    """Of an update, which looks at them once more."""
    causes = []
    for number, container in enumerate(containers):
        if not container.get("image"):
            causes.append(Cause.required(f"{field}[{number}].image"))
    return causes + padded_images(containers, field)


def validate_new(pod: Object) -> list[Cause]:
    """What only a new Pod may not have."""
    spec, causes = pod["spec"], []
    if spec.get("ephemeralContainers"):
        causes.append(Cause.forbidden("spec.ephemeralContainers", "cannot be set on create"))
    if spec.get("nodeName") and spec.get("schedulingGates"):
        what = "cannot be set until all schedulingGates have been cleared"
        causes.append(Cause.forbidden("spec.nodeName", what))
    return causes


def template(found: Object, field: str, claims: Iterable[str] = ()) -> list[Cause]:
    """A PodTemplateSpec. `claims`: as of `pod_spec`."""
    metadata = found.get("metadata") or {}
    causes = formats.labels(metadata.get("labels") or {}, f"{field}.labels")
    causes += annotation_keys(metadata.get("annotations") or {}, f"{field}.annotations")
    annotations = metadata.get("annotations") or {}
    causes += pod_annotation_validation.validate(annotations, found["spec"], f"{field}.annotations")
    causes += pod_spec(found["spec"], f"{field}.spec", claims)
    if found["spec"].get("ephemeralContainers"):
        what = "ephemeral containers not allowed in pod template"
        causes.append(Cause.forbidden(f"{field}.spec.ephemeralContainers", what))
    return causes


def pod_spec(spec: Object, field: str, claims: Iterable[str] = ()) -> list[Cause]:
    """`claims`: names of volumes that each Pod of a StatefulSet will have besides those of the spec."""
    fit, causes = volumes(spec.get("volumes") or [], f"{field}.volumes")
    causes += _resource_claims(spec, f"{field}.resourceClaims")
    causes += containers(spec, {**fit, **{name: {} for name in claims}}, field)
    causes += pod_resources(spec, f"{field}.resources")
    causes += _host_network(spec, field)
    for name, known in (("restartPolicy", RESTART_POLICIES), ("dnsPolicy", DNS_POLICIES)):
        if spec[name] not in known:
            causes.append(Cause.unsupported(f"{field}.{name}", quoted(spec[name]), known))
    causes += formats.labels(spec.get("nodeSelector") or {}, f"{field}.nodeSelector")
    causes += pod_security_context(spec, f"{field}.securityContext")
    causes += affinity(spec.get("affinity") or {}, f"{field}.affinity")
    causes += _dns(spec, f"{field}.dnsConfig")
    for number, gate in enumerate(spec.get("readinessGates") or ()):
        causes += formats.qualified_name(
            gate.get("conditionType", ""), f"{field}.readinessGates[{number}].conditionType"
        )
    causes += _scheduling_gates(spec, f"{field}.schedulingGates")
    causes += spread(spec.get("topologySpreadConstraints") or [], f"{field}.topologySpreadConstraints")
    causes += host_users(spec, field)
    for name in ("serviceAccountName", "nodeName"):
        if spec.get(name):
            causes += formats.dns_subdomain(spec[name], f"{field}.{name}")
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= LONGEST_DEADLINE:
        what = f"must be between 1 and {LONGEST_DEADLINE}, inclusive"
        causes.append(Cause.invalid(f"{field}.activeDeadlineSeconds", str(deadline), what))
    for name in ("hostname", "subdomain"):
        if spec.get(name):
            causes += formats.dns_label(spec[name], f"{field}.{name}")
    causes += tolerations(spec.get("tolerations") or [], f"{field}.tolerations")
    causes += _host_aliases(spec, f"{field}.hostAliases")
    for name in ("priorityClassName", "runtimeClassName"):
        if spec.get(name):
            causes += formats.dns_subdomain(spec[name], f"{field}.{name}")
    preemption = spec.get("preemptionPolicy")
    if preemption is not None and preemption not in PREEMPTION_POLICIES:
        causes.append(Cause.unsupported(f"{field}.preemptionPolicy", quoted(preemption), PREEMPTION_POLICIES))
    return causes + operating_system(spec, field)


def _host_network(spec: Object, field: str) -> list[Cause]:
    if not spec.get("hostNetwork"):
        return []
    what = "must match `containerPort` when `hostNetwork` is true"
    return [
        Cause.invalid(f"{field}.containers[{number}].ports[{index}].hostPort", str(port["hostPort"]), what)
        for number, container in enumerate(spec.get("containers") or ())
        for index, port in enumerate(container.get("ports") or ())
        if port.get("hostPort") and port["hostPort"] != port.get("containerPort")
    ]


def _dns(spec: Object, field: str) -> list[Cause]:
    config = spec.get("dnsConfig")
    if spec["dnsPolicy"] == "None":
        if config is None:
            return [Cause.required(field, "must provide `dnsConfig` when `dnsPolicy` is None")]
        if not config.get("nameservers"):
            what = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            return [Cause.required(f"{field}.nameservers", what)]
    servers, searches = (config or {}).get("nameservers") or [], (config or {}).get("searches") or []
    causes = []
    if len(servers) > MOST_NAMESERVERS:
        what = f"must not have more than {MOST_NAMESERVERS} nameservers"
        causes.append(Cause.invalid(f"{field}.nameservers", compact(servers), what))
    for number, text in enumerate(servers):
        causes += addresses.ip(text, f"{field}.nameservers[{number}]")
    if len(searches) > MOST_SEARCHES:
        what = f"must not have more than {MOST_SEARCHES} search paths"
        causes.append(Cause.invalid(f"{field}.searches", compact(searches), what))
    if len(" ".join(searches)) > LONGEST_SEARCH_LIST:
        what = f"must not have more than {LONGEST_SEARCH_LIST} characters (including spaces) in the search list"
        causes.append(Cause.invalid(f"{field}.searches", compact(searches), what))
    for number, text in enumerate(searches):
        if text != ".":
            causes += formats.search_domain(text.removesuffix("."), f"{field}.searches[{number}]")
    for number, option in enumerate((config or {}).get("options") or ()):
        if not option.get("name"):
            causes.append(Cause.required(f"{field}.options[{number}]", "must not be empty"))
    return causes


def _scheduling_gates(spec: Object, field: str) -> list[Cause]:
    causes = []
    names: set[str] = set()
    for number, gate in enumerate(spec.get("schedulingGates") or ()):
        name = gate.get("name", "")
        causes += formats.qualified_name(name, f"{field}[{number}]")
        if name in names:
            causes.append(Cause.duplicate(f"{field}[{number}]", quoted(name)))
        names.add(name)
    return causes


def _host_aliases(spec: Object, field: str) -> list[Cause]:
    causes = []
    for number, alias in enumerate(spec.get("hostAliases") or ()):
        causes += addresses.ip(alias.get("ip", ""), f"{field}[{number}].ip")
        for index, name in enumerate(alias.get("hostnames") or ()):
            causes += formats.dns_subdomain(name, f"{field}[{number}].hostnames[{index}]")
    return causes


def _resource_claims(spec: Object, field: str) -> list[Cause]:
    """https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/"""
    causes = []
    names: set[str] = set()
    for number, claim in enumerate(spec.get("resourceClaims") or ()):
        where, name = f"{field}[{number}]", claim.get("name", "")
        if not name:
            causes.append(Cause.required(f"{where}.name"))
        elif name in names:
            causes.append(Cause.duplicate(f"{where}.name", quoted(name)))
        else:
            causes += formats.dns_label(name, f"{where}.name")
        names.add(name)
        sources = [kind for kind in ("resourceClaimName", "resourceClaimTemplateName") if kind in claim]
        if len(sources) != 1:
            what = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"
            if not sources:
                what = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"
            shown = {
                "Name": name,
                "ResourceClaimName": claim.get("resourceClaimName"),
                "ResourceClaimTemplateName": claim.get("resourceClaimTemplateName"),
            }
            causes.append(Cause.invalid(where, compact(shown), what))
        for kind in sources:
            causes += formats.dns_subdomain(claim[kind], f"{where}.{kind}")
    return causes


def _tokens_without_account(spec: Object) -> list[Cause]:
    if spec.get("serviceAccountName"):
        return []
    return [
        Cause.forbidden(
            f"spec.volumes[{number}].projected.sources[{index}].serviceAccountToken",
            "must not be specified when serviceAccountName is not set",
        )
        for number, volume in enumerate(spec.get("volumes") or ())
        for index, source in enumerate((volume.get("projected") or {}).get("sources") or ())
        if "serviceAccountToken" in source
    ]
