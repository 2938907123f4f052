"""Every message of the diagnosis, pinned: from what was observed to cause and remedy."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from graders.checks import check, services
from graders.diagnosis import Situation, diagnose
from graders.submission import read
from graders.wanted import Wanted

HEADLESS = Wanted("web", "headless", pods={"app": "nginx"}, port=8080, port_name="http", target=80)
ORDINARY = Wanted("web", "ClusterIP", pods={"app": "nginx"}, port=8080, target=80)
NODE_PORT = Wanted("web", "NodePort", pods={"app": "nginx"}, port=8080, target=80)
BY_HAND = Wanted("web", "headless", port=80, port_name="http", target=80, addresses=("192.0.2.1", "192.0.2.2"))
ALIAS = Wanted("web", "ExternalName", external_name="example.org")
MEMBERS = Wanted("web", "headless", pods={"app": "nginx"}, stateful_set=("web", 2))

SERVICE = """
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  clusterIP: None
  selector:
    app: nginx
  ports:
    - name: http
      protocol: TCP
      port: 8080
      targetPort: 80
"""
SLICE = """
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: web-1
  labels:
    kubernetes.io/service-name: web
addressType: IPv4
endpoints:
  - addresses: [192.0.2.1]
  - addresses: [192.0.2.2]
ports:
  - name: http
    port: 80
"""
STATEFUL_SET = """
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: web
spec:
  serviceName: web
  replicas: 2
  template:
    metadata:
      labels:
        app: nginx
    spec:
      containers:
        - name: nginx
          image: nginx:1.29
          readinessProbe: {httpGet: {port: 80}}
"""
CONTAINER = {
    "name": "nginx",
    "readinessProbe": {"httpGet": {"port": "http"}},
    "ports": [{"name": "http", "containerPort": 80}],
}
POD = {
    "metadata": {"name": "web-0", "labels": {"app": "nginx", "pod-template-hash": "x"}},
    "spec": {"containers": [CONTAINER]},
    "status": {"conditions": [{"type": "Ready", "status": "True"}], "containerStatuses": []},
}


def unready(**container: Any) -> dict[str, Any]:
    status = {
        "conditions": [{"type": "Ready", "status": "False"}],
        "containerStatuses": [{"name": "nginx", "image": "nginx:1.29", "ready": False, **container}],
    }
    return {**POD, "status": status}


def said(
    tmp_path: Path, text: str, wanted: Wanted, refusal: str = "", live: dict[str, Any] | None = None, **state: Any
) -> tuple[str, str, bool]:
    """(code, message, final) for a submission, as if the API server had taken it as it is, or refused its last object.

    `live`: what the Service's spec is in the cluster, beside what the submission says.
    """
    listening = state.pop("listening", {"web-0": [80]})
    log = state.pop("log", "")
    path = tmp_path / "a.yaml"
    path.write_text(text)
    documents = read(path)
    refusals = {documents[-1].where: refusal} if refusal else {}
    taken = documents[:-1] if refusal else documents
    service = next((each.content for each in taken if each.content["kind"] == "Service"), None)
    if service:
        spec = {"type": "ClusterIP", "clusterIP": "10.96.0.7", **(service.get("spec") or {})}
        spec["ports"] = [{"protocol": "TCP", **port} for port in spec.get("ports", ())]
        service = {**service, "spec": {**spec, **(live or {})}}
    observed = {
        "service": service if service and service["metadata"]["name"] == wanted.name else None,
        "pods": [POD] if wanted.pods else [],
        **state,
        "listening": lambda pod: set(listening[pod["metadata"]["name"]]),
        "log": lambda _: log,
    }
    found = diagnose(Situation(wanted=wanted, documents=documents, refusals=refusals, **observed))
    assert found, "nothing was diagnosed"
    return found.code, f"{found.cause} {found.remedy}".replace(str(path), "a.yaml").strip(), found.final


def changed(text: str, *changes: tuple[str, str]) -> str:
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return text


ROWS = yaml.safe_load((Path(__file__).parent / "data" / "diagnosis.yaml").read_text())
WANTED = {
    "HEADLESS": HEADLESS,
    "ORDINARY": ORDINARY,
    "NODE_PORT": NODE_PORT,
    "BY_HAND": BY_HAND,
    "ALIAS": ALIAS,
    "MEMBERS": MEMBERS,
}
TEXTS = {"SERVICE": SERVICE, "SLICE": SLICE, "STATEFUL_SET": STATEFUL_SET}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['code']}-{row.get('case', '')}".rstrip("-"))
def test_message(row: dict[str, Any], tmp_path: Path) -> None:
    text = "---".join(TEXTS[name] for name in row.get("texts", ["SERVICE"]))
    text = changed(text, *(tuple(change) for change in row.get("changes", ())))
    state = dict(row.get("state", {}))
    if "pod" in state:
        state["pods"] = [unready(**state.pop("pod"))]
    if "event" in state:
        event = {"reason": "Unhealthy", "involvedObject": {"name": "web-0"}, "message": state.pop("event")}
        state["events"] = [{**event, "count": state.pop("count", 1)}]
    if "others" in state:
        state["others"] = frozenset(state["others"])
    if "labels" in state:
        state["pods"] = [{**POD, "metadata": {"name": "web-0", "labels": state.pop("labels")}}]
    if "given" in row:
        given = tmp_path / "given.yaml"
        given.write_text(TEXTS[row["given"]])
        state["given"] = tuple(read(given))
    found = said(tmp_path, text, WANTED[row["wanted"]], row.get("refusal", ""), row.get("live"), **state)
    assert found == (row["code"], textwrap.dedent(row["says"]).replace("\n", " ").strip(), row.get("final", True))


def test_nothing_is_said_of_what_is_right(tmp_path: Path) -> None:
    for wanted, text in (
        (HEADLESS, SERVICE),
        (BY_HAND, changed(SERVICE, ("  selector:\n    app: nginx\n", ""), ("8080", "80")) + "---" + SLICE),
        (MEMBERS, SERVICE + "---" + STATEFUL_SET),
    ):
        with pytest.raises(AssertionError, match="nothing was diagnosed"):
            said(tmp_path, text, wanted)


@check(points=1, about=Wanted("beside"))
def beside() -> None:
    """A check, but for pytest, which does not run it."""


@check(points=0)
def about_nothing() -> None: ...


def test_a_check_knows_what_those_beside_it_are_about(request: pytest.FixtureRequest) -> None:
    assert services(request.node) == {"beside"}


def test_every_code_has_a_row() -> None:
    """The table is whole: each code in the source of the rules is pinned by at least one row."""
    source = "".join(path.read_text() for path in Path("graders/diagnosis").glob("*.py"))
    codes = set(re.findall(r'Diagnosis\(\s*"([a-z-]+)"', source)) | set(re.findall(r'return "([a-z-]+)", ', source))
    assert codes <= {row["code"] for row in ROWS}, codes - {row["code"] for row in ROWS}
