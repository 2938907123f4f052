"""Is a mutant that is listed as equivalent really so? Seen by clients in the cluster, and not by the lab's checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graders.admit import allow
from graders.clusters import RunningCluster
from graders.course.defect import Defect
from graders.course.lab_yaml import at_key, key_lines
from graders.course.mutants import Mutant
from graders.course.mutants.fields import mapping
from graders.course.seen import Seen, seen_by_clients
from graders.course.trials import trial_of
from graders.lab import Lab
from graders.observe import is_under_way
from graders.patience import eventually, wait_until
from graders.run import Run
from graders.submission import Document, SourceFile, objects
from graders.verdict import Wrong, expect

SETTLED_SECONDS = 60.0


def defects(lab: Lab, listed: Sequence[Mutant], cluster: RunningCluster) -> Iterator[Defect]:
    """Of those mutants whose Services behave otherwise than the solution's. `cluster`: connected.

    GraderError when it cannot be found out.
    """
    solution = _read(lab, trial_of("", lab.directory / "solution").files)
    expected: Seen = {}
    for mutant in listed:
        expected = expected or _of_solution(lab, solution, cluster)
        difference = _difference(lab, solution, _read(lab, mutant.files), expected, cluster)
        if difference:
            what = f"the mutant `{mutant.name}` is not equivalent: {difference}. Take it out, and sharpen the checks."
            yield at_key(lab, key_lines(lab), what, "equivalent", mutant.name)


def _read(lab: Lab, files: dict[str, bytes]) -> list[Document]:
    documents = objects([SourceFile(name, content) for name, content in files.items()])
    allow(lab, documents)
    return documents


def _of_solution(lab: Lab, solution: list[Document], cluster: RunningCluster) -> Seen:
    """When its Pods are there, and it is the same twice."""
    run = Run(lab, solution)
    last: Seen = {}

    def is_settled() -> bool:
        nonlocal last
        before, last = last, seen_by_clients(run, solution)
        return before == last and _has_its_pods(run)

    try:
        run.begin(cluster)
        wait_until(is_settled, f"what the solution of {lab.name} does stays the same", SETTLED_SECONDS)
        return last
    finally:
        run.end()


def _difference(
    lab: Lab, solution: list[Document], documents: list[Document], expected: Seen, cluster: RunningCluster
) -> str:
    """A clause; "" where there is none."""
    run = Run(lab, documents)

    def is_the_same() -> None:
        now = seen_by_clients(run, solution)
        for question, answer in expected.items():
            seen = now.get(question, "not asked, since the name leads out of the cluster")
            expect(seen == answer, seen=f"{question}: {seen}", expected=answer)

    try:
        run.begin(cluster)
        eventually(is_the_same, lambda: False, lambda: any(map(is_under_way, run.observer.pods())))
    except Wrong as wrong:
        return f"{wrong.seen}, with the solution: {wrong.expected}"
    finally:
        run.end()
    return ""


def _has_its_pods(run: Run) -> bool:
    """Of each workload of the submission as many are ready as it asks for."""
    for document in run.documents:
        spec = mapping(document.content, "spec")
        labels = mapping(spec, "template", "metadata", "labels")
        if "template" in spec and len(run.observer.ready_pods(labels).by_name) < spec.get("replicas", 1):
            return False
    return True
