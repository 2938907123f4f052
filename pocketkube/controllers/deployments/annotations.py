"""What a Deployment notes on its ReplicaSets: revisions, for `kubectl rollout history`, and the size it meant.

Source: k8s.io/kubernetes/pkg/controller/deployment/util/deployment_util.go
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from pocketkube.controllers.reconcile import share
from pocketkube.store import Object

PREFIX = "deployment.kubernetes.io/"
REVISION = f"{PREFIX}revision"
HISTORY = f"{PREFIX}revision-history"
DESIRED = f"{PREFIX}desired-replicas"
MOST = f"{PREFIX}max-replicas"
OWN = {  # of the Deployment or of the ReplicaSet alone
    REVISION,
    HISTORY,
    DESIRED,
    MOST,
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.deployment.rollback.to",
}


def revision_of(obj: Object) -> int:
    return int((obj["metadata"].get("annotations") or {}).get(REVISION, 0))


def newest_revision(sets: Iterable[Object]) -> int:
    return max(map(revision_of, sets), default=0)


def of_current(deployment: Object, replicaset: Object, revision: int) -> dict[str, str]:
    """The annotations of the ReplicaSet in use: the Deployment's, and which revisions it is and has been."""
    annotations = dict(replicaset["metadata"].get("annotations") or {})
    before = annotations.get(REVISION)
    if before and int(before) < revision:
        earlier = annotations.get(HISTORY, "")
        annotations[HISTORY] = f"{earlier},{before}" if earlier else before
    inherited = deployment["metadata"].get("annotations") or {}
    annotations |= {key: value for key, value in inherited.items() if key not in OWN}
    return {**annotations, REVISION: str(revision)}


def of_size(deployment: Object) -> dict[str, str]:
    """How many Pods the Deployment wants, and how many there may be while it rolls out."""
    wanted = deployment["spec"]["replicas"]
    return {DESIRED: str(wanted), MOST: str(wanted + max_surge(deployment))}


def max_surge(deployment: Object) -> int:
    rolling = deployment["spec"]["strategy"].get("rollingUpdate")
    return share(rolling["maxSurge"], deployment["spec"]["replicas"], math.ceil) if rolling else 0


def max_unavailable(deployment: Object) -> int:
    """At least 1 where nothing may be added: else nothing could ever change."""
    rolling, wanted = deployment["spec"]["strategy"].get("rollingUpdate"), deployment["spec"]["replicas"]
    if not rolling or not wanted:
        return 0
    missing = share(rolling["maxUnavailable"], wanted, math.floor)
    if missing == 0 and max_surge(deployment) == 0:
        return 1
    return min(missing, int(wanted))
