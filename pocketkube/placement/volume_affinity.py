"""Which nodes a volume can be reached from: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#node-affinity"""

from __future__ import annotations

from pocketkube.placement.node_fit import is_wanted
from pocketkube.store import Object


def is_reachable(volume: Object, node: Object) -> bool:
    required = (volume["spec"].get("nodeAffinity") or {}).get("required")
    if required is None:
        return True
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    return is_wanted({"affinity": affinity}, node)
