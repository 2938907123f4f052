"""Every object and every host that the text names exists; a student would look for it in vain."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from graders.course.complete.known_names import KnownNames
from graders.course.complete.lab_files import LabFiles
from graders.course.complete.references import references
from graders.course.complete.shown_lines import ShownLine, shown_lines
from graders.course.defect import Defect

KINDS = "Service|Deployment|StatefulSet|Pod|EndpointSlice|ConfigMap|NetworkPolicy|Job"
KIND_BEFORE = re.compile(rf"\b({KINDS})s? (?:`…`(?:, and |, | and | or ))*$")  # and other names of that kind
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
WORD = re.compile(r"[A-Za-z0-9_.$<{/-]+")
PODS_ADDRESS = re.compile(r"\d+(-\d+){3}")
ALIKE = 0.87  # of difflib: all but one or two letters of a name
SHORTEST = 5  # letters: of shorter words too many are alike


def defects(files: LabFiles) -> Iterator[Defect]:
    """A miss is better than a false alarm: only what must be a name is looked for, and what is nearly one."""
    known = KnownNames(files)
    seen: set[tuple[int, str]] = set()
    for line in shown_lines(files.text):
        for name, what in (*_missing(known, line), *_misspelled(known, line)):
            if (line.number, name) not in seen:
                seen.add((line.number, name))
                yield Defect(files.readme, line.number, what)


def _missing(known: KnownNames, line: ShownLine) -> Iterator[tuple[str, str]]:
    """(name, what is wrong with it)"""
    if line.absent:
        return
    named = KIND_BEFORE.search(line.code.before)
    if named and LABEL.fullmatch(line.text):
        yield from _no_object(known, named[1], line.text)
    for each in references(line.text):
        if each.kind == "host":
            yield from _no_host(known, each.name)
        elif each.kind not in ("file", "lab"):
            yield from _no_object(known, each.kind, each.name)


def _no_object(known: KnownNames, kind: str, name: str) -> Iterator[tuple[str, str]]:
    if not known.has(kind, name) and not known.mentions(name):
        yield name, _no_such(known, kind, name)


def _no_host(known: KnownNames, host: str) -> Iterator[tuple[str, str]]:
    """A name of the cluster has to lead to something; of other names nothing is known."""
    labels = host.split(".")
    if all(label.isdigit() for label in labels):
        return
    if "svc" in labels[1:]:
        labels = labels[: labels.index("svc", 1)]
        labels = labels[:-1] if len(labels) > 1 else labels  # without the namespace
    elif len(labels) > 1:
        if labels[-1] in known.objects["Namespace"]:
            labels = labels[:-1]
        elif not known.has("Service", labels[-1]):
            return
    *pods, service = labels
    if not known.has("Service", service) and service != "localhost":
        yield service, _no_such(known, "Service", service)
    for pod in pods:
        if not (pod.startswith("_") or PODS_ADDRESS.fullmatch(pod) or known.mentions(pod)):
            yield pod, _no_such(known, "Pod", pod)


def _no_such(known: KnownNames, kind: str, name: str) -> str:
    names = sorted(known.objects[kind])
    near = difflib.get_close_matches(name, names, n=1) or difflib.get_close_matches(name, known.names(), n=1)
    there = f" Did you mean `{near[0]}`?" if near else f" There are {', '.join(names)}." if names else ""
    return f"neither the lab's manifests nor the text have a {kind} `{name}`.{there}"


def _misspelled(known: KnownNames, line: ShownLine) -> Iterator[tuple[str, str]]:
    """Words that are nearly the name of an object. What a command is shown not to find may be misspelled on purpose."""
    names = [name for name in known.names() if len(name) >= SHORTEST]
    for word in () if line.absent and line.code.block else WORD.findall(line.text):
        for part in () if word.endswith((".yaml", ".yml")) else word.split("."):
            if len(part) < SHORTEST or not LABEL.fullmatch(part) or known.mentions(part):
                continue
            if near := difflib.get_close_matches(part, names, n=1, cutoff=ALIKE):
                yield part, f"no object is called `{part}`. Did you mean `{near[0]}`?"
