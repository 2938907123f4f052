"""The completion indexes of an Indexed Job: who has which, and how sets of them are written: `0-2,5`.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pocketkube.json_copy import copied
from pocketkube.store import Object

INDEX = "batch.kubernetes.io/job-completion-index"
VARIABLE = "JOB_COMPLETION_INDEX"
FAILURES = "batch.kubernetes.io/job-index-failure-count"


def index_of(pod: Object) -> int:
    """-1 for a Pod that has none."""
    text = (pod["metadata"].get("annotations") or {}).get(INDEX, "")
    return int(text) if text.isdigit() else -1


def failures_of(pod: Object) -> int:
    """How often the Pods of its index had failed before it."""
    return int((pod["metadata"].get("annotations") or {}).get(FAILURES, "0"))


def parse(text: str) -> set[int]:
    """`0-2,5` → {0, 1, 2, 5}"""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def write(indexes: Iterable[int]) -> str:
    """{0, 1, 2, 5} → `0-2,5`; two neighbours stand apart: `0,1`."""
    return ",".join(_written(indexes))


def _written(indexes: Iterable[int]) -> Iterator[str]:
    ordered = sorted(indexes)
    start = 0
    for position, index in enumerate(ordered):
        if position + 1 == len(ordered) or ordered[position + 1] != index + 1:
            run = ordered[start : position + 1]
            yield f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run))
            start = position + 1


def with_index(job: Object, template: Object, index: int, failures: int | None) -> Object:
    """The template of the Pod with that index. `failures`: of its index so far, where each has its own limit."""
    made = copied(template)
    metadata, spec = made["metadata"], made["spec"]
    metadata["annotations"] = {**(metadata.get("annotations") or {}), INDEX: str(index)}
    if failures is not None:
        metadata["annotations"][FAILURES] = str(failures)
    metadata["labels"] = {**(metadata.get("labels") or {}), INDEX: str(index)}
    spec["hostname"] = f"{job['metadata']['name']}-{index}"
    reference = {"fieldRef": {"fieldPath": f"metadata.labels['{INDEX}']"}}
    for container in (*(spec.get("initContainers") or ()), *spec["containers"]):
        environment = container.setdefault("env", [])
        if not any(each["name"] == VARIABLE for each in environment):
            environment.append({"name": VARIABLE, "valueFrom": copied(reference)})
    return made
