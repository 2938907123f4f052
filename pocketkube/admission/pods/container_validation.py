"""Validation of containers: names, ports, environment, mounts, probes and hooks: k8s.io/kubernetes/pkg/apis/core."""

from __future__ import annotations

import re
from typing import Any

from pocketkube.admission import formats
from pocketkube.admission.formats import PROTOCOLS, quoted
from pocketkube.admission.pods.mount_validation import devices, mounts
from pocketkube.admission.pods.resource_validation import container_resources
from pocketkube.admission.pods.security_context_validation import security_context
from pocketkube.errors import Cause
from pocketkube.quantity import parse
from pocketkube.store import Object

NO_SIDECAR = "may not be set for init containers without restartPolicy=Always"
PULL_POLICIES = ["Always", "IfNotPresent", "Never"]
MESSAGE_POLICIES = ["File", "FallbackToLogsOnError"]
SCHEMES = ["HTTP", "HTTPS"]
RESTART_POLICIES = ["Always", "Never", "OnFailure"]
RESTART_ACTIONS = ["Restart", "RestartAllContainers"]
MOST_RULES, MOST_CODES = 20, 255
ENV_FIELDS = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
]
VOLUME_FIELDS = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"]
# Paths that there are, of which a variable or a file may show only some.
LABELS_OF_FIELDS = {*ENV_FIELDS, *VOLUME_FIELDS, "spec.restartPolicy", "spec.schedulerName", "status.phase"}
SUBSCRIPTED = re.compile(r"(.*)\['([^']*)'\]")
AMOUNTS = [f"{kind}.{name}" for kind in ("limits", "requests") for name in ("cpu", "ephemeral-storage", "memory")]
DIVISORS = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"]
VALUE_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef")
HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
COUNTS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")


def containers(spec: Object, volumes: dict[str, Object], field: str) -> list[Cause]:
    """Those of a Pod's spec: its own, then the init containers. `volumes`: by name. `field`: of the spec."""
    own = spec.get("containers") or []
    if not own:
        causes = [Cause.required(f"{field}.containers")]
    else:
        causes = _containers(own, spec, volumes, f"{field}.containers")
    names = {container.get("name", "") for container in own}
    for number, container in enumerate(spec.get("initContainers") or ()):
        causes += _init_container(container, names, spec, volumes, f"{field}.initContainers", number)
    return causes


def _containers(found: list[Object], spec: Object, volumes: dict[str, Object], field: str) -> list[Cause]:
    causes = []
    names: set[str] = set()
    for number, container in enumerate(found):
        where, name = f"{field}[{number}]", container.get("name", "")
        causes += _common(container, spec, volumes, where)
        if name in names:
            causes.append(Cause.duplicate(f"{where}.name", quoted(name)))
        names.add(name)
        causes += _lifecycle(container, spec, where)
        causes += _restart(container, where)
    return causes + _host_ports(found, field)


def _init_container(
    container: Object, names: set[str], spec: Object, volumes: dict[str, Object], all_of_them: str, number: int
) -> list[Cause]:
    """`all_of_them`: the field of the init containers; the ports of one are counted as if it were alone."""
    name, field = container.get("name", ""), f"{all_of_them}[{number}]"
    causes = _common(container, spec, volumes, field)
    causes += _restart(container, field)
    if name in names:
        causes.append(Cause.duplicate(f"{field}.name", quoted(name)))
    elif name:
        names.add(name)
    causes += _host_ports([container], all_of_them)
    if container.get("restartPolicy") == "Always":
        return causes + _lifecycle(container, spec, field)
    return causes + [
        Cause.forbidden(f"{field}.{kind}", NO_SIDECAR) for kind in ("lifecycle", *PROBES) if container.get(kind)
    ]


def _restart(container: Object, field: str) -> list[Cause]:
    """https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-restart-rules"""
    policy, rules = container.get("restartPolicy"), container.get("restartPolicyRules") or []
    causes = []
    if policy is None:
        if rules:
            what = "must specify restartPolicy when restart rules are used"
            causes.append(Cause.required(f"{field}.restartPolicy", what))
    elif policy not in RESTART_POLICIES:
        causes.append(Cause.unsupported(f"{field}.restartPolicy", quoted(policy), RESTART_POLICIES))
    if len(rules) > MOST_RULES:
        causes.append(Cause.too_many(f"{field}.restartPolicyRules", len(rules), MOST_RULES))
    for number, rule in enumerate(rules):
        causes += _restart_rule(rule, f"{field}.restartPolicyRules[{number}]")
    return causes


def _restart_rule(rule: Object, field: str) -> list[Cause]:
    action, codes, causes = rule.get("action", ""), rule.get("exitCodes"), []
    if action not in RESTART_ACTIONS:
        causes.append(Cause.unsupported(f"{field}.action", quoted(action), RESTART_ACTIONS))
    if codes is None:
        return [*causes, Cause.required(f"{field}.exitCodes", "must be specified")]
    operator, values = codes.get("operator", ""), codes.get("values") or []
    if operator not in ("In", "NotIn"):
        causes.append(Cause.unsupported(f"{field}.exitCodes.operator", quoted(operator), ["In", "NotIn"]))
    if len(values) > MOST_CODES:
        causes.append(Cause.too_many(f"{field}.exitCodes.values", len(values), MOST_CODES))
    return causes


def _common(container: Object, spec: Object, volumes: dict[str, Object], field: str) -> list[Cause]:
    name = container.get("name", "")
    causes = formats.dns_label(name, f"{field}.name") if name else [Cause.required(f"{field}.name")]
    image = container.get("image", "")
    if not image:
        causes.append(Cause.required(f"{field}.image"))
    policy = container.get("terminationMessagePolicy", "File")
    if policy not in MESSAGE_POLICIES:
        causes.append(Cause.unsupported(f"{field}.terminationMessagePolicy", quoted(policy), MESSAGE_POLICIES))
    causes += _ports(container.get("ports") or [], f"{field}.ports")
    causes += _environment(container, field)
    causes += mounts(container, volumes, f"{field}.volumeMounts")
    causes += devices(container, volumes, f"{field}.volumeDevices")
    pull = container.get("imagePullPolicy", "Always")
    if pull not in PULL_POLICIES:
        causes.append(Cause.unsupported(f"{field}.imagePullPolicy", quoted(pull), PULL_POLICIES))
    claims = {claim.get("name", "") for claim in spec.get("resourceClaims") or ()} - {""}
    causes += container_resources(container.get("resources") or {}, f"{field}.resources", claims)
    causes += _resize(container.get("resizePolicy") or [], spec, f"{field}.resizePolicy")
    own = container.get("securityContext")
    host_users = spec.get("hostUsers", True)
    return causes + (security_context(own, f"{field}.securityContext", host_users=host_users) if own else [])


def _ports(ports: list[Object], field: str) -> list[Cause]:
    causes = []
    names: set[str] = set()
    for number, port in enumerate(ports):
        where, name = f"{field}[{number}]", port.get("name", "")
        if name:
            wrong = formats.port_name(name, f"{where}.name")
            if not wrong and name in names:
                wrong = [Cause.duplicate(f"{where}.name", quoted(name))]
            causes += wrong
            names.add(name)
        if not port.get("containerPort"):
            causes.append(Cause.required(f"{where}.containerPort"))
        else:
            causes += formats.port_number(port["containerPort"], f"{where}.containerPort")
        if port.get("hostPort"):
            causes += formats.port_number(port["hostPort"], f"{where}.hostPort")
        if port["protocol"] not in PROTOCOLS:
            causes.append(Cause.unsupported(f"{where}.protocol", quoted(port["protocol"]), PROTOCOLS))
    return causes


def _host_ports(found: list[Object], field: str) -> list[Cause]:
    causes = []
    taken: set[str] = set()
    for number, container in enumerate(found):
        for index, port in enumerate(container.get("ports") or ()):
            if not port.get("hostPort"):
                continue
            key = f"{port['protocol']}/{port.get('hostIP', '')}/{port['hostPort']}"
            if key in taken:
                causes.append(Cause.duplicate(f"{field}[{number}].ports[{index}].hostPort", quoted(key)))
            taken.add(key)
    return causes


def _environment(container: Object, field: str) -> list[Cause]:
    causes = []
    for number, variable in enumerate(container.get("env") or ()):
        where, name = f"{field}.env[{number}]", variable.get("name", "")
        causes += formats.env_name(name, f"{where}.name") if name else [Cause.required(f"{where}.name")]
        if "valueFrom" in variable:
            causes += _value_from(variable, f"{where}.valueFrom")
    for number, source in enumerate(container.get("envFrom") or ()):
        where = f"{field}.envFrom[{number}]"
        if source.get("prefix"):
            causes += formats.env_name(source["prefix"], f"{where}.prefix")
        given = [kind for kind in ("configMapRef", "secretRef") if kind in source]
        for kind in given:
            name = source[kind].get("name", "")
            causes += _object_name(name, f"{where}.{kind}.name") if name else [Cause.required(f"{where}.{kind}.name")]
        if not given:
            what = "must specify one of: `configMapRef` or `secretRef`"
            causes.append(Cause.invalid(f"{field}.envFrom", '""', what))
        elif len(given) > 1:
            what = "may not have more than one field specified at a time"
            causes.append(Cause.invalid(f"{field}.envFrom", '""', what))
    return causes


def _value_from(variable: Object, field: str) -> list[Cause]:
    source = variable["valueFrom"]
    given = [kind for kind in VALUE_SOURCES if kind in source]
    causes = []
    if "fieldRef" in source:
        causes += field_reference(source["fieldRef"], ENV_FIELDS, f"{field}.fieldRef")
    if "resourceFieldRef" in source:
        causes += resource_reference(source["resourceFieldRef"], f"{field}.resourceFieldRef")
    for kind in ("configMapKeyRef", "secretKeyRef"):
        if kind in source:
            key = source[kind].get("key", "")
            causes += formats.dns_subdomain(source[kind].get("name", ""), f"{field}.{kind}.name")
            causes += formats.config_key(key, f"{field}.{kind}.key") if key else [Cause.required(f"{field}.{kind}.key")]
    if not given:
        what = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
        causes.append(Cause.invalid(field, '""', what))
    elif variable.get("value"):
        causes.append(Cause.invalid(field, '""', "may not be specified when `value` is not empty"))
    elif len(given) > 1:
        causes.append(Cause.invalid(field, '""', "may not have more than one field specified at a time"))
    return causes


def field_reference(reference: Object, known: list[str], field: str) -> list[Cause]:
    """https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#available-fields"""
    path, version = reference.get("fieldPath", ""), reference.get("apiVersion", "v1")
    if not path:
        return [Cause.required(f"{field}.fieldPath")]
    why = f"field label not supported: {path}"
    if version != "v1":
        why = f"unsupported pod version: {version}"
    elif found := SUBSCRIPTED.fullmatch(path):
        if found[1] in ("metadata.annotations", "metadata.labels"):
            return formats.qualified_name(found[2].lower() if found[1].endswith("annotations") else found[2], field)
        why = f"field label does not support subscript: {path}"
    elif path == "spec.host":  # what it was called before v1
        return []
    elif path in LABELS_OF_FIELDS:
        return [] if path in known else [Cause.unsupported(f"{field}.fieldPath", quoted(path), known)]
    return [Cause.invalid(f"{field}.fieldPath", quoted(path), f"error converting fieldPath: {why}")]


def resource_reference(reference: Object, field: str, *, in_volume: bool = False) -> list[Cause]:
    name = reference.get("resource", "")
    if in_volume and not reference.get("containerName"):
        causes = [Cause.required(f"{field}.containerName")]
    elif not name:
        causes = [Cause.required(f"{field}.resource")]
    elif name not in AMOUNTS and not name.startswith(("limits.hugepages-", "requests.hugepages-")):
        causes = [Cause.unsupported(f"{field}.resource", quoted(name), AMOUNTS)]
    else:
        causes = []
    return causes + _divisor(name, reference.get("divisor", "0"), f"{field}.divisor")


def _divisor(name: str, text: str, field: str) -> list[Cause]:
    amount = parse(text)
    counted = name.partition(".")[2]
    kind = {"cpu": "cpu", "memory": "memory", "ephemeral-storage": "local ephemeral storage"}.get(counted)
    if counted.startswith("hugepages-"):
        kind = "hugepages"
    if not amount.nano or kind is None or str(amount) in (["1m", "1"] if kind == "cpu" else DIVISORS):
        return []
    known = "1m and 1" if kind == "cpu" else ", ".join(DIVISORS)
    what = f"only divisor's values {known} are supported with the {kind} resource"
    return [Cause.invalid(field, quoted(name), what)]


def _object_name(name: str, field: str) -> list[Cause]:
    """Names as the beginnings of names are checked: one hyphen at the end is let pass."""
    whole = f"{name[:-1]}a" if name.endswith("-") and len(name) > 1 else name
    return [Cause.invalid(field, quoted(name), why) for why in formats.subdomain_problems(whole)]


def _resize(policies: list[Object], spec: Object, field: str) -> list[Cause]:
    causes = []
    names: set[str] = set()
    for number, policy in enumerate(policies):
        name, restart = policy.get("resourceName", ""), policy.get("restartPolicy", "")
        if name in names:
            causes.append(Cause.duplicate(f"{field}[{number}]", quoted(name)))
        names.add(name)
        for value, known in ((name, ["cpu", "memory"]), (restart, ["NotRequired", "RestartContainer"])):
            if not value:
                causes.append(Cause.required(field))
            elif value not in known:
                causes.append(Cause.unsupported(field, quoted(value), known))
        if spec.get("restartPolicy") == "Never" and restart != "NotRequired":
            what = "must be 'NotRequired' when `restartPolicy` is 'Never'"
            causes.append(Cause.invalid(field, quoted(restart), what))
    return causes


def _lifecycle(container: Object, spec: Object, field: str) -> list[Cause]:
    causes = []
    hooks = container.get("lifecycle") or {}
    for kind in ("postStart", "preStop"):
        if kind in hooks:
            causes += _handler(hooks[kind], spec, f"{field}.lifecycle.{kind}")
    for kind in PROBES:
        if kind in container:
            causes += _probe(container[kind], kind, spec, f"{field}.{kind}")
    return causes


def _probe(probe: Object, kind: str, spec: Object, field: str) -> list[Cause]:
    causes = _handler(probe, spec, field)
    for name in COUNTS:
        causes += formats.not_negative(probe.get(name, 0), f"{field}.{name}")
    grace = probe.get("terminationGracePeriodSeconds")
    if grace is not None and grace <= 0:
        causes.append(Cause.invalid(f"{field}.terminationGracePeriodSeconds", str(grace), "must be greater than 0"))
    if kind == "readinessProbe":
        if grace is not None:
            what = "must not be set for readinessProbes"
            causes.append(Cause.invalid(f"{field}.terminationGracePeriodSeconds", str(grace), what))
    elif probe["successThreshold"] != 1:
        causes.append(Cause.invalid(f"{field}.successThreshold", str(probe["successThreshold"]), "must be 1"))
    return causes


def _handler(handler: Object, spec: Object, field: str) -> list[Cause]:
    given = [kind for kind in HANDLERS if kind in handler]
    if not given:
        return [Cause.required(field, "must specify a handler type")]
    causes = _action(given[0], handler[given[0]], spec, f"{field}.{given[0]}")
    return causes + [
        Cause.forbidden(f"{field}.{kind}", "may not specify more than 1 handler type") for kind in given[1:]
    ]


def _action(kind: str, action: Any, spec: Object, field: str) -> list[Cause]:
    if kind == "exec":
        return [] if action.get("command") else [Cause.required(f"{field}.command")]
    if kind == "httpGet":
        causes = [] if action.get("path") else [Cause.required(f"{field}.path")]
        causes += formats.port(action.get("port", 0), f"{field}.port")
        scheme = action.get("scheme", "HTTP")
        if scheme not in SCHEMES:
            causes.append(Cause.unsupported(f"{field}.scheme", quoted(scheme), SCHEMES))
        for header in action.get("httpHeaders") or ():
            name = header.get("name", "")
            if not formats.HEADER.fullmatch(name):
                causes.append(Cause.invalid(f"{field}.httpHeaders", quoted(name), formats.NOT_A_HEADER))
        return causes
    if kind in ("tcpSocket", "grpc"):
        return formats.port(action.get("port", 0), f"{field}.port")
    seconds, grace = action.get("seconds", 0), spec.get("terminationGracePeriodSeconds", 30)
    if 0 <= seconds <= grace:
        return []
    what = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
    return [Cause.invalid(field, str(seconds), what)]
