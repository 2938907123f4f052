"""What a text may name: the objects of its lab, what they are made of, what Kubernetes makes of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from graders import submission
from graders.course.complete.lab_files import LabFiles
from graders.course.complete.text import Text
from graders.intake.source import SourceFile
from graders.lab import SHARED
from graders.submission import Document, InvalidSubmission

# In every cluster: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces
BUILT_IN = {
    "Service": ("kubernetes", "kube-dns"),
    "Namespace": ("default", "kube-system", "kube-public", "kube-node-lease"),
    "ConfigMap": ("kube-root-ca.crt",),
}
# What is called after its owner: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-identity
MADE_BY = {
    "Pod": ("Deployment", "StatefulSet", "ReplicaSet", "Job"),
    "ReplicaSet": ("Deployment",),
    "EndpointSlice": ("Service",),
}
SAME_NAME = {"Endpoints": "Service"}
MADE_BY_COMMAND = re.compile(r"kubectl (?:run|create (?:\w+ )*?|expose .*--name[= ])\s*([a-z0-9][a-z0-9.-]*)")


class KnownNames:
    """The objects of the lab: given, of the starter and the solution, shared by all labs, and made by the text."""

    def __init__(self, files: LabFiles) -> None:
        self.objects: dict[str, set[str]] = defaultdict(set)
        self._words: set[str] = set(files.lab.upstream)
        for kind, names in BUILT_IN.items():
            self.objects[kind].update(names)
        self.objects["Namespace"].update(files.lab.namespaces)
        parts = (files.objects.get(part, []) for part in ("manifests", "starter", "solution"))
        for document in (each for part in (*parts, _shared(), _of_text(files.text)) for each in part):
            self.objects[str(document.content["kind"])].add(document.name)
            self._words.update(_words(document.content))
        self._made = {name for code in files.text.code for name in MADE_BY_COMMAND.findall(code.text)}

    def has(self, kind: str, name: str) -> bool:
        """Whether there is, or will be, such an object."""
        if name in self.objects[kind] | self.objects[SAME_NAME.get(kind, kind)] | self._made:
            return True
        return any(name.startswith(f"{owner}-") for each in MADE_BY.get(kind, ()) for owner in self.objects[each])

    def mentions(self, word: str) -> bool:
        """Whether it is the name of any object, or stands anywhere in the manifests."""
        return word in self._words or any(self.has(kind, word) for kind in (*self.objects, *MADE_BY))

    def names(self) -> set[str]:
        """Of all objects."""
        return {name for names in self.objects.values() for name in names} | self._made


def _shared() -> list[Document]:
    return [document for path in sorted(SHARED.glob("*.yaml")) for document in _read(str(path), path.read_bytes())]


def _of_text(text: Text) -> list[Document]:
    blocks = (code.text for code in text.code if code.block and "kind:" in code.text)
    return [document for block in blocks for document in _read("README.md", block.encode())]


def _read(name: str, content: bytes) -> list[Document]:
    """None where it cannot be read: a text shows what is wrong as well, and Kubernetes' configuration has no kind."""
    try:
        return submission.objects([SourceFile(name, content)])
    except InvalidSubmission:
        return []


def _words(value: Any) -> Iterator[str]:
    """Each key and each value, and the parts of what is several names in one."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from _words(each)
    elif isinstance(value, list):
        for each in value:
            yield from _words(each)
    else:
        yield str(value)
        yield from re.findall(r"[a-z0-9][a-z0-9-]*", str(value))
