"""How many Pods each ReplicaSet of a Deployment should have now.

Source: k8s.io/kubernetes/pkg/controller/deployment: rolling.go, recreate.go, and sync.go for scaling in proportion.
"""

from __future__ import annotations

import math

from pocketkube.controllers.deployments.annotations import DESIRED, MOST, max_surge, max_unavailable
from pocketkube.store import Object

Sizes = dict[str, int]  # by the ReplicaSet's name


def new_size(deployment: Object, current: int, others: int) -> int:
    """Replicas of the newest ReplicaSet, which has `current` beside `others`, without going beyond the surge."""
    wanted = int(deployment["spec"]["replicas"])
    if deployment["spec"]["strategy"]["type"] == "Recreate":
        return wanted
    room = wanted + max_surge(deployment) - current - others
    return current + min(room, wanted - current) if room > 0 else current


def shrink_old(deployment: Object, current: Object, old: list[Object]) -> Sizes:
    """Rolling update: the old ones give way, those that are not available first, as far as enough stay available."""
    sizes = {_name(each): _asked(each) for each in old}
    least = deployment["spec"]["replicas"] - max_unavailable(deployment)
    starting = _asked(current) - _available(current)
    spare = _asked(current) + sum(sizes.values()) - least - starting
    for each in old:
        unavailable = max(_asked(each) - _available(each), 0)
        gone = max(min(spare, unavailable), 0)
        sizes[_name(each)] -= gone
        spare -= gone
    free = min(spare, _available(current) + sum(map(_available, old)) - least)
    for each in old:
        gone = max(min(free, sizes[_name(each)]), 0)
        sizes[_name(each)] -= gone
        free -= gone
    return sizes


def was_scaled(deployment: Object, sets: list[Object]) -> bool:
    """Whether the Deployment wants another number than when it last sized its ReplicaSets."""
    wanted = str(deployment["spec"]["replicas"])
    return any(_annotation(each, DESIRED, wanted) != wanted for each in sets if _asked(each))


def in_proportion(deployment: Object, current: Object | None, sets: list[Object]) -> Sizes:
    """In the middle of a rollout a new size is shared out among all that have Pods, the larger ones first."""
    active = [each for each in sets if _asked(each)]
    wanted = int(deployment["spec"]["replicas"])
    if len(active) <= 1:
        return {_name(each): wanted for each in active or [current or sets[-1]]}
    if current and _asked(current) == wanted == _available(current) == int(_annotation(current, DESIRED, "-1")):
        return {_name(each): 0 for each in active if each is not current}
    if deployment["spec"]["strategy"]["type"] != "RollingUpdate":
        return {}
    total = sum(map(_asked, active))
    allowed = wanted + max_surge(deployment) if wanted else 0
    change = allowed - total
    newest_first = sorted(active, key=lambda each: each["metadata"]["creationTimestamp"], reverse=change > 0)
    ordered = sorted(newest_first, key=_asked, reverse=True)
    sizes: Sizes = {}
    left = change
    for each in ordered:
        before = int(_annotation(each, MOST, str(total))) or total
        fair = math.floor(_asked(each) * allowed / before + 0.5) - _asked(each)
        part = min(fair, left) if change > 0 else max(fair, left)
        sizes[_name(each)] = _asked(each) + part
        left -= part
    sizes[_name(ordered[0])] = max(sizes[_name(ordered[0])] + left, 0)
    return sizes


def _name(replicaset: Object) -> str:
    return str(replicaset["metadata"]["name"])


def _asked(replicaset: Object) -> int:
    return int(replicaset["spec"]["replicas"])


def _available(replicaset: Object) -> int:
    return int(replicaset.get("status", {}).get("availableReplicas", 0))


def _annotation(replicaset: Object, key: str, default: str) -> str:
    return str((replicaset["metadata"].get("annotations") or {}).get(key, default))
