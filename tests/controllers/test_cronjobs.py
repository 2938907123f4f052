"""CronJobs: which Jobs they make, and when. The time is given; a test waits only for one that runs each second."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from pocketkube.controllers.cronjobs import CronJobController
from pocketkube.controllers.cronjobs.due import Passed, passed, schedule_of, seconds_to_next
from pocketkube.registry import Registry
from pocketkube.resources import CRONJOBS, EVENTS, JOBS, NAMESPACES
from pocketkube.store import Event, Store
from tests.conftest import Kubectl
from tests.controllers.objects import create, events, get, template

EVERY_MINUTE = "* * * * *"
KEY = ("default", "it")
COMPLETE = {"type": "Complete", "status": "True", "reason": "", "message": ""}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-01-01T{text}Z")


def cron_job(schedule: str, last: str = "", **spec: Any) -> dict[str, Any]:
    status = {"lastScheduleTime": f"2026-01-01T{last}Z"} if last else {}
    return {
        "metadata": {"creationTimestamp": "2026-01-01T10:00:30Z"},
        "spec": {"schedule": schedule, **spec},
        "status": status,
    }


@pytest.mark.parametrize(
    ("it", "now", "latest", "count"),
    [
        pytest.param(cron_job("0 * * * *"), "10:59:59", None, 0, id="not-yet"),
        pytest.param(cron_job("0 * * * *"), "11:00:00", "11:00:00", 0, id="due"),
        pytest.param(cron_job("0 * * * *", last="11:00:00"), "11:59:00", None, 0, id="done"),
        pytest.param(cron_job("0 * * * *"), "14:10:00", "14:00:00", 4, id="some-passed"),
        pytest.param(cron_job(EVERY_MINUTE), "13:00:01", "13:00:00", 180, id="many-passed"),
        pytest.param(cron_job("@every 7m", last="10:07:30"), "10:30:00", "10:28:30", 3, id="every"),
        pytest.param(cron_job("0 * * * *", startingDeadlineSeconds=60), "14:10:00", None, 0, id="deadline-passed"),
        pytest.param(cron_job("0 * * * *", startingDeadlineSeconds=660), "14:10:00", "14:00:00", 0, id="in-time"),
    ],
)
def test_due(it: dict[str, Any], now: str, latest: str | None, count: int) -> None:
    found = passed(it, schedule_of(it), at(now), within_deadline=True)
    assert (found.latest, found.count) == (at(latest) if latest else None, count)


def test_never_due() -> None:
    it = cron_job("0 0 31 2 *")
    with pytest.raises(ValueError, match="time difference between two schedules is less than 1 second"):
        passed(it, schedule_of(it), at("10:00:00"), within_deadline=True)
    assert seconds_to_next(it, schedule_of(it), at("10:00:00")) is None


def test_looked_at_again_a_little_later_than_scheduled() -> None:
    it = cron_job("0 * * * *", timeZone="Asia/Kathmandu")
    assert passed(it, schedule_of(it), at("10:10:00"), within_deadline=True) == Passed(at("10:00:30"), None, 0)
    assert seconds_to_next(it, schedule_of(it), at("10:10:00")) == pytest.approx(300.1)  # UTC+05:45


class Clock:
    """A CronJob `it` in a namespace, its controller, and the time that the test gives it."""

    def __init__(self, schedule: str = EVERY_MINUTE, **spec: Any) -> None:
        self.registry = Registry(Store())
        self.registry.create(NAMESPACES, {"metadata": {"name": "default"}})
        pods = template(restartPolicy="Never")
        job = {"metadata": {"labels": {"made": "by-cron"}}, "spec": {"template": pods}}
        obj = {"metadata": {"name": "it"}, "spec": {"schedule": schedule, "jobTemplate": job, **spec}}
        made = self.registry.create(CRONJOBS, obj, "default")
        created = datetime.fromisoformat(made["metadata"]["creationTimestamp"])
        self.start = created.replace(second=0) + timedelta(minutes=1)
        self.now = created
        self.controller = CronJobController(self.registry, lambda: self.now)

    def minute(self, number: float) -> float | None:
        """Look at it that many minutes after the first scheduled time."""
        self.now = self.start + timedelta(minutes=number, seconds=0.1)
        return self.controller.reconcile(KEY)

    def name(self, minute: int) -> str:
        return f"it-{int(self.start.timestamp()) // 60 + minute}"

    def jobs(self) -> list[str]:
        return [job["metadata"]["name"] for job in self.registry.store.list(JOBS, "default")]

    def end(self, name: str, condition: str = "Complete") -> None:
        now = f"{self.now:%Y-%m-%dT%H:%M:%SZ}"
        status = {"startTime": now, "completionTime": now, "conditions": [{**COMPLETE, "type": condition}]}
        job = self.registry.store.get(JOBS, "default", name)
        self.registry.update(JOBS, {**job, "status": status}, subresource="status")

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.registry.store.get(CRONJOBS, *KEY)["status"]
        return found

    def active(self) -> list[str]:
        return [each["name"] for each in self.status().get("active", ())]

    def told(self) -> list[tuple[str, str]]:
        return [(each["reason"], each["message"]) for each in self.registry.store.list(EVENTS, "default")]


def test_a_job_is_made_when_its_time_has_come() -> None:
    clock = Clock()
    assert clock.minute(-0.5) == pytest.approx(30.0)
    assert clock.jobs() == []
    assert clock.minute(0) == pytest.approx(60.0)
    (name,) = clock.jobs()
    assert name == clock.name(0)
    job = clock.registry.store.get(JOBS, "default", name)
    written = f"{clock.start:%Y-%m-%dT%H:%M:%SZ}"
    assert job["metadata"]["labels"] == {"made": "by-cron"}
    assert job["metadata"]["annotations"] == {"batch.kubernetes.io/cronjob-scheduled-timestamp": written}
    (owner,) = job["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["controller"]) == ("CronJob", "it", True)
    (active,) = clock.status()["active"]
    assert active == {
        "kind": "Job",
        "apiVersion": "batch/v1",
        "namespace": "default",
        "name": name,
        "uid": job["metadata"]["uid"],
        "resourceVersion": job["metadata"]["resourceVersion"],
    }
    assert clock.status()["lastScheduleTime"] == written
    assert clock.told() == [("SuccessfulCreate", f"Created job {name}")]


def test_the_time_is_written_in_the_time_zone() -> None:
    clock = Clock(timeZone="Asia/Kolkata")
    clock.minute(0)
    annotations = clock.registry.store.list(JOBS, "default")[0]["metadata"]["annotations"]
    assert annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"].endswith("+05:30")


def test_what_ended_is_noted() -> None:
    clock = Clock()
    clock.minute(0)
    clock.end(clock.name(0))
    clock.minute(0.1)
    assert clock.active() == []
    assert clock.status()["lastSuccessfulTime"] == f"{clock.start:%Y-%m-%dT%H:%M:%SZ}"
    assert clock.told()[1:] == [("SawCompletedJob", f"Saw completed job: {clock.name(0)}, condition: Complete")]


@pytest.mark.parametrize(
    ("policy", "jobs", "active", "told"),
    [
        pytest.param("Allow", [0, 1], [0, 1], [], id="allow"),
        pytest.param(
            "Forbid",
            [0],
            [0],
            [
                (
                    "JobAlreadyActive",
                    "Not starting job because prior execution is running and concurrency policy is Forbid",
                )
            ],
            id="forbid",
        ),
        pytest.param("Replace", [1], [1], [("SuccessfulDelete", "Deleted job {}")], id="replace"),
    ],
)
def test_a_job_that_still_runs(policy: str, jobs: list[int], active: list[int], told: list[tuple[str, str]]) -> None:
    clock = Clock(concurrencyPolicy=policy)
    clock.minute(0)
    clock.minute(1)
    assert clock.jobs() == [clock.name(each) for each in jobs]
    assert clock.active() == [clock.name(each) for each in active]
    others = [each for each in clock.told() if each[0] != "SuccessfulCreate"]
    assert others == [(reason, message.format(clock.name(0))) for reason, message in told]


def test_as_many_finished_jobs_are_kept_as_are_asked_for() -> None:
    clock = Clock(successfulJobsHistoryLimit=2, failedJobsHistoryLimit=0)
    for minute in range(4):
        clock.minute(minute)
        clock.end(clock.name(minute), "Failed" if minute == 1 else "Complete")
    clock.minute(3.5)
    assert clock.jobs() == [clock.name(2), clock.name(3)]
    deleted = [message for reason, message in clock.told() if reason == "SuccessfulDelete"]
    assert deleted == [f"Deleted job {clock.name(1)}", f"Deleted job {clock.name(0)}"]


def test_a_success_is_noted_where_no_job_is_kept() -> None:
    clock = Clock(successfulJobsHistoryLimit=0)
    clock.minute(0)
    clock.end(clock.name(0))
    clock.minute(0.1)
    assert (clock.jobs(), clock.active()) == ([], [])
    assert clock.status()["lastSuccessfulTime"] == f"{clock.start:%Y-%m-%dT%H:%M:%SZ}"


def test_of_several_times_that_passed_the_latest_is_carried_out() -> None:
    clock = Clock()
    clock.minute(120)
    assert clock.jobs() == [clock.name(120)]
    assert clock.told()[0] == (
        "TooManyMissedTimes",
        "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
    )


def test_suspended() -> None:
    clock = Clock(suspend=True)
    assert clock.minute(5) is None
    assert clock.jobs() == []
    resumed = clock.registry.store.get(CRONJOBS, *KEY)
    clock.registry.update(CRONJOBS, {**resumed, "spec": {**resumed["spec"], "suspend": False}})
    clock.minute(5.5)
    assert clock.jobs() == [clock.name(5)]


def test_another_schedule_counts_from_now_on() -> None:
    clock = Clock("0 0 1 1 *")
    old = clock.registry.store.get(CRONJOBS, *KEY)
    new = clock.registry.update(CRONJOBS, {**old, "spec": {**old["spec"], "schedule": EVERY_MINUTE}})
    assert list(clock.controller._keys(Event("MODIFIED", CRONJOBS, new, old, 0))) == [KEY]
    assert clock.minute(2.5) == pytest.approx(30.0)
    assert clock.jobs() == []
    clock.minute(3)
    assert clock.jobs() == [clock.name(3)]


def test_a_schedule_that_never_comes() -> None:
    clock = Clock("59 23 31 2 *")
    assert clock.minute(0) is None
    what = "invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second"
    assert clock.told() == [("InvalidSchedule", what)]


def test_jobs_that_went_and_that_were_made_by_hand() -> None:
    clock = Clock()
    clock.minute(0)
    job = clock.registry.store.get(JOBS, "default", clock.name(0))
    by_hand = {"name": "by-hand", "ownerReferences": job["metadata"]["ownerReferences"]}
    pods = template(restartPolicy="Never")
    clock.registry.create(JOBS, {"metadata": by_hand, "spec": {"template": pods}}, "default")
    clock.registry.delete(JOBS, "default", clock.name(0))
    clock.minute(0.5)
    assert clock.active() == []
    assert clock.told()[1:] == [
        ("UnexpectedJob", "Saw a job that the controller did not create or forgot: by-hand"),
        ("MissingJob", f"Active job went missing: {clock.name(0)}"),
    ]


def test_it_runs(kubectl: Kubectl, namespace: str) -> None:
    """From its schedule to what its Pods wrote; what is made by hand of it; and all of it goes with it."""
    job = {"spec": {"template": template("echo done", restartPolicy="Never")}}
    create(kubectl, namespace, "CronJob", schedule="@every 1s", jobTemplate=job)
    kubectl("wait", "--for=jsonpath={.status.lastSuccessfulTime}", "cj/it", "--timeout=60s", namespace=namespace)
    (made,) = get(kubectl, namespace, "jobs")["items"][:1]
    assert kubectl("logs", f"job/{made['metadata']['name']}", namespace=namespace).stdout == "done\n"
    assert ("Normal", "SuccessfulCreate", f"Created job {made['metadata']['name']}") in events(kubectl, namespace)
    kubectl("patch", "cj/it", "-p", json.dumps({"spec": {"suspend": True}}), namespace=namespace)
    kubectl("create", "job", "by-hand", "--from=cronjob/it", namespace=namespace)
    by_hand = get(kubectl, namespace, "job", "by-hand")
    assert by_hand["metadata"]["annotations"] == {"cronjob.kubernetes.io/instantiate": "manual"}
    row = kubectl("get", "cronjob", "it", "--no-headers", namespace=namespace).stdout.split()
    assert row[:5] == ["it", "@every", "1s", "<none>", "True"]
    described = kubectl("describe", "cronjob", "it", namespace=namespace).stdout
    assert "Schedule:                      @every 1s\n" in described
    kubectl("delete", "cronjob", "it", namespace=namespace)
    kubectl("wait", "--for=delete", "job", "--all", "--timeout=60s", namespace=namespace)


def test_created_by_kubectl(kubectl: Kubectl, namespace: str) -> None:
    """Which sends protobuf."""
    words = ["--image=busybox:1.36", "--schedule=0 3 * * *", "--", "date"]
    kubectl("create", "cronjob", "nightly", *words, namespace=namespace)
    found = get(kubectl, namespace, "cronjob", "nightly")["spec"]
    pods = found.pop("jobTemplate")["spec"]["template"]["spec"]
    assert pods["containers"][0]["command"] == ["date"]
    assert pods["restartPolicy"] == "OnFailure"
    assert found == {
        "schedule": "0 3 * * *",
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    }
    refused = kubectl(
        "create", "cronjob", "x", "--image=x", "--schedule=61 * * * *", namespace=namespace, fails=True
    ).stderr
    assert refused.endswith('spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61\n')


def test_a_time_zone_is_known_in_the_cluster(kubectl: Kubectl, namespace: str) -> None:
    job = {"spec": {"template": template(restartPolicy="Never")}}
    create(kubectl, namespace, "CronJob", schedule="0 3 * * *", timeZone="Europe/Paris", jobTemplate=job)
    assert "Europe/Paris" in kubectl("get", "cronjobs", namespace=namespace).stdout


def test_counted_by_a_quota(kubectl: Kubectl, namespace: str) -> None:
    kubectl("create", "quota", "few", "--hard=count/cronjobs.batch=1", namespace=namespace)
    words = ["--image=busybox:1.36", "--schedule=0 3 * * *"]
    kubectl("create", "cronjob", "one", *words, namespace=namespace)
    refused = kubectl("create", "cronjob", "two", *words, namespace=namespace, fails=True).stderr
    assert "exceeded quota: few, requested: count/cronjobs.batch=1" in refused
