"""One grading: the lab's own objects and the submission in a namespace of their own."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from graders import policy, submission
from graders.clusters import RunningCluster
from graders.lab import Lab
from graders.observe import Observer, Refused, call, wait_until
from graders.submission import Document
from graders.tools import POD, Tools
from graders.verdict import GraderError

SHARED = Path(__file__).parent.parent / "manifests"
KUBERNETES = "kubernetes.default.svc.cluster.local."
PLURALS = {
    "ConfigMap": "configmaps",
    "Deployment": "deployments",
    "EndpointSlice": "endpointslices",
    "Endpoints": "endpoints",
    "Pod": "pods",
    "Service": "services",
}


class Run:
    """`begin` applies everything; `end` removes the namespace. `refusals`: {file:line: the API server's words}."""

    def __init__(self, lab: Lab, path: Path) -> None:
        self.lab = lab
        self.path = path
        self.given = [document for each in _manifests(lab) for document in submission.read(each)]
        self.documents = submission.read(path)
        policy.enforce(lab, self.documents, {(str(each.content["kind"]), each.name) for each in self.given})
        self.refusals: dict[str, str] = {}
        self.namespace = f"lab-{lab.name}-{secrets.token_hex(3)}"
        self.version = ""
        self._api: Any = None
        self._namespace_made = False

    def begin(self, cluster: RunningCluster) -> None:
        """GraderError when what is ours cannot be applied; what of the submission is refused is noted."""
        from kubernetes import client, config  # noqa: PLC0415 - 0.25 s, while the cluster starts

        cluster.wait()
        config.load_kube_config(str(cluster.kubeconfig), cluster.context)  # type: ignore[no-untyped-call]
        self._api = client.ApiClient()
        self.version = str(call(self._api, "GET", "/version")["gitVersion"])
        self.observer = Observer(self._api, self.namespace)
        self.tools = Tools(client.CoreV1Api(self._api), self.namespace)
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
        call(self._api, "POST", "/api/v1/namespaces", namespace)
        self._namespace_made = True
        account = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/default"
        wait_until(lambda: call(self._api, "GET", account) is not None, "the namespace has its ServiceAccount", 10)
        for document in self.given:
            try:
                self._create(document)
            except Refused as error:
                raise GraderError(f"{document.where}: the lab's own manifest was refused: {error}") from error
        for document in self.documents:
            try:
                self._create(document)
            except Refused as error:
                if error.code >= 500:
                    raise GraderError(f"the API server failed on {document.where}: {error}") from error
                self.refusals[document.where] = str(error)
        for document in self.given:
            if document.content["kind"] == "Deployment":
                self.observer.wait_for_deployment(document.name)
        wait_until(lambda: POD in self.observer.ready_pods({}).by_name, "the tiny-tools Pod is ready", 60)
        # Ready nodes are half of the way: DNS comes later on a new cluster.
        wait_until(lambda: self.tools.nslookup(KUBERNETES).exists, "the cluster's DNS answers", 60)

    def end(self, cluster: RunningCluster) -> None:
        """Remove the namespace, unless the cluster goes anyway. GraderError when it has to be left."""
        if self._api is None:
            return
        try:
            if self._namespace_made and not cluster.ours:
                call(self._api, "DELETE", f"/api/v1/namespaces/{self.namespace}")
        except Exception as error:
            what = f"the namespace {self.namespace} could not be removed: {type(error).__name__}: {error}."
            raise GraderError(f"{what} Remove it: kubectl delete namespace {self.namespace}") from error
        finally:
            self._api.close()

    def where(self, name: str) -> str:
        """File and line of the submission's object of that name."""
        return next((each.where for each in self.documents if each.name == name), str(self.path))

    def _create(self, document: Document) -> None:
        kind = str(document.content["kind"])
        version = str(document.content.get("apiVersion", ""))
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        plural = PLURALS.get(kind, f"{kind.lower()}s")
        try:
            call(self._api, "POST", f"{base}/namespaces/{self.namespace}/{plural}", document.content)
        except ValueError as error:  # a path that is not there answers with plain text
            raise Refused(404, "NotFound", f'no matches for kind "{kind}" in version "{version}"') from error


def _manifests(lab: Lab) -> list[Path]:
    return [SHARED / "tiny-tools.yaml", lab.directory / "manifests"]
