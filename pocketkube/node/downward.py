"""What a container may know of its own Pod: https://kubernetes.io/docs/concepts/workloads/pods/downward-api/"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pocketkube.node.configuration import ConfigError
from pocketkube.quantity import parse
from pocketkube.resources import NODES
from pocketkube.store import Object, Store

SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['([^']*)'\]")


def field(pod: Object, path: str) -> str:
    """A fieldRef as text; ConfigError for one that the downward API does not offer."""
    metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status", {})
    subscript = SUBSCRIPT.fullmatch(path)
    if subscript:
        return str((metadata.get(subscript[1]) or {}).get(subscript[2], ""))
    fields: dict[str, Any] = {
        "metadata.name": metadata["name"],
        "metadata.namespace": metadata["namespace"],
        "metadata.uid": metadata["uid"],
        "metadata.labels": _pairs(metadata.get("labels")),
        "metadata.annotations": _pairs(metadata.get("annotations")),
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName", ""),
        "status.podIP": status.get("podIP", ""),
        "status.podIPs": ",".join(each["ip"] for each in status.get("podIPs", ())),
        "status.hostIP": status.get("hostIP", ""),
        "status.hostIPs": ",".join(each["ip"] for each in status.get("hostIPs", ())),
    }
    if path not in fields:
        raise ConfigError(f"unsupported fieldPath: {path}")
    return str(fields[path])


def resource_field(store: Store, pod: Object, container: Object, reference: Object) -> str:
    """A resourceFieldRef in units of its divisor, rounded up. A limit that is not set is what the node has."""
    kind, _, name = reference["resource"].partition(".")
    amount = (container.get("resources", {}).get(kind) or {}).get(name)
    if amount is None and kind == "limits":
        node = store.find(NODES, "", pod["spec"].get("nodeName", "")) or {}
        amount = node.get("status", {}).get("allocatable", {}).get(name)
    divisor = parse(str(reference.get("divisor") or "1")).nano or parse("1").nano
    return str(-(-parse(amount or "0").nano // divisor))


def _pairs(labels: Mapping[str, str] | None) -> str:
    return "\n".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in sorted((labels or {}).items()))
