"""What two clusters say to the same submission, side by side."""

from __future__ import annotations

import pytest

from graders.course.compare import compared
from graders.result import Key, LabOfResult, Result, Status, Student
from graders.verdict import CheckResult, Diagnosis, Outcome, Score
from pocketkube.cluster import CONTEXT, Cluster
from tests.checkout import Course
from tests.small_lab import SERVICE

NODES = ("pocket-worker", "kind-worker2")
LOOKUP = """\
$ nslookup web.lab-small-0123456789ab.svc.cluster.local.
Server:\t\t10.96.0.10

Name:\tweb.lab-small-0123456789ab.svc.cluster.local
Address: 10.244.1.3
Name:\tweb.lab-small-0123456789ab.svc.cluster.local
Address: 10.244.2.2
(exit 0)"""
PAGE = """\
$ curl http://web
<h1>pocket-worker:nginx-546c7dd8cf-t5kws - Mon Dec 29 04:47:53 UTC 2025</h1>
(exit 0)"""


def result(outcome: Outcome = Outcome.PASSED, code: str = "", seen: str = "", transcript: str = LOOKUP) -> Result:
    diagnosis = Diagnosis(code, "cause", "remedy") if code else None
    check = CheckResult("dns", "It resolves", 1, outcome, seen, diagnosis=diagnosis, transcript=transcript)
    return Result(
        student=Student(id="0000", name="x"),
        lab=LabOfResult(name="small", title="Small", points=1),
        key=Key(submission="", contents="", lab="", grader="", cluster=""),
        status=Status.GRADED,
        score=Score(int(outcome is Outcome.PASSED), 1),
        checks=(check,),
        began="2026-01-01T00:00:00Z",
        seconds=1.0,
    )


ELSEWHERE = LOOKUP.replace("0123456789ab", "ba9876543210").replace("10.244.1.3", "10.0.7.9")
OTHER_PAGE = PAGE.replace("pocket-worker", "kind-worker2").replace("546c7dd8cf-t5kws", "6d4cf56db6-2xkzv")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (result(), result(), []),
        (result(), result(transcript=ELSEWHERE), []),
        (result(transcript=PAGE), result(transcript=OTHER_PAGE), []),
        (result(), result(transcript=LOOKUP.replace("Address: 10.244.2.2\n", "")), []),  # as often as there are Pods
        (
            result(),
            result(Outcome.FAILED, "no-service"),
            ["the solution: dns: passed -> failed (no-service)", "the solution: score: 1/1 -> 0/1"],
        ),
        (
            result(Outcome.FAILED, "port", "it answers 200"),
            result(Outcome.FAILED, "port", "it answers 404"),
            [
                "the solution: dns: seen: it answers 200 -> nothing like it",
                "the solution: dns: nothing like it -> seen: it answers 404",
            ],
        ),
        (
            result(transcript="$ curl http://web\n(exit 7)"),
            result(transcript="$ curl http://web\n(exit 28)"),
            [
                "the solution: dns: `curl http://web` ends with 7:  -> nothing like it",
                "the solution: dns: nothing like it -> `curl http://web` ends with 28: ",
            ],
        ),
    ],
)
def test_what_differs(one: Result, other: Result, expected: list[str]) -> None:
    assert list(compared({"the solution": one}, {"the solution": other}, NODES)) == expected


def test_the_embedded_cluster_and_an_existing_one(small: Course, cluster: Cluster) -> None:
    lab = small.path / "labs" / "small"
    for part in ("solution", "starter"):
        (lab / part).mkdir(exist_ok=True)
        (lab / part / "web.yaml").write_text(SERVICE)
    done = small.labs("check", "small", "--compare", "pocket", f"{cluster.kubeconfig}@{CONTEXT}")
    assert done.stdout.startswith("no differences between pocket and "), done.stdout + done.stderr
    assert done.returncode == 0


def test_compare_wants_clusters(small: Course) -> None:
    done = small.labs("check", "small", "--compare", "pocket", "minikube")
    assert done.returncode == 2
    assert "not 'minikube'" in done.stderr
