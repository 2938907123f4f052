"""Fields that a kind does not have where they stand: misspelled, or in the wrong place."""

from __future__ import annotations

import difflib
import re

Path = tuple[str | int, ...]
Places = dict[str, tuple[str, ...]]  # {where, such as "spec.ports[]": the fields that students write there}

OBJECT = ("apiVersion", "kind", "metadata", "spec")
METADATA = ("name", "namespace", "labels", "annotations")
SERVICE: Places = {
    "": OBJECT,
    "metadata": METADATA,
    "spec": (
        *("clusterIP", "clusterIPs", "externalName", "externalTrafficPolicy", "internalTrafficPolicy", "ports"),
        *("publishNotReadyAddresses", "selector", "sessionAffinity", "type"),
    ),
    "spec.ports[]": ("appProtocol", "name", "nodePort", "port", "protocol", "targetPort"),
}
SLICE: Places = {
    "": ("apiVersion", "kind", "metadata", "addressType", "endpoints", "ports"),
    "metadata": METADATA,
    "endpoints[]": ("addresses", "conditions", "hostname", "nodeName", "targetRef", "zone"),
    "endpoints[].conditions": ("ready", "serving", "terminating"),
    "ports[]": ("appProtocol", "name", "port", "protocol"),
}
PROBE = ("exec", "failureThreshold", "httpGet", "initialDelaySeconds", "periodSeconds", "tcpSocket", "timeoutSeconds")
POD = "spec.template.spec"
WORKLOAD: Places = {
    "": OBJECT,
    "metadata": METADATA,
    "spec": ("ordinals", "podManagementPolicy", "replicas", "selector", "serviceName", "template", "updateStrategy"),
    "spec.selector": ("matchExpressions", "matchLabels"),
    "spec.template": ("metadata", "spec"),
    "spec.template.metadata": METADATA,
    POD: ("containers", "hostname", "initContainers", "subdomain", "terminationGracePeriodSeconds", "volumes"),
    f"{POD}.containers[]": (
        *("args", "command", "env", "image", "imagePullPolicy", "livenessProbe", "name", "ports", "readinessProbe"),
        *("resources", "startupProbe", "volumeMounts"),
    ),
    f"{POD}.containers[].ports[]": ("containerPort", "name", "protocol"),
    f"{POD}.containers[].livenessProbe": PROBE,
    f"{POD}.containers[].readinessProbe": PROBE,
    f"{POD}.containers[].readinessProbe.httpGet": ("path", "port", "scheme"),
}
PLACES = {"Service": SERVICE, "EndpointSlice": SLICE, "Deployment": WORKLOAD, "StatefulSet": WORKLOAD}
MOST_SHOWN = 2  # places where a field may belong


def unknown_field(kind: str, path: Path) -> tuple[str, str]:
    """(code, remedy) for a field that the kind does not have at this place."""
    field = str(path[-1])
    here = re.sub(r"\.(\d+)(?=\.|$)", "[]", ".".join(str(each) for each in path[:-1]))
    places = PLACES.get(kind, {"": OBJECT, "metadata": METADATA})
    own = places.get(here, ())
    by_case = [known for known in own if known.lower() == field.lower()]
    # `port` under `spec` is no misspelled `ports`: what has a place of its own is in the wrong one.
    homes = _homes(places, field)
    if homes and not by_case:
        verb = "indent it" if homes[0].startswith(here) else "move it there"
        return "misplaced-field", f"It belongs {_shown(homes)}: {verb}."
    near = by_case or difflib.get_close_matches(field, own, n=1)
    if near:
        return "unknown-field", f"Write `{near[0]}`: names of fields are spelled exactly."
    everywhere = {known.lower(): known for fields in places.values() for known in fields}
    far = difflib.get_close_matches(field.lower(), everywhere, n=1)
    if far:
        meant = everywhere[far[0]]
        return "unknown-field", f"Write `{meant}`, {_shown(_homes(places, meant))}."
    if field == "spec":
        return "unknown-field", f"The kind {kind} has no `spec`: write what is below it at the left margin."
    return "unknown-field", "Take it out, or indent it right."


def _homes(places: Places, field: str) -> list[str]:
    return [where for where, fields in places.items() if field in fields]


def _shown(homes: list[str]) -> str:
    return ", or ".join(_place(home) for home in homes[:MOST_SHOWN])


def _place(home: str) -> str:
    if not home:
        return "at the left margin"
    if home.endswith("[]"):
        return f"under an entry of `{home[:-2].rpartition('.')[2]}`"
    return f"under `{home}`" if "[]" not in home else f"under `{home.rpartition('.')[2]}`"
