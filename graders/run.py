"""One grading: the lab's own objects and the submission in a namespace of their own."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from graders import policy, submission
from graders.api import Refused, call
from graders.clusters import RunningCluster
from graders.diagnosis import Situation, diagnose
from graders.lab import SHARED, Lab
from graders.observe import Observer
from graders.patience import wait_until
from graders.submission import Document, InvalidSubmission
from graders.tools import POD, Tools
from graders.upstream import Upstream
from graders.verdict import Diagnosis, GraderError
from graders.wanted import Wanted

KUBERNETES = "kubernetes.default.svc.cluster.local."
READY_SECONDS = 60
PLURALS = {"Endpoints": "endpoints"}  # that are not the kind with an s


class Run:
    """`begin` applies everything; `end` removes it. `refusals`: {file:line: the API server's words}."""

    def __init__(self, lab: Lab, path: Path) -> None:
        self.lab = lab
        self.path = path
        self.given = _given(lab)
        self.documents = submission.read(path)
        policy.enforce(lab, self.documents, {(str(each.content["kind"]), each.name) for each in self.given})
        self.refusals: dict[str, str] = {}
        self.namespace = f"lab-{lab.name}-{secrets.token_hex(3)}"
        self.version = ""
        self._api: Any = None
        self._namespaces: list[str] = []
        self._upstream: Upstream | None = None

    def begin(self, cluster: RunningCluster) -> None:
        """GraderError when what is ours cannot be applied; what of the submission is refused is noted."""
        from kubernetes import client, config  # noqa: PLC0415 - 0.25 s, while the cluster starts

        cluster.wait()
        config.load_kube_config(str(cluster.kubeconfig), cluster.context)  # type: ignore[no-untyped-call]
        self._api = client.ApiClient()
        self.version = str(call(self._api, "GET", "/version")["gitVersion"])
        self.observer = Observer(self._api, self.namespace)
        self.tools = Tools(self._api, self.namespace)
        for name in ("", *self.lab.namespaces):
            self._make_namespace(self._real(name))
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
        wait_until(lambda: POD in self.observer.ready_pods({}).by_name, "the tiny-tools Pod is ready", READY_SECONDS)
        # Ready nodes are half of the way: DNS comes later on a new cluster.
        wait_until(lambda: self.tools.nslookup(KUBERNETES).exists, "the cluster's DNS answers", READY_SECONDS)
        if self.lab.upstream and cluster.dns_may_change:
            addresses = {name: self._address_of(service) for name, service in self.lab.upstream.items()}
            self._upstream = Upstream(cluster.kubeconfig, cluster.context, addresses)
            wait_until(lambda: self._all_resolve(addresses), f"DNS answers {', '.join(addresses)}", READY_SECONDS)

    def end(self, cluster: RunningCluster) -> None:
        """Remove the namespaces, unless the cluster goes anyway. GraderError when one has to be left."""
        try:
            if self._upstream:
                self._upstream.restore()
        finally:
            self._remove_namespaces(cluster)

    def diagnose(self, wanted: Wanted) -> Diagnosis | None:
        """Why the Service is not as it is wanted, from what is to be seen now."""
        observer = self.observer
        pods = observer.pods()
        mine = [
            pod for pod in pods if wanted.pods and wanted.pods.items() <= (pod["metadata"].get("labels") or {}).items()
        ]
        elsewhere = [name for name in self.lab.namespaces if observer.service(wanted.name, self._real(name))]
        return diagnose(
            Situation(
                wanted=wanted,
                documents=self.documents,
                refusals=self.refusals,
                service=observer.service(wanted.name),
                elsewhere=tuple(elsewhere),
                pods=[pod for pod in pods if pod["metadata"]["name"] != POD],
                slices=observer.slices(),
                events=observer.events(),
                listening={pod["metadata"]["name"]: observer.listening(pod) for pod in mine},
                logs={pod["metadata"]["name"]: log for pod in mine if (log := self._crash_log(pod))},
            )
        )

    def _crash_log(self, pod: dict[str, Any]) -> tuple[str, str] | None:
        """(container, last lines) of the first container that crashed."""
        for status in pod.get("status", {}).get("containerStatuses") or ():
            ended = (status.get("lastState") or {}).get("terminated")
            if ended and not status["ready"]:
                return status["name"], self.observer.log(pod["metadata"]["name"], status["name"])
        return None

    def _remove_namespaces(self, cluster: RunningCluster) -> None:
        if self._api is None:
            return
        try:
            for name in self._namespaces if not cluster.ours else ():
                call(self._api, "DELETE", f"/api/v1/namespaces/{name}")
        except Exception as error:
            what = f"the namespace {self.namespace} could not be removed: {type(error).__name__}: {error}."
            raise GraderError(f"{what} Remove it: kubectl delete namespace {self.namespace}") from error
        finally:
            self._api.close()

    def _make_namespace(self, name: str) -> None:
        call(self._api, "POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        self._namespaces.append(name)
        account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
        wait_until(lambda: call(self._api, "GET", account) is not None, "the namespace has its ServiceAccount", 10)

    def _real(self, namespace: str) -> str:
        """What a namespace of the lab is called in the cluster: gradings side by side have their own."""
        return f"{self.namespace}-{namespace}" if namespace else self.namespace

    def _create(self, document: Document) -> None:
        kind = str(document.content["kind"])
        version = str(document.content.get("apiVersion", ""))
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        plural = PLURALS.get(kind, f"{kind.lower()}s")
        metadata = document.content.get("metadata") or {}
        namespace = self._real(str(metadata.get("namespace", "")))
        content = {**document.content, "metadata": {**metadata, "namespace": namespace}}
        try:
            call(self._api, "POST", f"{base}/namespaces/{namespace}/{plural}", content)
        except ValueError as error:  # a path that is not there answers with plain text
            raise Refused(404, "NotFound", f'no matches for kind "{kind}" in version "{version}"') from error

    def _address_of(self, service: str) -> str:
        found = self.observer.service(service)
        if found is None:
            raise GraderError(
                f"{self.lab.directory}/lab.yaml: `upstream` names the Service {service}, which is not given"
            )
        return str(found["spec"]["clusterIP"])

    def _all_resolve(self, addresses: dict[str, str]) -> bool:
        return all(self.tools.nslookup(f"{name}.").addresses == {at} for name, at in addresses.items())


def _given(lab: Lab) -> list[Document]:
    """The lab's own objects; GraderError when they cannot be read."""
    paths = (SHARED / "tiny-tools.yaml", lab.directory / "manifests")
    try:
        return [document for path in paths for document in submission.read(path, within=SHARED.parent)]
    except InvalidSubmission as error:
        raise GraderError(f"the lab's own manifests cannot be read: {error}") from error
