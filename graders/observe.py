"""What a check may ask of the cluster, in the lab's namespace."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from graders.verdict import GraderError, Wrong

PATIENCE = 5.0  # seconds for something to become so
INTERVAL = 0.03
REQUEST_SECONDS = 20.0
Result = TypeVar("Result")


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

    def service(self, name: str) -> dict[str, Any] | None:
        return self._get(f"/api/v1/namespaces/{self.namespace}/services/{name}")

    def services(self) -> list[dict[str, Any]]:
        found = self._get(f"/api/v1/namespaces/{self.namespace}/services") or {}
        return list(found.get("items") or ())

    def pods(self) -> list[dict[str, Any]]:
        found = self._get(f"/api/v1/namespaces/{self.namespace}/pods") or {}
        return list(found.get("items") or ())

    def ready_pods(self, labels: dict[str, str]) -> Pods:
        """Those that have `labels`, are Ready, and are not on their way out."""
        return Pods(
            {
                pod["metadata"]["name"]: pod["status"]["podIP"]
                for pod in self.pods()
                if labels.items() <= (pod["metadata"].get("labels") or {}).items()
                and "deletionTimestamp" not in pod["metadata"]
                and is_ready(pod)
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

        wait_until(there, f"the Deployment {deployment} has its Pods ready", PATIENCE * 12)

    def _get(self, path: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._call("GET", path)
        return found

    def _call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        return call(self._api, method, path, body, content_type)


class Refused(Exception):
    """The API server's refusal: its code, reason and message."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


def call(api: Any, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
    """One request to the Kubernetes API; None for a GET of what does not exist. Refused for what the server refuses."""
    headers = {"Accept": "application/json", "Content-Type": content_type}
    query = [("fieldValidation", "Strict")] if method in ("POST", "PATCH") else []
    request = api.param_serialize(
        method, path, query_params=query, header_params=headers, body=body, auth_settings=["BearerToken"]
    )
    response = api.call_api(*request, _request_timeout=REQUEST_SECONDS)
    response.read()
    answer = json.loads(response.data)
    if response.status == 404 and method == "GET":
        return None
    if response.status >= 400:
        raise Refused(response.status, answer.get("reason", ""), answer.get("message", ""))
    return answer


def eventually(attempt: Callable[[], Result], patience: float = PATIENCE) -> Result:
    """Repeat a check until it no longer fails; the last failure when it never stops."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return attempt()
        except Wrong:
            if time.monotonic() > deadline:
                raise
        time.sleep(INTERVAL)


def wait_until(holds: Callable[[], bool], what: str, patience: float) -> None:
    """GraderError when it does not come true in time: this waits for what is ours."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise GraderError(f"waited {patience:.0f} s in vain until {what}")
        time.sleep(INTERVAL)


def is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
