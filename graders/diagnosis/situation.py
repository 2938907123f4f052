"""What was observed when a check failed: all that a diagnosis is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graders.submission import Document
from graders.wanted import Wanted

Object = dict[str, Any]  # of the Kubernetes API, as on the wire


@dataclass(frozen=True, slots=True)
class Situation:
    """The submission's documents and the state of the lab's namespace.

    `given`: the lab's own documents. `others`: names of the Services that other checks are about. `refusals`: {where of
    a document: the API server's words}. `elsewhere`: other namespaces of the lab that have a Service of the wanted
    name. What costs a command in a Pod or a request is asked for when a rule needs it: `listening`: TCP ports that
    something in a Pod listens on; `log`: the last lines of the container that `crashed` there.
    """

    wanted: Wanted
    documents: list[Document] = field(default_factory=list)
    given: tuple[Document, ...] = ()
    others: frozenset[str] = frozenset()
    refusals: dict[str, str] = field(default_factory=dict)
    service: Object | None = None
    elsewhere: tuple[str, ...] = ()
    pods: list[Object] = field(default_factory=list)
    events: list[Object] = field(default_factory=list)
    listening: Callable[[Object], set[int]] = lambda _: set()
    log: Callable[[Object], str] = lambda _: ""

    @property
    def document(self) -> Document | None:
        """The submission's Service of the wanted name."""
        return next((each for each in self.services if each.name == self.wanted.name), None)

    @property
    def services(self) -> list[Document]:
        return [each for each in self.documents if each.content["kind"] == "Service"]

    @property
    def wanted_pods(self) -> list[Object]:
        """The Pods that the Service should lead to."""
        return [pod for pod in self.pods if has_labels(pod, self.wanted.pods)] if self.wanted.pods else []

    def at(self, *path: str | int) -> str:
        """`file:line: ` of a field of the Service, to begin a sentence; "" where it is not the student's."""
        return f"{self.document.at(*path)}: " if self.document else ""


def labels_of(obj: Object) -> dict[str, str]:
    return obj["metadata"].get("labels") or {}


def has_labels(obj: Object, wanted: dict[str, str]) -> bool:
    return wanted.items() <= labels_of(obj).items()


def names(objects: list[Object]) -> set[str]:
    return {each["metadata"]["name"] for each in objects}


def statuses(pod: Object) -> list[Object]:
    """Of its containers, in the order in which they are started."""
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def crashed(pod: Object) -> Object | None:
    """The status of the first container that has ended at least once and is not ready since."""
    return next((each for each in statuses(pod) if _last_end(each) and not each["ready"]), None)


def _last_end(status: Object) -> Object | None:
    return (status.get("lastState") or {}).get("terminated")


def listed(items: dict[str, str]) -> str:
    """`app=nginx, tier=web`: labels as kubectl shows them."""
    return ", ".join(f"{key}={value}" for key, value in items.items())


def sentence(where: str, text: str) -> str:
    """`text` after the file and line that it is about, or with a capital letter where there are none."""
    return where + text if where else text[:1].upper() + text[1:]
