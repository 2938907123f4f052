"""What clients in the cluster see of Services: names, ports and who answers, whatever the addresses are this time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from graders.course.mutants.fields import mapping
from graders.given import given
from graders.run import Run
from graders.submission import Document
from graders.tools import DnsAnswer, HttpAnswer

Seen = dict[str, str]  # {what was asked, as typed by hand: the answer}
HASH = "pod-template-hash"  # another for every template
SHOWN = 40  # characters of a page that names no Pod
TRIES = 4  # of each curl: several may answer in turn


def seen_by_clients(run: Run, solution: list[Document]) -> Seen:
    """Asked under the names and ports of the solution's Services. Answers name the owners of addresses."""
    asking = _Asking(run, solution)
    return {
        question: answer
        for document in solution
        if document.content["kind"] == "Service"
        for question, answer in asking.about(document)
    }


class _Asking:
    def __init__(self, run: Run, solution: list[Document]) -> None:
        self._tools, self._observer = run.tools, run.observer
        self._zone = f"{run.namespace}.svc.cluster.local"
        self._stateful = [each for each in solution if each.content["kind"] == "StatefulSet"]
        pods = run.observer.pods()
        self._pods = {pod["metadata"]["name"]: _maker(pod) for pod in pods}
        self._owners = {pod["status"].get("podIP", ""): _maker(pod) for pod in pods}
        for name in {each.name for each in (*solution, *given(run.lab)) if each.content["kind"] == "Service"}:
            service = run.observer.service(name)
            self._owners[str(mapping(service, "spec").get("clusterIP"))] = f"the cluster IP of {name}"

    def about(self, service: Document) -> Iterator[tuple[str, str]]:
        """(question, answer)"""
        name = service.name
        full = f"{name}.{self._zone}"
        addresses = self._tools.nslookup(f"{full}.")
        yield f"nslookup {name}", self._resolved(addresses)
        yield f"dig {name} CNAME", ", ".join(sorted(self._tools.dig(f"{full}.", "CNAME"))) or "nothing"
        for pod in self._ordinals():
            yield f"nslookup {pod}.{name}", self._resolved(self._tools.nslookup(f"{pod}.{full}."))
        for port in mapping(service.content, "spec").get("ports") or ():
            if port.get("name"):
                record = f"_{port['name']}._{port.get('protocol', 'TCP').lower()}"
                yield f"dig {record}.{name} SRV", self._records(self._tools.dig(f"{record}.{full}.", "SRV"), full)
            # Who answers outside the cluster, and how, is no matter of the Service.
            if port.get("protocol", "TCP") == "TCP" and addresses.addresses <= self._owners.keys():
                yield from self._answers(name, full, port)
                if mapping(service.content, "spec").get("type") == "NodePort":
                    yield from self._of_nodes(name, port["port"])

    def _answers(self, name: str, full: str, port: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """On the Service's port, and on the one behind it."""
        numbers = [port["port"], port.get("targetPort", port["port"])]
        for number in dict.fromkeys(each for each in numbers if isinstance(each, int)):
            yield f"curl http://{name}:{number}", self._curl(f"http://{full}:{number}")

    def _of_nodes(self, name: str, number: int) -> Iterator[tuple[str, str]]:
        """On the node port that belongs to a port of the Service."""
        ports = mapping(self._observer.service(name), "spec").get("ports") or ()
        node_port = next((port.get("nodePort") for port in ports if port["port"] == number), None)
        for node, address in self._observer.nodes().items():
            answer = self._curl(f"http://{address}:{node_port}") if node_port else "no node port"
            yield f"curl http://{node}:NODEPORT, for {name}:{number}", answer

    def _curl(self, url: str) -> str:
        return " or ".join(sorted({self._answered(self._tools.curl(url)) for _ in range(TRIES)}))

    def _answered(self, answer: HttpAnswer) -> str:
        if answer.status:
            makers = {maker for pod, maker in self._pods.items() if pod in answer.body}
            first = answer.body.partition("\n")[0][:SHOWN]
            page = f"the page of {', '.join(sorted(makers))}" if makers else repr(re.sub(r"\d+", "0", first))
            return f"status {answer.status}, {page}"
        return "refused" if answer.refused else "no such name" if answer.unresolved else "no answer"

    def _resolved(self, answer: DnsAnswer) -> str:
        addresses = sorted(self._owner(each) for each in answer.addresses)
        return ", ".join(addresses) or ("no such name" if answer.nxdomain else "no address")

    def _records(self, answers: list[str], full: str) -> str:
        """The last two words of `0 50 80 10-244-1-2.web.NAMESPACE.svc.cluster.local.`"""
        found = (answer.split()[-2:] for answer in answers)
        return ", ".join(sorted(f"{self._target(target, full)}:{port}" for port, target in found)) or "nothing"

    def _target(self, target: str, full: str) -> str:
        label = target.removesuffix(".").removesuffix(f".{full}")
        return self._owners.get(label.replace("-", "."), label).removesuffix(f".{self._zone}")

    def _owner(self, address: str) -> str:
        return self._owners.get(address, address)

    def _ordinals(self) -> Iterator[str]:
        """Names of the Pods that the solution's StatefulSets make."""
        for each in self._stateful:
            for number in range(mapping(each.content, "spec").get("replicas", 1)):
                yield f"{each.name}-{number}"


def _maker(pod: dict[str, Any]) -> str:
    """The Pod's name; its labels where a ReplicaSet has made the name up."""
    metadata = pod["metadata"]
    if not any(owner["kind"] == "ReplicaSet" for owner in metadata.get("ownerReferences") or ()):
        return str(metadata["name"])
    labels = (f"{key}={value}" for key, value in sorted(metadata["labels"].items()) if key != HASH)
    return ",".join(labels)
