"""Objects as the tables that `kubectl get` prints: k8s.io/kubernetes/pkg/printers/internalversion/printers.go"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pocketkube.api.pod_summary import summarize
from pocketkube.api.storage_cells import CLAIM_COLUMNS, CLASS_COLUMNS, VOLUME_COLUMNS, claim, storage_class, volume
from pocketkube.label_selector import selector_of
from pocketkube.resources import (
    CLUSTERROLEBINDINGS,
    CLUSTERROLES,
    CONFIGMAPS,
    CONTROLLERREVISIONS,
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
    SCALES,
    SECRETS,
    SERVICEACCOUNTS,
    SERVICES,
    STATEFULSETS,
    STORAGECLASSES,
    Resource,
)
from pocketkube.store import Object

NONE = "<none>"
UNSET = "<unset>"
UNKNOWN = "<unknown>"
SHOWN_ENDPOINTS = 3
# {phase: what a row says besides its cells}
ENDED = {
    phase: {"type": "Completed", "status": "True", "reason": phase, "message": message}
    for phase, message in (("Succeeded", "The pod has completed successfully."), ("Failed", "The pod failed."))
}
ROLE, NODE_ROLE = "kubernetes.io/role", "node-role.kubernetes.io/"  # labels
SHOWN_HOSTS = 3

# name, type, priority (1: with -o wide)
Column = tuple[str, str, int]
ROLE_COLUMNS: list[Column] = [("Name", "string", 0), ("Created At", "date", 0)]
BINDING_COLUMNS: list[Column] = [
    *((name, "string", 0) for name in ("Name", "Role", "Age")),
    *((name, "string", 1) for name in ("Users", "Groups", "ServiceAccounts")),
]
COLUMNS: dict[Resource, list[Column]] = {
    PODS: [
        *((name, "string", 0) for name in ("Name", "Ready", "Status", "Restarts", "Age")),
        *((name, "string", 1) for name in ("IP", "Node", "Nominated Node", "Readiness Gates")),
    ],
    SERVICES: [
        *((name, "string", 0) for name in ("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age")),
        ("Selector", "string", 1),
    ],
    ENDPOINTS: [(name, "string", 0) for name in ("Name", "Endpoints", "Age")],
    ENDPOINTSLICES: [(name, "string", 0) for name in ("Name", "AddressType", "Ports", "Endpoints", "Age")],
    DEPLOYMENTS: [
        *((name, "string", 0) for name in ("Name", "Ready", "Up-to-date", "Available", "Age")),
        *((name, "string", 1) for name in ("Containers", "Images", "Selector")),
    ],
    REPLICASETS: [
        ("Name", "string", 0),
        *((name, "integer", 0) for name in ("Desired", "Current", "Ready")),
        ("Age", "string", 0),
        *((name, "string", 1) for name in ("Containers", "Images", "Selector")),
    ],
    STATEFULSETS: [
        *((name, "string", 0) for name in ("Name", "Ready", "Age")),
        *((name, "string", 1) for name in ("Containers", "Images")),
    ],
    DAEMONSETS: [
        ("Name", "string", 0),
        *((name, "integer", 0) for name in ("Desired", "Current", "Ready", "Up-to-date", "Available")),
        *((name, "string", 0) for name in ("Node Selector", "Age")),
        *((name, "string", 1) for name in ("Containers", "Images", "Selector")),
    ],
    CRONJOBS: [
        *((name, "string", 0) for name in ("Name", "Schedule", "Timezone")),
        ("Suspend", "boolean", 0),
        ("Active", "integer", 0),
        *((name, "string", 0) for name in ("Last Schedule", "Age")),
        *((name, "string", 1) for name in ("Containers", "Images", "Selector")),
    ],
    JOBS: [
        *((name, "string", 0) for name in ("Name", "Status", "Completions", "Duration", "Age")),
        *((name, "string", 1) for name in ("Containers", "Images", "Selector")),
    ],
    CONTROLLERREVISIONS: [(name, "string", 0) for name in ("Name", "Controller", "Revision", "Age")],
    SECRETS: [(name, "string", 0) for name in ("Name", "Type", "Data", "Age")],
    NODES: [
        *((name, "string", 0) for name in ("Name", "Status", "Roles", "Age", "Version")),
        *(
            (name, "string", 1)
            for name in ("Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime")
        ),
    ],
    NAMESPACES: [(name, "string", 0) for name in ("Name", "Status", "Age")],
    EVENTS: [
        *((name, "string", 0) for name in ("Last Seen", "Type", "Reason", "Object")),
        ("Subobject", "string", 1),
        ("Source", "string", 1),
        ("Message", "string", 0),
        ("First Seen", "string", 1),
        ("Count", "string", 1),
        ("Name", "string", 1),
    ],
    LEASES: [(name, "string", 0) for name in ("Name", "Holder", "Age")],
    PODDISRUPTIONBUDGETS: [
        *((name, "string", 0) for name in ("Name", "Min Available", "Max Unavailable")),
        ("Allowed Disruptions", "integer", 0),
        ("Age", "string", 0),
    ],
    CLUSTERROLEBINDINGS: BINDING_COLUMNS,
    CLUSTERROLES: ROLE_COLUMNS,
    ROLEBINDINGS: BINDING_COLUMNS,
    ROLES: ROLE_COLUMNS,
    LIMITRANGES: [("Name", "string", 0), ("Created At", "date", 0)],
    INGRESSCLASSES: [(name, "string", 0) for name in ("Name", "Controller", "Parameters", "Age")],
    INGRESSES: [(name, "string", 0) for name in ("Name", "Class", "Hosts", "Address", "Ports", "Age")],
    NETWORKPOLICIES: [(name, "string", 0) for name in ("Name", "Pod-Selector", "Age")],
    RESOURCEQUOTAS: [(name, "string", 0) for name in ("Name", "Request", "Limit", "Age")],
    CONFIGMAPS: [(name, "string", 0) for name in ("Name", "Data", "Age")],
    SERVICEACCOUNTS: [(name, "string", 0) for name in ("Name", "Age")],
    PERSISTENTVOLUMECLAIMS: CLAIM_COLUMNS,
    PERSISTENTVOLUMES: VOLUME_COLUMNS,
    STORAGECLASSES: CLASS_COLUMNS,
    SCALES: [
        ("Name", "string", 0),
        ("Desired", "integer", 0),
        ("Available", "integer", 0),
        ("Age", "string", 0),
    ],
}
COLUMNS[REPLICATIONCONTROLLERS] = COLUMNS[REPLICASETS]


def table(resource: Resource, objects: list[Object], metadata: Object, include: str) -> Object:
    """A meta.k8s.io/v1 Table. `include`: None, Metadata or Object, what each row carries of its object."""
    now = datetime.now(UTC)
    rows = []
    for obj in objects:
        row: Object = {"cells": ROWS[resource](obj, now)}
        if resource is PODS and obj.get("status", {}).get("phase") in ENDED:
            row["conditions"] = [ENDED[obj["status"]["phase"]]]
        if include == "Object":
            row["object"] = obj
        elif include != "None":
            row["object"] = {
                "kind": "PartialObjectMetadata",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": obj["metadata"],
            }
        rows.append(row)
    columns = [
        {
            "name": name,
            "type": kind,
            "format": "name" if name == "Name" else "",
            "description": name,
            "priority": priority,
        }
        for name, kind, priority in COLUMNS[resource]
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": columns,
        "rows": rows,
    }


def age(since: str | None, now: datetime) -> str:
    """Time passed since an RFC 3339 time, in one or two units (k8s.io/apimachinery/pkg/util/duration)."""
    if not since:
        return UNKNOWN
    seconds = (now - datetime.fromisoformat(since)).total_seconds()
    return human_duration(int(seconds)) if seconds > -2 else "<invalid>"


def human_duration(seconds: int) -> str:
    """45s, 2m23s, 12m, 7h55m, 12h, 3d4h, 45d, 2y100d, 9y."""
    seconds = max(seconds, 0)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return _two(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    if days < 365 * 8:
        return _two(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"


def _created(obj: Object, now: datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _pod(pod: Object, now: datetime) -> list[Any]:
    status, spec = pod.get("status", {}), pod["spec"]
    summary = summarize(pod)
    ago = f" ({age(summary.last_restart, now)} ago)" if summary.restarts and summary.last_restart else ""
    return [
        pod["metadata"]["name"],
        f"{summary.ready}/{summary.total}",
        summary.status,
        f"{summary.restarts}{ago}",
        _created(pod, now),
        status.get("podIP", NONE),
        spec.get("nodeName", NONE),
        status.get("nominatedNodeName") or NONE,
        _gates(pod),
    ]


def _gates(pod: Object) -> str:
    wanted = [gate["conditionType"] for gate in pod["spec"].get("readinessGates") or ()]
    true = {each["type"] for each in pod.get("status", {}).get("conditions") or () if each["status"] == "True"}
    return f"{sum(gate in true for gate in wanted)}/{len(wanted)}" if wanted else NONE


def _service(service: Object, now: datetime) -> list[Any]:
    spec = service["spec"]
    external = list(spec.get("externalIPs") or ())
    if spec["type"] == "ExternalName":
        external = [spec.get("externalName", "")]
    elif spec["type"] == "LoadBalancer":
        ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
        given = {each.get("ip") or each.get("hostname") or "" for each in ingress} - {""}
        external = [*sorted(given), *external] or ["<pending>"]
    ports = ",".join(_service_port(port) for port in spec.get("ports") or ())
    return [
        service["metadata"]["name"],
        spec["type"],
        spec.get("clusterIP") or NONE,
        ",".join(external) or NONE,
        ports or NONE,
        _created(service, now),
        _labels(spec.get("selector")),
    ]


def _service_port(port: Object) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node_port}/{port['protocol']}"


def _endpoints(endpoints: Object, now: datetime) -> list[Any]:
    subsets = endpoints.get("subsets") or []
    shown = [
        f"{address['ip']}:{port['port']}" if port else address["ip"]
        for subset in subsets
        for port in subset.get("ports") or [{}]
        for address in subset.get("addresses") or ()
    ]
    text = _first(shown) if subsets else NONE
    return [endpoints["metadata"]["name"], text, _created(endpoints, now)]


def _slice(each: Object, now: datetime) -> list[Any]:
    ports = [str(port.get("port") or port.get("name", "*")) for port in each.get("ports") or ()]
    addresses = [address for endpoint in each.get("endpoints") or () for address in endpoint["addresses"]]
    return [
        each["metadata"]["name"],
        each["addressType"],
        _first(ports) or UNSET,
        _first(addresses) or UNSET,
        _created(each, now),
    ]


def _deployment(deployment: Object, now: datetime) -> list[Any]:
    status, spec = deployment.get("status", {}), deployment["spec"]
    return [
        deployment["metadata"]["name"],
        f"{status.get('readyReplicas', 0)}/{spec['replicas']}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        _created(deployment, now),
        *_template(spec),
    ]


def _replicaset(replicaset: Object, now: datetime) -> list[Any]:
    status, spec = replicaset.get("status", {}), replicaset["spec"]
    return [
        replicaset["metadata"]["name"],
        spec["replicas"],
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        _created(replicaset, now),
        *_template({**spec, "selector": selector_of(replicaset)}),
    ]


def _stateful_set(stateful_set: Object, now: datetime) -> list[Any]:
    status, spec = stateful_set.get("status", {}), stateful_set["spec"]
    ready = f"{status.get('readyReplicas', 0)}/{spec['replicas']}"
    return [stateful_set["metadata"]["name"], ready, _created(stateful_set, now), *_template(spec)[:2]]


def _daemon_set(daemon_set: Object, now: datetime) -> list[Any]:
    status, spec = daemon_set.get("status", {}), daemon_set["spec"]
    return [
        daemon_set["metadata"]["name"],
        status.get("desiredNumberScheduled", 0),
        status.get("currentNumberScheduled", 0),
        status.get("numberReady", 0),
        status.get("updatedNumberScheduled", 0),
        status.get("numberAvailable", 0),
        _labels(spec["template"]["spec"].get("nodeSelector")),
        _created(daemon_set, now),
        *_template(spec),
    ]


def _cron_job(cron_job: Object, now: datetime) -> list[Any]:
    status, spec = cron_job.get("status", {}), cron_job["spec"]
    last = status.get("lastScheduleTime")
    return [
        cron_job["metadata"]["name"],
        spec["schedule"],
        spec.get("timeZone", NONE),
        "True" if spec.get("suspend") else "False",
        len(status.get("active") or ()),
        age(last, now) if last else NONE,
        _created(cron_job, now),
        *_template(spec["jobTemplate"]["spec"]),
    ]


def _job(job: Object, now: datetime) -> list[Any]:
    status, spec = job.get("status", {}), job["spec"]
    succeeded, parallelism = status.get("succeeded", 0), spec.get("parallelism") or 0
    of = f"1 of {parallelism}" if parallelism > 1 else "1"
    lasted = ""
    if status.get("startTime"):
        until = datetime.fromisoformat(status["completionTime"]) if status.get("completionTime") else now
        lasted = age(status["startTime"], until)
    return [
        job["metadata"]["name"],
        _job_status(job),
        f"{succeeded}/{of if spec.get('completions') is None else spec['completions']}",
        lasted,
        _created(job, now),
        *_template(spec),
    ]


def _job_status(job: Object) -> str:
    true = {each["type"] for each in job.get("status", {}).get("conditions") or () if each["status"] == "True"}
    leaving = {"Terminating"} if "deletionTimestamp" in job["metadata"] else set()
    known = ("Complete", "Failed", "Terminating", "Suspended", "FailureTarget", "SuccessCriteriaMet")
    return next((each for each in known if each in true | leaving), "Running")


def _controller_revision(revision: Object, now: datetime) -> list[Any]:
    owner = next((each for each in revision["metadata"].get("ownerReferences") or () if each.get("controller")), None)
    group = owner["apiVersion"].partition("/")[0] if owner else ""
    controller = f"{owner['kind'].lower()}.{group}/{owner['name']}" if owner else NONE
    return [revision["metadata"]["name"], controller, str(revision["revision"]), _created(revision, now)]


def _secret(secret: Object, now: datetime) -> list[Any]:
    return [secret["metadata"]["name"], secret["type"], len(secret.get("data") or {}), _created(secret, now)]


def _template(spec: Object) -> list[str]:
    containers = spec["template"]["spec"]["containers"]
    names = ",".join(each["name"] for each in containers)
    images = ",".join(each["image"] for each in containers)
    return [names, images, _selector(spec.get("selector") or {})]


def _node(node: Object, now: datetime) -> list[Any]:
    status = node.get("status", {})
    conditions = {each["type"]: each["status"] for each in status.get("conditions", ())}
    shown = {"True": "Ready", None: "Unknown"}.get(conditions.get("Ready"), "NotReady")
    if node["spec"].get("unschedulable"):
        shown += ",SchedulingDisabled"
    labels = node["metadata"].get("labels") or {}
    roles = {key.removeprefix(NODE_ROLE) for key in labels if key.startswith(NODE_ROLE)} | {labels.get(ROLE, "")}
    addresses = {each["type"]: each["address"] for each in status.get("addresses", ())}
    info = status.get("nodeInfo", {})
    return [
        node["metadata"]["name"],
        shown,
        ",".join(sorted(roles - {""})) or NONE,
        _created(node, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP", NONE),
        addresses.get("ExternalIP", NONE),
        info.get("osImage") or UNKNOWN,
        f"{info['kernelVersion']} ({info['architecture']})" if info.get("kernelVersion") else UNKNOWN,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


def _namespace(namespace: Object, now: datetime) -> list[Any]:
    return [namespace["metadata"]["name"], namespace.get("status", {}).get("phase", ""), _created(namespace, now)]


def _event(event: Object, now: datetime) -> list[Any]:
    involved, source, series = event["involvedObject"], event.get("source") or {}, event.get("series")
    first_time = event.get("firstTimestamp") or event.get("eventTime")
    last_time = series["lastObservedTime"] if series else event.get("lastTimestamp") or first_time
    origin = (
        source.get("component") or event.get("reportingComponent"),
        source.get("host") or event.get("reportingInstance"),
    )
    return [
        age(last_time, now),
        event.get("type", ""),
        event.get("reason", ""),
        "/".join(filter(None, (involved.get("kind", "").lower(), involved.get("name")))),
        involved.get("fieldPath", ""),
        ", ".join(filter(None, origin)),
        (event.get("message") or "").strip(),
        age(first_time, now),
        series["count"] if series else event.get("count") or 1,
        event["metadata"]["name"],
    ]


def _configmap(config_map: Object, now: datetime) -> list[Any]:
    count = len(config_map.get("data") or {}) + len(config_map.get("binaryData") or {})
    return [config_map["metadata"]["name"], count, _created(config_map, now)]


def _service_account(account: Object, now: datetime) -> list[Any]:
    return [account["metadata"]["name"], _created(account, now)]


def _scale(scale: Object, now: datetime) -> list[Any]:
    return [scale["metadata"]["name"], scale["spec"]["replicas"], scale["status"]["replicas"], _created(scale, now)]


def _name_and_creation(obj: Object, _now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], obj["metadata"]["creationTimestamp"]]


def _role_binding(binding: Object, now: datetime) -> list[Any]:
    bound: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for subject in binding.get("subjects") or ():
        namespace = f"{subject.get('namespace', '')}/" if subject["kind"] == "ServiceAccount" else ""
        bound[subject["kind"]].append(f"{namespace}{subject['name']}")
    role = f"{binding['roleRef']['kind']}/{binding['roleRef']['name']}"
    return [binding["metadata"]["name"], role, _created(binding, now), *(", ".join(each) for each in bound.values())]


def _resource_quota(quota: Object, now: datetime) -> list[Any]:
    status = quota.get("status", {})
    used = status.get("used", {})
    shown = {name: f"{name}: {used.get(name, '0')}/{hard}" for name, hard in sorted(status.get("hard", {}).items())}
    limits = [text for name, text in shown.items() if name.startswith("limits.")]
    requests = [text for name, text in shown.items() if not name.startswith("limits.")]
    return [quota["metadata"]["name"], ", ".join(requests), ", ".join(limits), _created(quota, now)]


def _ingress_class(ingress_class: Object, now: datetime) -> list[Any]:
    spec = ingress_class["spec"]
    parameters = spec.get("parameters")
    shown = NONE
    if parameters:
        group = f".{parameters['apiGroup']}" if "apiGroup" in parameters else ""
        shown = f"{parameters['kind']}{group}/{parameters['name']}"
    return [ingress_class["metadata"]["name"], spec.get("controller", ""), shown, _created(ingress_class, now)]


def _ingress(ingress: Object, now: datetime) -> list[Any]:
    spec = ingress["spec"]
    balancers = ingress.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
    addresses = {each.get("ip") or each.get("hostname") or "" for each in balancers} - {""}
    return [
        ingress["metadata"]["name"],
        spec.get("ingressClassName", NONE),
        _hosts(spec.get("rules") or []),
        ",".join(sorted(addresses)),
        "80, 443" if spec.get("tls") else "80",
        _created(ingress, now),
    ]


def _hosts(rules: list[Object]) -> str:
    """The first that rules name; of a rule after them nothing is told but that there is one."""
    shown: list[str] = []
    for rule in rules:
        if len(shown) == SHOWN_HOSTS:
            return f"{','.join(shown)} + {len(rules) - SHOWN_HOSTS} more..."
        if rule.get("host"):
            shown.append(rule["host"])
    return ",".join(shown) or "*"


def _network_policy(policy: Object, now: datetime) -> list[Any]:
    return [policy["metadata"]["name"], _selector(policy["spec"]["podSelector"]), _created(policy, now)]


def _pod_disruption_budget(budget: Object, now: datetime) -> list[Any]:
    spec = budget.get("spec") or {}
    least, most = (spec.get(each) for each in ("minAvailable", "maxUnavailable"))
    return [
        budget["metadata"]["name"],
        *("N/A" if each is None else str(each) for each in (least, most)),
        budget["status"]["disruptionsAllowed"],
        _created(budget, now),
    ]


def _lease(lease: Object, now: datetime) -> list[Any]:
    return [lease["metadata"]["name"], (lease.get("spec") or {}).get("holderIdentity", ""), _created(lease, now)]


def _selector(selector: Object) -> str:
    """As labels.Selector writes it: `app=nginx,!debug,tier in (a,b)`."""
    terms = [(key, f"{key}={value}") for key, value in (selector.get("matchLabels") or {}).items()]
    for each in selector.get("matchExpressions") or ():
        key, values = each["key"], ",".join(sorted(each.get("values") or ()))
        forms = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}
        terms.append((key, forms.get(each["operator"], f"!{key}")))
    return ",".join(text for _, text in sorted(terms)) or NONE


def _labels(labels: dict[str, str] | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or NONE


def _first(texts: list[str]) -> str:
    more = len(texts) - SHOWN_ENDPOINTS
    return ",".join(texts[:SHOWN_ENDPOINTS]) + (f" + {more} more..." if more > 0 else "")


ROWS: dict[Resource, Callable[[Object, datetime], list[Any]]] = {
    PODS: _pod,
    SERVICES: _service,
    ENDPOINTS: _endpoints,
    ENDPOINTSLICES: _slice,
    DEPLOYMENTS: _deployment,
    REPLICASETS: _replicaset,
    REPLICATIONCONTROLLERS: _replicaset,
    STATEFULSETS: _stateful_set,
    DAEMONSETS: _daemon_set,
    CRONJOBS: _cron_job,
    JOBS: _job,
    CONTROLLERREVISIONS: _controller_revision,
    SECRETS: _secret,
    NODES: _node,
    NAMESPACES: _namespace,
    EVENTS: _event,
    INGRESSCLASSES: _ingress_class,
    INGRESSES: _ingress,
    LEASES: _lease,
    CLUSTERROLEBINDINGS: _role_binding,
    CLUSTERROLES: _name_and_creation,
    ROLEBINDINGS: _role_binding,
    ROLES: _name_and_creation,
    LIMITRANGES: _name_and_creation,
    NETWORKPOLICIES: _network_policy,
    PODDISRUPTIONBUDGETS: _pod_disruption_budget,
    RESOURCEQUOTAS: _resource_quota,
    CONFIGMAPS: _configmap,
    SCALES: _scale,
    SERVICEACCOUNTS: _service_account,
    PERSISTENTVOLUMECLAIMS: lambda obj, now: claim(obj, _created(obj, now)),
    PERSISTENTVOLUMES: lambda obj, now: volume(obj, _created(obj, now)),
    STORAGECLASSES: lambda obj, now: storage_class(obj, _created(obj, now)),
}
