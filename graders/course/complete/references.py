"""What a line of code in a text refers to: objects in kubectl's arguments, hosts, files, labs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

# {what kubectl calls it: kind}, as `kubectl api-resources` lists them, of what a lab may contain.
KINDS = {
    **dict.fromkeys(("pod", "pods", "po"), "Pod"),
    **dict.fromkeys(("service", "services", "svc"), "Service"),
    **dict.fromkeys(("deployment", "deployments", "deploy", "deployment.apps"), "Deployment"),
    **dict.fromkeys(("statefulset", "statefulsets", "sts", "statefulset.apps"), "StatefulSet"),
    **dict.fromkeys(("replicaset", "replicasets", "rs", "replicaset.apps"), "ReplicaSet"),
    **dict.fromkeys(("endpoints", "ep"), "Endpoints"),
    **dict.fromkeys(("endpointslice", "endpointslices", "endpointslice.discovery.k8s.io"), "EndpointSlice"),
    **dict.fromkeys(("configmap", "configmaps", "cm"), "ConfigMap"),
    **dict.fromkeys(("networkpolicy", "networkpolicies", "netpol"), "NetworkPolicy"),
    **dict.fromkeys(("job", "jobs", "job.batch"), "Job"),
}
ON_KIND_AND_NAMES = ("get", "describe", "delete", "edit", "scale", "label", "annotate", "patch", "expose", "wait")
ON_ONE_POD = ("logs", "exec", "attach", "port-forward", "debug")
WITH_VALUE = ("-n", "-o", "-l", "-c", "-f", "-p", "-L", "--namespace", "--context", "--kubeconfig", "--type")
NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
HOST = r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9])?"
URL_HOST = re.compile(rf"\bhttps?://({HOST})\.?(?=[:/\s\"'`?]|$)")
ASKED_HOST = re.compile(r"\b(?:nslookup|dig|curl|wget|ping)((?: +[^\s|;&]+)+)")
PATH = re.compile(r"(?<![\w./:$<{~*-])(?:[\w.-]+/)*[\w.-]+(?:\.(?:ya?ml|md|py)\b|/)(?:[\w.-]+)?(?![\w/*<$…])")
LAB_COMMAND = re.compile(r"\blabs (?:start|watch|hint|shell|grade|check|mutants) ([a-z][a-z0-9_]*)(?![\w/.-])")


@dataclass(frozen=True, slots=True)
class Reference:
    """`kind`: of an object; `host`, `file` or `lab`."""

    kind: str
    name: str


def references(line: str) -> Iterator[Reference]:
    """All that can be told from one line; nothing of what has placeholders in it, such as NAME or $POD."""
    for command in re.split(r"[|;&()>]|\$\(", line):
        words = _split(command)
        if "kubectl" in (word.rpartition("/")[2] for word in words):
            while words.pop(0).rpartition("/")[2] != "kubectl":
                pass
            yield from _of_kubectl(words)
    for host in _hosts(line):
        yield Reference("host", host)
    for name in LAB_COMMAND.findall(line):
        yield Reference("lab", name)
    for path in PATH.findall(line):
        yield Reference("file", path)


def _of_kubectl(words: list[str]) -> Iterator[Reference]:
    arguments = list(_arguments(words))
    verb = arguments.pop(0) if arguments else ""
    if verb == "rollout" and arguments:
        arguments.pop(0)
    if verb in (*ON_KIND_AND_NAMES, "rollout"):
        yield from _kind_and_names(arguments)
    elif verb in ON_ONE_POD and arguments:
        kind, slash, name = arguments[0].rpartition("/")
        if kind in KINDS or not slash:
            yield from _named(KINDS.get(kind, "Pod"), name)


def _kind_and_names(arguments: list[str]) -> Iterator[Reference]:
    slashed = [each.split("/") for each in arguments if each.count("/") == 1]
    for kind, name in slashed:
        if kind in KINDS:
            yield from _named(KINDS[kind], name)
    if arguments and not slashed and arguments[0] in KINDS:
        for name in arguments[1:]:
            yield from _named(KINDS[arguments[0]], name)


def _named(kind: str, name: str) -> Iterator[Reference]:
    """`-` at the end removes a label."""
    if NAME.fullmatch(name):
        yield Reference(kind, name)


def _arguments(words: list[str]) -> Iterator[str]:
    """Without options, up to the `--` after which another program's words stand."""
    skip = False
    for word in words:
        if word == "--":
            return
        if not skip and not word.startswith("-"):
            yield word
        skip = word in WITH_VALUE


def _hosts(line: str) -> Iterator[str]:
    yield from URL_HOST.findall(line)
    for words in ASKED_HOST.findall(line):
        yield from (word.rstrip(".") for word in words.split() if re.fullmatch(rf"{HOST}\.?", word))


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command, comments=True)
    except ValueError:  # a quote that this part of a line does not close
        return command.split()
