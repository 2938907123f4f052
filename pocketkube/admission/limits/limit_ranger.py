"""LimitRanges: what containers get that ask for nothing, and the least and most that they may ask for.

Source: https://kubernetes.io/docs/concepts/policy/limit-range/ and plugin/pkg/admission/limitranger.
"""

from __future__ import annotations

from collections.abc import Iterator

from pocketkube.admission.defaults import quality_of_service
from pocketkube.admission.pods.pod_resources import pod_resources
from pocketkube.errors import forbidden
from pocketkube.quantity import UNIT, parse
from pocketkube.resources import LIMITRANGES, PERSISTENTVOLUMECLAIMS, PODS, Resource
from pocketkube.store import Object, Store

ANNOTATION = "kubernetes.io/limit-ranger"
CLAIM = "PersistentVolumeClaim"


def mutate(store: Store, pod: Object) -> None:
    """Give the Pod's containers the defaults of the namespace's LimitRanges, in place."""
    for limit_range in store.list(LIMITRANGES, pod["metadata"]["namespace"]):
        limits: dict[str, str] = {}
        requests: dict[str, str] = {}
        for item in limit_range["spec"].get("limits") or ():
            if item["type"] == "Container":
                limits |= item.get("default") or {}
                requests |= item.get("defaultRequest") or {}
        said = [
            what
            for kind, word in (("containers", "container"), ("initContainers", "init container"))
            for container in pod["spec"].get(kind) or ()
            for what in _merge(container, word, requests, limits)
        ]
        if said:
            annotations = pod["metadata"].setdefault("annotations", {})
            annotations[ANNOTATION] = f"LimitRanger plugin set: {'; '.join(said)}"
            pod["status"]["qosClass"] = quality_of_service(pod["spec"])


def admit(store: Store, pod: Object) -> None:
    """ApiError 403 for a Pod that asks for less or more than a LimitRange of its namespace allows."""
    for limit_range in store.list(LIMITRANGES, pod["metadata"]["namespace"]):
        problems = [
            problem
            for item in limit_range["spec"].get("limits") or ()
            for resources in _held_to(item["type"], pod["spec"])
            for problem in _problems(item, resources)
        ]
        _refuse(PODS, pod, problems)


def admit_claim(store: Store, claim: Object) -> None:
    """ApiError 403 for a claim that asks for less or more storage than a LimitRange of its namespace allows."""
    asked = claim["spec"]["resources"].get("requests") or {}
    for limit_range in store.list(LIMITRANGES, claim["metadata"]["namespace"]):
        items = [item for item in limit_range["spec"].get("limits") or () if item["type"] == CLAIM]
        # A claim has no limits: what it asks for is held to both.
        problems = [problem for item in items for problem in _problems(item, {"requests": asked, "limits": asked})]
        _refuse(PERSISTENTVOLUMECLAIMS, claim, [each.replace("but limit is", "but request is") for each in problems])


def _refuse(resource: Resource, obj: Object, problems: list[str]) -> None:
    if problems:
        text = problems[0] if len(problems) == 1 else f"[{', '.join(dict.fromkeys(problems))}]"
        raise forbidden(resource, obj["metadata"]["name"], text)


def _merge(container: Object, word: str, requests: dict[str, str], limits: dict[str, str]) -> Iterator[str]:
    resources = container["resources"]
    for kind, defaults in (("request", requests), ("limit", limits)):
        missing = sorted(set(defaults) - set(resources.get(f"{kind}s") or {}))
        if missing:
            resources[f"{kind}s"] = {**(resources.get(f"{kind}s") or {}), **{name: defaults[name] for name in missing}}
            yield f"{', '.join(missing)} {kind} for {word} {container['name']}"


def _held_to(kind: str, spec: Object) -> Iterator[Object]:
    """The resources that limits of this type are about: of each container, or of the Pod as a whole."""
    if kind == "Container":
        for container in (*spec["containers"], *(spec.get("initContainers") or ())):
            yield container["resources"]
    elif kind == "Pod":
        yield {field: pod_resources(spec, field) for field in ("requests", "limits")}


def _problems(item: Object, resources: Object) -> Iterator[str]:
    kind = item["type"]
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    for name, least in sorted((item.get("min") or {}).items()):
        text = f"minimum {name} usage per {kind} is {least}"
        request, limit = requests.get(name), limits.get(name)
        if request is None:
            yield f"{text}.  No request is specified"
        elif parse(request).nano < parse(least).nano:
            yield f"{text}, but request is {request}"
        elif limit is not None and parse(limit).nano < parse(least).nano:
            yield f"{text}, but limit is {limit}"
    for name, most in sorted((item.get("max") or {}).items()):
        text = f"maximum {name} usage per {kind} is {most}"
        request, limit = requests.get(name), limits.get(name)
        if limit is None:
            yield f"{text}.  No limit is specified"
        elif parse(limit).nano > parse(most).nano:
            yield f"{text}, but limit is {limit}"
        elif request is not None and parse(request).nano > parse(most).nano:
            yield f"{text}, but request is {request}"
    for name, ratio in sorted((item.get("maxLimitRequestRatio") or {}).items()):
        text = f"{name} max limit to request ratio per {kind} is {ratio}"
        request, limit = requests.get(name), limits.get(name)
        if request is None or not parse(request).nano:
            yield f"{text}, but no request is specified or request is 0"
        elif limit is None or not parse(limit).nano:
            yield f"{text}, but no limit is specified or limit is 0"
        elif parse(limit).nano * UNIT > parse(ratio).nano * parse(request).nano:
            yield f"{text}, but provided ratio is {parse(limit).nano / parse(request).nano:f}"
