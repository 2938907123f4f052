"""What admission plugins add to a Pod: Priority, ServiceAccount, DefaultTolerationSeconds, RuntimeClass.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
"""

from __future__ import annotations

from secrets import choice

from pocketkube.errors import forbidden
from pocketkube.resources import PODS, SERVICEACCOUNTS
from pocketkube.store import Object, Store

NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
DEFAULT_MODE = 0o644
# https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/
PRIORITIES = {"": 0, "system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
PREEMPTION = "PreemptLowerPriority"


def complete(store: Store, new: Object, old: Object | None) -> None:
    """In place; ApiError 403 for what names something that there is not. `old` is None for a new Pod."""
    spec = new["spec"]
    _tolerate_node_trouble(spec.setdefault("tolerations", []))
    if old is not None:
        for field in ("priority", "preemptionPolicy"):
            if field in old["spec"]:
                spec.setdefault(field, old["spec"][field])
        return
    name = new["metadata"].get("name") or new["metadata"].get("generateName", "")
    _prioritize(spec, name)
    if spec.get("runtimeClassName"):
        what = f'pod rejected: RuntimeClass "{spec["runtimeClassName"]}" not found'
        raise forbidden(PODS, name, what)
    if spec.get("overhead"):
        what = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
        raise forbidden(PODS, name, what)
    account, namespace = spec.setdefault("serviceAccountName", "default"), new["metadata"].get("namespace", "")
    spec["serviceAccount"] = account
    # The account `default` is made a moment after its namespace.
    if account != "default" and store.find(SERVICEACCOUNTS, namespace, account) is None:
        what = f'error looking up service account {namespace}/{account}: serviceaccount "{account}" not found'
        raise forbidden(PODS, name, what)
    if spec.get("automountServiceAccountToken") is not False:
        _mount_token(spec)


def _prioritize(spec: Object, name: str) -> None:
    wanted = spec.get("priorityClassName", "")
    if wanted not in PRIORITIES:
        raise forbidden(PODS, name, f"no PriorityClass with name {wanted} was found")
    computed = PRIORITIES[wanted]
    if spec.get("priority") not in (None, computed):
        what = (
            f"the integer value of priority ({spec['priority']}) must not be provided in pod spec; "
            f"priority admission controller computed {computed} from the given PriorityClass name"
        )
        raise forbidden(PODS, name, what)
    spec["priority"] = computed
    spec.setdefault("preemptionPolicy", PREEMPTION)


def _tolerate_node_trouble(tolerations: list[Object]) -> None:
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(each.get("key") == key for each in tolerations):
            tolerations.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})


def _mount_token(spec: Object) -> None:
    """The volume with token, authority and namespace."""
    volumes = spec.setdefault("volumes", [])
    prefix = "kube-api-access-"
    name = next((each["name"] for each in volumes if each.get("name", "").startswith(prefix)), None)
    if name is None:
        name = prefix + "".join(choice(NAME_LETTERS) for _ in range(5))
        volumes.append({"name": name, "projected": {"sources": _token_sources(), "defaultMode": DEFAULT_MODE}})
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        mounts = container.setdefault("volumeMounts", [])
        if not any(mount.get("mountPath") == TOKEN_PATH for mount in mounts):
            mounts.append({"name": name, "readOnly": True, "mountPath": TOKEN_PATH})


def _token_sources() -> list[Object]:
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    return [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [namespace]}},
    ]
