"""Jobs: until enough Pods have succeeded, or too many have failed."""

from __future__ import annotations

from typing import Any

import pytest

from pocketkube.controllers.jobs import indexes
from pocketkube.controllers.jobs.backoff import Backoff
from pocketkube.controllers.jobs.policies import judge_failure, success_rule
from tests.conftest import Kubectl
from tests.controllers.objects import conditions, create, events, get, template, wait

REACHED = ("CompletionsReached", "Reached expected number of succeeded pods")
TOO_OFTEN = ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
TOO_LONG = ("DeadlineExceeded", "Job was active longer than specified deadline")


def job(kubectl: Kubectl, namespace: str, script: str, policy: str = "Never", **spec: Any) -> None:
    create(kubectl, namespace, "Job", template=template(script, restartPolicy=policy), **spec)


def result(kubectl: Kubectl, namespace: str, condition: str) -> dict[str, Any]:
    wait(kubectl, namespace, "job/it", f"condition={condition}")
    found = get(kubectl, namespace, "job", "it")
    assert found["status"]["uncountedTerminatedPods"] == {}
    for time in ("startTime", "completionTime"):
        found["status"].pop(time, None)
    return found


@pytest.mark.parametrize(
    ("spec", "status"),
    [
        pytest.param({}, {"succeeded": 1}, id="one"),
        pytest.param({"completions": 3, "parallelism": 2}, {"succeeded": 3}, id="three"),
        pytest.param({"parallelism": 2}, {"succeeded": 2}, id="work-queue"),
        pytest.param({"completions": 0}, {}, id="none"),
        pytest.param(
            {"completions": 3, "parallelism": 3, "completionMode": "Indexed"},
            {"succeeded": 3, "completedIndexes": "0-2"},
            id="indexed",
        ),
    ],
)
def test_a_job_that_succeeds(kubectl: Kubectl, namespace: str, spec: dict[str, Any], status: dict[str, Any]) -> None:
    job(kubectl, namespace, "echo done", **spec)
    found = result(kubectl, namespace, "Complete")
    assert conditions(found) == [("SuccessCriteriaMet", "True", *REACHED), ("Complete", "True", *REACHED)]
    del found["status"]["conditions"]
    assert found["status"] == {"ready": 0, "terminating": 0, "uncountedTerminatedPods": {}, **status}
    told = events(kubectl, namespace)
    assert ("Normal", "Completed", "Job completed") in told
    pods = get(kubectl, namespace, "pods")["items"]
    assert all("finalizers" not in each["metadata"] for each in pods)
    assert {m for _, r, m in told if r == "SuccessfulCreate"} == {f"Created pod: {p['metadata']['name']}" for p in pods}


@pytest.mark.parametrize(
    ("script", "spec", "why", "failed"),
    [
        pytest.param("exit 1", {"backoffLimit": 0}, TOO_OFTEN, 1, id="back-off-limit"),
        pytest.param("exit 1", {"backoffLimit": 1, "completions": 2, "parallelism": 2}, TOO_OFTEN, 2, id="together"),
        pytest.param("exit 1", {"backoffLimit": 1, "policy": "OnFailure"}, TOO_OFTEN, 1, id="restarts-count"),
        pytest.param("sleep 60; :", {"activeDeadlineSeconds": 1}, TOO_LONG, 1, id="deadline"),
    ],
)
def test_a_job_that_fails(
    kubectl: Kubectl, namespace: str, script: str, spec: dict[str, Any], why: tuple[str, str], failed: int
) -> None:
    job(kubectl, namespace, script, **spec)
    found = result(kubectl, namespace, "Failed")
    assert conditions(found) == [("FailureTarget", "True", *why), ("Failed", "True", *why)]
    assert found["status"]["failed"] == failed
    assert ("Warning", *why) in events(kubectl, namespace)
    row = kubectl("get", "job", "it", "--no-headers", namespace=namespace).stdout.split()
    assert row[1:3] == ["Failed", f"0/{spec.get('completions', 1)}"]


def test_each_pod_of_an_indexed_job_knows_its_index(kubectl: Kubectl, namespace: str) -> None:
    job(kubectl, namespace, "echo $JOB_COMPLETION_INDEX $(hostname)", completions=2, completionMode="Indexed")
    wait(kubectl, namespace, "job/it", "condition=Complete")
    for index in range(2):
        label = f"batch.kubernetes.io/job-completion-index={index}"
        (pod,) = get(kubectl, namespace, "pods", "-l", label)["items"]
        assert pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"] == str(index)
        assert pod["metadata"]["name"].startswith(f"it-{index}-")
        assert kubectl("logs", "-l", label, namespace=namespace).stdout == f"{index} it-{index}\n"


def test_indexes_fail_by_themselves(kubectl: Kubectl, namespace: str) -> None:
    spec = {"completions": 3, "parallelism": 3, "completionMode": "Indexed", "backoffLimitPerIndex": 0}
    job(kubectl, namespace, "test $JOB_COMPLETION_INDEX != 1", **spec)
    found = result(kubectl, namespace, "Failed")
    assert found["status"]["completedIndexes"] == "0,2"
    assert found["status"]["failedIndexes"] == "1"
    assert conditions(found)[1] == ("Failed", "True", "FailedIndexes", "Job has failed indexes")


def test_enough_indexes_are_a_success(kubectl: Kubectl, namespace: str) -> None:
    spec = {"completions": 3, "parallelism": 3, "completionMode": "Indexed"}
    script = "test $JOB_COMPLETION_INDEX = 0 || sleep 60; :"
    job(kubectl, namespace, script, successPolicy={"rules": [{"succeededIndexes": "0"}]}, **spec)
    found = result(kubectl, namespace, "Complete")
    assert conditions(found) == [
        ("SuccessCriteriaMet", "True", "SuccessPolicy", "Matched rules at index 0"),
        ("Complete", "True", "SuccessPolicy", "Matched rules at index 0"),
    ]


def test_a_failure_that_ends_the_job(kubectl: Kubectl, namespace: str) -> None:
    rule = {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [42]}}
    job(kubectl, namespace, "exit 42", podFailurePolicy={"rules": [rule]})
    found = result(kubectl, namespace, "Failed")
    (pod,) = get(kubectl, namespace, "pods")["items"]
    full = f"{namespace}/{pod['metadata']['name']}"
    why = f"Container c for pod {full} failed with exit code 42 matching FailJob rule at index 0"
    assert conditions(found)[1] == ("Failed", "True", "PodFailurePolicy", why)


def test_a_suspended_job_has_no_pods(kubectl: Kubectl, namespace: str) -> None:
    job(kubectl, namespace, "sleep 60; :", suspend=True)
    wait(kubectl, namespace, "job/it", "condition=Suspended")
    assert get(kubectl, namespace, "pods")["items"] == []
    assert "startTime" not in get(kubectl, namespace, "job", "it")["status"]
    kubectl("patch", "job/it", "-p", '{"spec":{"suspend":false}}', namespace=namespace)
    wait(kubectl, namespace, "job/it", "jsonpath={.status.ready}=1")
    kubectl("patch", "job/it", "-p", '{"spec":{"suspend":true}}', namespace=namespace)
    wait(kubectl, namespace, "job/it", "condition=Suspended")
    kubectl("wait", "--for=delete", "pods", "--all", "--timeout=60s", namespace=namespace)
    assert "failed" not in get(kubectl, namespace, "job", "it")["status"]
    told = events(kubectl, namespace)
    assert ("Normal", "Suspended", "Job suspended") in told
    assert ("Normal", "Resumed", "Job resumed") in told


def test_a_finished_job_goes_when_its_time_has_come(kubectl: Kubectl, namespace: str) -> None:
    job(kubectl, namespace, "echo done", ttlSecondsAfterFinished=1)
    wait(kubectl, namespace, "job/it", "delete")
    kubectl("wait", "--for=delete", "pods", "--all", "--timeout=60s", namespace=namespace)


def test_a_job_that_is_deleted_takes_its_pods_along(kubectl: Kubectl, namespace: str) -> None:
    job(kubectl, namespace, "sleep 60; :")
    wait(kubectl, namespace, "job/it", "jsonpath={.status.ready}=1")
    kubectl("delete", "job", "it", "--timeout=60s", namespace=namespace)
    kubectl("wait", "--for=delete", "pods", "--all", "--timeout=60s", namespace=namespace)


def test_a_job_may_be_scaled(kubectl: Kubectl, namespace: str) -> None:
    job(kubectl, namespace, "sleep 60; :", completions=5)
    wait(kubectl, namespace, "job/it", "jsonpath={.status.ready}=1")
    kubectl("patch", "job/it", "-p", '{"spec":{"parallelism":3}}', namespace=namespace)
    wait(kubectl, namespace, "job/it", "jsonpath={.status.ready}=3")
    kubectl("patch", "job/it", "-p", '{"spec":{"parallelism":1}}', namespace=namespace)
    wait(kubectl, namespace, "job/it", "jsonpath={.status.active}=1")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"policy": "Always"}, 'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'),
        ({"backoffLimit": -1}, "spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0"),
        ({"parallelism": -1}, "spec.parallelism: Invalid value: -1: must be greater than or equal to 0"),
        (
            {"completionMode": "Sorted"},
            'spec.completionMode: Unsupported value: "Sorted": supported values: "NonIndexed", "Indexed"',
        ),
        (
            {"completionMode": "Indexed", "parallelism": 1},
            "spec.completions: Required value: when completion mode is Indexed",
        ),
        ({"backoffLimitPerIndex": 1}, "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"),
    ],
)
def test_a_job_that_is_refused(kubectl: Kubectl, namespace: str, spec: dict[str, Any], message: str) -> None:
    with pytest.raises(AssertionError) as refused:
        job(kubectl, namespace, "true", **spec)
    assert f'The Job "it" is invalid: {message}\n' in str(refused.value)


def test_the_template_of_a_job_stays(kubectl: Kubectl, namespace: str) -> None:
    job(kubectl, namespace, "sleep 60; :")
    done = kubectl("set", "image", "job/it", "c=busybox:1.37", namespace=namespace, fails=True)
    assert "spec.template: Invalid value: " in done.stderr
    assert "field is immutable" in done.stderr


@pytest.mark.parametrize(
    ("numbers", "text"), [([], ""), ([0], "0"), ([0, 1], "0,1"), ([0, 1, 2, 5], "0-2,5"), ([3, 9, 10, 11], "3,9-11")]
)
def test_how_indexes_are_written(numbers: list[int], text: str) -> None:
    assert indexes.write(numbers) == text
    assert indexes.parse(text) == set(numbers)


def ended(code: int, at: str = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    state = {"name": "c", "state": {"terminated": {"exitCode": code, "finishedAt": at}}}
    metadata = {"name": "p", "namespace": "n", "creationTimestamp": at}
    return {"metadata": metadata, "status": {"containerStatuses": [state]}}


@pytest.mark.parametrize(
    ("operator", "values", "code", "action"),
    [
        ("In", [1, 2], 1, "Ignore"),
        ("In", [1, 2], 3, "Count"),
        ("NotIn", [1], 3, "Ignore"),
        ("NotIn", [1], 1, "Count"),
        ("NotIn", [1], 0, "Count"),
    ],
)
def test_which_failures_a_rule_is_about(operator: str, values: list[int], code: int, action: str) -> None:
    rule = {"action": "Ignore", "onExitCodes": {"operator": operator, "values": values}}
    assert judge_failure({"spec": {"podFailurePolicy": {"rules": [rule]}}}, ended(code)).action == action


@pytest.mark.parametrize(
    ("rule", "succeeded", "met"),
    [
        ({"succeededIndexes": "0,2"}, {0, 2}, True),
        ({"succeededIndexes": "0,2"}, {0, 1}, False),
        ({"succeededIndexes": "0-4", "succeededCount": 2}, {1, 3}, True),
        ({"succeededCount": 2}, {7}, False),
        ({"succeededCount": 2}, {7, 9}, True),
    ],
)
def test_when_a_success_policy_is_met(rule: dict[str, Any], succeeded: set[int], met: bool) -> None:
    assert bool(success_rule({"spec": {"successPolicy": {"rules": [rule]}}}, succeeded)) == met


def test_the_back_off_of_a_job_counts_failures_since_the_last_success() -> None:
    backoff = Backoff()
    backoff.count([], [ended(1, "2026-01-01T00:00:01Z"), ended(1, "2026-01-01T00:00:02Z")])
    assert backoff.failures == 2
    backoff.count([ended(0, "2026-01-01T00:00:03Z")], [ended(1, "2026-01-01T00:00:04Z")])
    assert (backoff.failures, backoff.last) == (1, "2026-01-01T00:00:04Z")
    backoff.count([ended(0, "2026-01-01T00:00:05Z")], [])
    assert (backoff.failures, backoff.remaining()) == (0, 0)


def test_a_job_of_another_controller_is_left_alone(kubectl: Kubectl, namespace: str) -> None:
    fields = {"template": template("true", restartPolicy="Never")}
    create(kubectl, namespace, "Job", "theirs", managedBy="example.com/controller", **fields)
    create(kubectl, namespace, "Job", "ours", **fields)
    wait(kubectl, namespace, "job/ours", "condition=Complete")
    assert get(kubectl, namespace, "job", "theirs")["status"] == {}
