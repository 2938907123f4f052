"""What a check may ask of the cluster, and the little that it may change, in the lab's namespace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graders.api import call, get_text
from graders.execute import execute
from graders.patience import wait_until
from graders.verdict import GraderError

DEPLOYMENT_SECONDS = 60.0
EXEC_SECONDS = 5
YOUNG = 3.0  # seconds in which a Pod that is started at once has become ready
STARTING = ("ContainerCreating", "PodInitializing")  # why a container waits that has not been tried yet
LISTEN = "0A"  # a state in /proc/net/tcp: proc_net_tcp(5)


@dataclass(frozen=True, slots=True)
class Pods:
    """Ready Pods: {name: address}."""

    by_name: dict[str, str]

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(self.by_name.values())


class Observer:
    """Reads through the Kubernetes API; every object is as on the wire (camelCase)."""

    def __init__(self, api: Any, namespace: str) -> None:
        self._api = api
        self.namespace = namespace

    def service(self, name: str, namespace: str = "") -> dict[str, Any] | None:
        return self._get(f"/api/v1/namespaces/{namespace or self.namespace}/services/{name}")

    def ports(self, service: str) -> list[str]:
        """`http 8080/TCP` for each port of a Service, without the name where it has none."""
        found = (self.service(service) or {"spec": {}})["spec"].get("ports") or ()
        return [f"{each.get('name', '')} {each['port']}/{each['protocol']}".lstrip() for each in found]

    def pods(self, labels: dict[str, str] | None = None) -> list[dict[str, Any]]:
        """Those that have `labels`, in whatever state."""
        asked = (labels or {}).items()
        return [pod for pod in self._list("/api/v1", "pods") if asked <= (pod["metadata"].get("labels") or {}).items()]

    def slices(self) -> list[dict[str, Any]]:
        return self._list("/apis/discovery.k8s.io/v1", "endpointslices")

    def events(self) -> list[dict[str, Any]]:
        """Of Pods only those that are there: a StatefulSet's new Pod has the name of the one before it."""
        there = {pod["metadata"]["uid"] for pod in self.pods()}
        found = self._list("/api/v1", "events")
        return [each for each in found if each["involvedObject"].get("uid") in there or not _is_of_pod(each)]

    def stateful_set(self, name: str) -> dict[str, Any] | None:
        return self._get(f"/apis/apps/v1/namespaces/{self.namespace}/statefulsets/{name}")

    def makes_more_pods(self, stateful_set: str) -> bool:
        """Whether Pods of it are still to come: each waits for the one before to be ready.

        Not where one has begun a while ago and is not ready: that may be for good.
        Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#deployment-and-scaling-guarantees
        """
        made = self.stateful_set(stateful_set)
        if made is None:
            return False
        pods = [pod for pod in self.pods() if _is_owned_by(pod, made)]
        if all(map(is_ready, pods)):
            return len(pods) < int(made["spec"]["replicas"])
        return any(is_under_way(pod) and _is_young(pod) for pod in pods)

    def nodes(self) -> dict[str, str]:
        """{name: address inside the cluster} of every node."""
        found = self._get("/api/v1/nodes") or {}
        return {
            node["metadata"]["name"]: address["address"]
            for node in found.get("items") or ()
            for address in node["status"]["addresses"]
            if address["type"] == "InternalIP"
        }

    def log(self, pod: str, container: str, lines: int = 3) -> str:
        """The last lines that a container wrote, or that it wrote before it was started anew."""
        path = f"/api/v1/namespaces/{self.namespace}/pods/{pod}/log"
        query = [("container", container), ("tailLines", str(lines)), ("previous", "true")]
        return get_text(self._api, path, query).strip()

    def listening(self, pod: dict[str, Any]) -> set[int]:
        """TCP ports on which something in the Pod listens; what its containers declare where it cannot be seen."""
        words = ["cat", "/proc/net/tcp", "/proc/net/tcp6"]
        try:
            ran = execute(self._api, self.namespace, pod["metadata"]["name"], words, seconds=EXEC_SECONDS)
            rows = [line.split() for line in ran.stdout.splitlines()]
        except GraderError:
            rows = []
        found = {int(row[1].rpartition(":")[2], 16) for row in rows if len(row) > 3 and row[3] == LISTEN}
        containers = pod["spec"]["containers"]
        return found or {port["containerPort"] for each in containers for port in each.get("ports") or ()}

    def patch_slice(self, name: str, patch: dict[str, Any]) -> None:
        """JSON merge patch (RFC 7386) of an EndpointSlice."""
        path = f"/apis/discovery.k8s.io/v1/namespaces/{self.namespace}/endpointslices/{name}"
        self._call("PATCH", path, patch, "application/merge-patch+json")

    def delete_pod(self, name: str) -> None:
        self._call("DELETE", f"/api/v1/namespaces/{self.namespace}/pods/{name}")

    def ready_pods(self, labels: dict[str, str]) -> Pods:
        """Those that have `labels`, are Ready, and are not on their way out."""
        return Pods(
            {
                pod["metadata"]["name"]: pod["status"]["podIP"]
                for pod in self.pods(labels)
                if not is_going(pod) and is_ready(pod)
            }
        )

    def scale(self, deployment: str, replicas: int) -> None:
        """Scale the Deployment and wait until it has just so many ready Pods; GraderError when it does not get them."""
        path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{deployment}"
        self._call("PATCH", f"{path}/scale", {"spec": {"replicas": replicas}}, "application/merge-patch+json")
        self.wait_for_deployment(deployment, replicas)

    def wait_for_deployment(self, deployment: str, replicas: int | None = None) -> None:
        path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{deployment}"

        def there() -> bool:
            found = self._get(path) or {"status": {}, "spec": {"replicas": -1}, "metadata": {}}
            status = found["status"]
            wanted = found["spec"]["replicas"] if replicas is None else replicas
            counts = [status.get(each, 0) for each in ("replicas", "readyReplicas", "updatedReplicas")]
            return status.get("observedGeneration") == found["metadata"].get("generation") and set(counts) == {wanted}

        wait_until(there, f"the Deployment {deployment} has its Pods ready", DEPLOYMENT_SECONDS)

    def _list(self, base: str, plural: str) -> list[dict[str, Any]]:
        found = self._get(f"{base}/namespaces/{self.namespace}/{plural}") or {}
        return list(found.get("items") or ())

    def _get(self, path: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._call("GET", path)
        return found

    def _call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        return call(self._api, method, path, body, content_type)


def is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _is_owned_by(pod: dict[str, Any], owner: dict[str, Any]) -> bool:
    owners = pod["metadata"].get("ownerReferences") or ()
    return any(each["uid"] == owner["metadata"]["uid"] for each in owners)


def _is_young(pod: dict[str, Any]) -> bool:
    made = datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
    return (datetime.now(UTC) - made).total_seconds() < YOUNG


def is_going(pod: dict[str, Any]) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def is_under_way(pod: dict[str, Any]) -> bool:
    """Going and so giving way to another, or not ready yet while nothing says that it will not become so.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
    """
    status = pod.get("status") or {}
    conditions = status.get("conditions") or ()
    homeless = any(each["type"] == "PodScheduled" and each["status"] == "False" for each in conditions)
    containers = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    stuck = homeless or any(_is_stuck(each.get("state") or {}) for each in containers)
    return is_going(pod) or not (is_ready(pod) or stuck)


def _is_stuck(state: dict[str, Any]) -> bool:
    """A container's state: it waits for something else than its start, or has failed."""
    waits_for, ended = (state.get("waiting") or {}).get("reason"), state.get("terminated") or {}
    return waits_for not in (None, *STARTING) or ended.get("exitCode", 0) != 0


def _is_of_pod(event: dict[str, Any]) -> bool:
    return bool(event["involvedObject"].get("kind") == "Pod")
