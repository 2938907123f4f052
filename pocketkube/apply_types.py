"""How server-side apply merges each field: which lists have keys, which values are one whole.

Source: the markers listType, listMapKey, mapType and structType of k8s.io/api;
https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
"""

from __future__ import annotations

from pocketkube.go_types import Field, is_struct

# Keys beside the one that strategic merge patch goes by.
KEYS = {
    "core/v1.ServiceSpec.ports": ("port", "protocol"),
    "core/v1.Container.ports": ("containerPort", "protocol"),
    "core/v1.EphemeralContainerCommon.ports": ("containerPort", "protocol"),
    "core/v1.PodSpec.topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
}
DEFAULTS = {"protocol": "TCP"}  # of a key that is left out
ATOMIC = {
    "core/v1.ServiceSpec.selector",
    "core/v1.ReplicationControllerSpec.selector",
    "core/v1.PodSpec.nodeSelector",
    "core/v1.NodeStatus.images",
    "core/v1.NodeSpec.taints",
}
ATOMIC_STRUCTS = {
    "core/v1.ConfigMapKeySelector",
    "core/v1.FileKeySelector",
    "core/v1.LocalObjectReference",
    "core/v1.NodeSelector",
    "core/v1.NodeSelectorTerm",
    "core/v1.ObjectFieldSelector",
    "core/v1.ObjectReference",
    "core/v1.ResourceFieldSelector",
    "core/v1.ScopeSelector",
    "core/v1.SecretKeySelector",
    "core/v1.SecretReference",
    "core/v1.TypedLocalObjectReference",
    "meta/v1.LabelSelector",
    "networking/v1.ServiceBackendPort",
    "meta/v1.OwnerReference",
}
GRANULAR = {"core/v1.PersistentVolumeSpec.claimRef"}  # whatever its struct is elsewhere
SET = "*"  # as a merge key: the items are their own keys


def list_keys(struct: str, field: Field) -> tuple[str, ...]:
    """The names by which the items of a list are told apart; none for a list that is one value or a set."""
    if not field.type.startswith("[]") or field.merge_key in ("", SET) or not is_struct(field.type[2:]):
        return ()
    return KEYS.get(f"{struct}.{field.name}", (field.merge_key,))


def is_set(field: Field) -> bool:
    return field.type.startswith("[]") and field.merge_key == SET


def is_atomic(struct: str, field: Field) -> bool:
    """Whether it is one value, for which one manager answers."""
    kind = field.type.removeprefix("*")
    if f"{struct}.{field.name}" in ATOMIC or (kind in ATOMIC_STRUCTS and f"{struct}.{field.name}" not in GRANULAR):
        return True
    if kind.startswith("[]"):
        return not is_set(field) and not list_keys(struct, field)
    return not kind.startswith("{}") and not is_struct(kind)
