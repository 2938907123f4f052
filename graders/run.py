"""One grading: the lab's own objects and the submission in a namespace of their own."""

from __future__ import annotations

import secrets
from typing import Any

from graders import fence
from graders.api import Refused, call
from graders.clusters import RunningCluster
from graders.diagnosis import Situation, diagnose
from graders.diagnosis.situation import crashed
from graders.given import applied_last, given
from graders.lab import Lab
from graders.observe import Observer, is_going
from graders.patience import wait_until
from graders.submission import Document
from graders.tools import POD, Tools
from graders.upstream import OwnUpstream, Upstream
from graders.verdict import Diagnosis, GraderError
from graders.wanted import Wanted

READY_SECONDS = 60
FENCE_SECONDS = 30
GONE_SECONDS = 120
CONFLICT = 409
PLURALS = {"Endpoints": "endpoints", "NetworkPolicy": "networkpolicies"}  # that are not the kind with an s


class Run:
    """`begin` applies everything; `end` removes it. `refusals`: {file:line: the API server's words}.

    `cause`: why the check that goes on will never pass, once that has been found out.
    `services`: names of the Services that the lab's checks are about. `fenced`: the namespace, that of one submission
    among many, is kept apart from all others.
    """

    def __init__(self, lab: Lab, documents: list[Document], namespace: str = "", *, fenced: bool = False) -> None:
        self.lab = lab
        self.documents = documents
        self.refusals: dict[str, str] = {}
        self.cause: Diagnosis | None = None
        self.services: frozenset[str] = frozenset()
        self.namespace = namespace or f"lab-{lab.name}-{secrets.token_hex(3)}"
        self._fenced = fenced
        self._api: Any = None
        self._namespaces: list[str] = []
        self._upstream: OwnUpstream | Upstream | None = None

    def begin(self, cluster: RunningCluster) -> None:
        """GraderError when what is ours cannot be applied; what of the submission is refused is noted."""
        self._api = cluster.api
        self.observer = Observer(self._api, self.namespace)
        self.tools = Tools(self._api, self.namespace)
        for name in ("", *self.lab.namespaces):
            self._make_namespace(self._real(name))
            if self._fenced:
                self._apply_fence(self._real(name))
        self._apply_ours(given(self.lab))
        for document in self.documents:
            try:
                self._create(document)
            except Refused as error:
                if error.code >= 500:
                    raise GraderError(f"the API server failed on {document.where}: {error}") from error
                self.refusals[document.where] = str(error)
        self._apply_ours(applied_last())
        for document in given(self.lab):
            if document.content["kind"] == "Deployment":
                self.observer.wait_for_deployment(document.name)
        wait_until(lambda: POD in self.observer.ready_pods({}).by_name, "the tiny-tools Pod is ready", READY_SECONDS)
        wait_until(self._caught_up, "the cluster's DNS answers", READY_SECONDS)
        if self.lab.upstream and cluster.dns_may_change:
            addresses = {name: self._address_of(service) for name, service in self.lab.upstream.items()}
            if cluster.ours:
                self._upstream = OwnUpstream(self._api, addresses)
            else:
                self._upstream = Upstream(cluster.kubeconfig, cluster.context, addresses)
            wait_until(lambda: self._all_resolve(addresses), f"DNS answers {', '.join(addresses)}", READY_SECONDS)

    def end(self, *, cluster_goes: bool = False) -> None:
        """Remove everything, unless the cluster goes anyway. GraderError when something has to be left."""
        if self._api:
            self.tools.close()
        if cluster_goes:
            return
        try:
            if self._upstream:
                self._upstream.restore()
        finally:
            self._remove_namespaces()

    def diagnose(self, wanted: Wanted) -> Diagnosis | None:
        """Why the Service is not as it is wanted, from what is to be seen now."""
        observer = self.observer
        pods = [pod for pod in observer.pods() if not is_going(pod)]
        elsewhere = [name for name in self.lab.namespaces if observer.service(wanted.name, self._real(name))]
        return diagnose(
            Situation(
                wanted=wanted,
                documents=self.documents,
                given=given(self.lab),
                others=self.services - {wanted.name},
                refusals=self.refusals,
                service=observer.service(wanted.name),
                elsewhere=tuple(elsewhere),
                pods=pods,
                events=observer.events(),
                listening=observer.listening,
                log=self._log_of_crash,
            )
        )

    def _log_of_crash(self, pod: dict[str, Any]) -> str:
        ended = crashed(pod)
        return self.observer.log(pod["metadata"]["name"], ended["name"]) if ended else ""

    def _remove_namespaces(self) -> None:
        try:
            for name in self._namespaces:
                call(self._api, "DELETE", f"/api/v1/namespaces/{name}")
        except Exception as error:
            what = f"the namespace {self.namespace} could not be removed: {type(error).__name__}: {error}."
            raise GraderError(f"{what} Remove it: kubectl delete namespace {self.namespace}") from error

    def _make_namespace(self, name: str) -> None:
        labels = fence.labels(self.lab) if self._fenced else {}
        namespace = {"metadata": {"name": name, "labels": labels}}
        path = f"/api/v1/namespaces/{name}"
        try:
            call(self._api, "POST", "/api/v1/namespaces", namespace)
        except Refused as error:
            if error.code != CONFLICT:
                raise
            # What an interrupted grading has left: its name was given only to this submission.
            call(self._api, "DELETE", path)
            wait_until(lambda: call(self._api, "GET", path) is None, f"the old namespace {name} is gone", GONE_SECONDS)
            call(self._api, "POST", "/api/v1/namespaces", namespace)
        self._namespaces.append(name)
        account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
        wait_until(lambda: call(self._api, "GET", account) is not None, "the namespace has its ServiceAccount", 10)

    def _real(self, namespace: str) -> str:
        """What a namespace of the lab is called in the cluster: gradings side by side have their own."""
        return f"{self.namespace}-{namespace}" if namespace else self.namespace

    def _apply_fence(self, namespace: str) -> None:
        for each in fence.objects(self.observer.nodes().values()):
            self._post(namespace, each)
        # Until then a real cluster refuses everything that counts: "status unknown for quota".
        quota = f"/api/v1/namespaces/{namespace}/resourcequotas/{fence.NAME}"

        def known() -> bool:
            return bool(call(self._api, "GET", quota).get("status"))

        wait_until(known, "the ResourceQuota is known", FENCE_SECONDS)

    def _apply_ours(self, documents: tuple[Document, ...]) -> None:
        for document in documents:
            try:
                self._create(document)
            except Refused as error:
                raise GraderError(f"{document.where}: the lab's own manifest was refused: {error}") from error

    def _create(self, document: Document) -> None:
        metadata = document.content.get("metadata") or {}
        namespace = self._real(document.namespace)
        self._post(namespace, {**document.content, "metadata": {**metadata, "namespace": namespace}})

    def _post(self, namespace: str, content: dict[str, Any]) -> None:
        kind, version = str(content["kind"]), str(content.get("apiVersion", ""))
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        plural = PLURALS.get(kind, f"{kind.lower()}s")
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

    def _caught_up(self) -> bool:
        """Cluster DNS knows the Service that was applied last, so it knows the submission's too.

        curl asks DNS at half the cost of nslookup; whether anybody listens there does not matter.
        """
        answer = self.tools.curl(f"http://{POD}.{self.namespace}.svc.cluster.local.")
        return answer.refused or answer.status > 0

    def _all_resolve(self, addresses: dict[str, str]) -> bool:
        return all(self.tools.nslookup(f"{name}.").addresses == {at} for name, at in addresses.items())
