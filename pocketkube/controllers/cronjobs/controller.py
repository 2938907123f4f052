"""CronJobs: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from pocketkube import cron_schedule
from pocketkube.controllers.cronjobs.due import MANY, passed, schedule_of, seconds_to_next
from pocketkube.controllers.jobs import conditions
from pocketkube.controllers.reconcile import Key, controller_of, follow, is_terminating, key_of, owned_by, reference_to
from pocketkube.errors import ApiError
from pocketkube.events import EventRecorder
from pocketkube.json_copy import copied
from pocketkube.registry import Registry
from pocketkube.resources import CRONJOBS, JOBS
from pocketkube.store import Event, Object

SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
TOO_MANY = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"
STILL_RUNNING = "Not starting job because prior execution is running and concurrency policy is Forbid"


class CronJobController:
    """`clock` tells the time."""

    def __init__(self, registry: Registry, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._registry = registry
        self._store = registry.store
        self._recorder = EventRecorder(registry, "cronjob-controller")
        self._clock = clock
        self._rescheduled: set[Key] = set()

    async def run(self) -> None:
        await follow(self._store, (CRONJOBS, JOBS), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is JOBS:
            owner = controller_of(event.object)
            is_cron_job = owner is not None and owner["kind"] == "CronJob"
            return [(event.object["metadata"]["namespace"], owner["name"])] if owner and is_cron_job else []
        key = key_of(event.object)
        if event.previous and _when(event.previous) != _when(event.object):
            self._rescheduled.add(key)
        return [key]

    def reconcile(self, key: Key) -> float | None:
        rescheduled = key in self._rescheduled
        self._rescheduled.discard(key)
        cron_job = self._store.find(CRONJOBS, *key)
        if cron_job is None:
            return None
        now = self._clock()
        if rescheduled:  # a time of the new schedule that has passed was none when it passed
            delay = seconds_to_next(cron_job, schedule_of(cron_job), now)
            if delay is not None:
                return delay
        jobs = [job for job in self._store.list(JOBS, key[0]) if owned_by(job, cron_job)]
        sync = _Sync(self._registry, self._recorder, cron_job, jobs, now)
        try:
            return sync()
        finally:
            sync.report()


class _Sync:
    """One look at a CronJob and its Jobs: what is over is noted and cleared up, what is due is started."""

    def __init__(
        self, registry: Registry, recorder: EventRecorder, cron_job: Object, jobs: list[Object], now: datetime
    ) -> None:
        self._registry = registry
        self._recorder = recorder
        self._cron_job = cron_job
        self._spec = cron_job["spec"]
        self._status: Object = copied(cron_job.get("status") or {})
        self._jobs = jobs
        self._now = now

    def __call__(self) -> float | None:
        self._clear_up("Complete", self._spec["successfulJobsHistoryLimit"])
        self._clear_up("Failed", self._spec["failedJobsHistoryLimit"])
        self._note_what_ended()
        if "deletionTimestamp" in self._cron_job["metadata"] or self._spec.get("suspend"):
            return None
        schedule = schedule_of(self._cron_job)
        try:
            found = passed(self._cron_job, schedule, self._now, within_deadline=True)
        except ValueError as error:
            self._tell("Warning", "InvalidSchedule", f"invalid schedule: {self._spec['schedule']} : {error}")
            return None
        if found.latest:
            if found.count > MANY:
                self._tell("Warning", "TooManyMissedTimes", TOO_MANY)
            self._start(found.latest)
        return seconds_to_next({**self._cron_job, "status": self._status}, schedule, self._now)

    def report(self) -> None:
        status = {field: value for field, value in self._status.items() if value}
        self._registry.update(CRONJOBS, {**self._cron_job, "status": status}, subresource="status")

    def _start(self, scheduled: datetime) -> None:
        """Make the Job of a scheduled time, unless something is against it."""
        limit = self._spec.get("startingDeadlineSeconds")
        if limit is not None and scheduled + timedelta(seconds=limit) < self._now:
            when = format_datetime(scheduled.astimezone(UTC))
            self._tell("Warning", "MissSchedule", f"Missed scheduled time to start a job: {when}")
            return
        name = f"{self._cron_job['metadata']['name']}-{int(scheduled.timestamp()) // 60}"
        started = any(each["name"] == name for each in self._active)
        if started or self._status.get("lastScheduleTime") == _written(scheduled):
            return
        if self._spec["concurrencyPolicy"] == "Forbid" and self._active:
            self._tell("Normal", "JobAlreadyActive", STILL_RUNNING)
            return
        if self._spec["concurrencyPolicy"] == "Replace":
            for running in list(self._active):
                self._delete(running["name"], running["uid"])
        job = self._create(name, scheduled)
        if job:
            self._status["active"] = [*self._active, _reference(job)]
            self._status["lastScheduleTime"] = _written(scheduled)

    def _create(self, name: str, scheduled: datetime) -> Object | None:
        """The Job, also when it is there already; None when it is somebody else's."""
        template, namespace = self._spec["jobTemplate"], self._cron_job["metadata"]["namespace"]
        metadata = copied({each: template["metadata"].get(each) or {} for each in ("labels", "annotations")})
        local = scheduled.astimezone(cron_schedule.time_zone(self._spec.get("timeZone") or ""))
        metadata["annotations"][SCHEDULED] = local.isoformat().replace("+00:00", "Z")
        metadata |= {"name": name, "ownerReferences": [reference_to(self._cron_job)]}
        if not metadata["labels"]:
            del metadata["labels"]
        existing = self._registry.store.find(JOBS, namespace, name)
        if existing:
            return existing if owned_by(existing, self._cron_job) else None
        try:
            made = self._registry.create(JOBS, {"metadata": metadata, "spec": template["spec"]}, namespace)
        except ApiError as error:
            if not is_terminating(error):
                self._tell("Warning", "FailedCreate", f"Error creating job: {error}")
            raise
        self._tell("Normal", "SuccessfulCreate", f"Created job {name}")
        return made

    def _note_what_ended(self) -> None:
        active = {each["uid"] for each in self._active}
        for job in self._jobs:
            uid, name, status = job["metadata"]["uid"], job["metadata"]["name"], job.get("status", {})
            if not conditions.is_finished(status):
                if uid not in active:
                    what = f"Saw a job that the controller did not create or forgot: {name}"
                    self._tell("Warning", "UnexpectedJob", what)
                continue
            if uid in active:
                self._forget(uid)
                self._tell("Normal", "SawCompletedJob", f"Saw completed job: {name}, condition: {_condition(status)}")
            if conditions.find(status, conditions.COMPLETE):
                latest = max(status.get("completionTime", ""), self._status.get("lastSuccessfulTime", ""))
                self._status["lastSuccessfulTime"] = latest
        known = {job["metadata"]["uid"] for job in self._jobs}
        for missing in [each for each in self._active if each["uid"] not in known]:
            self._tell("Normal", "MissingJob", f"Active job went missing: {missing['name']}")
            self._forget(missing["uid"])

    def _clear_up(self, condition: str, limit: int) -> None:
        """Delete the oldest of the Jobs that ended so, until `limit` are left."""
        ended = [job for job in self._jobs if conditions.find(job.get("status", {}), condition)]
        ended.sort(key=lambda job: (job["status"].get("startTime") or "~", job["metadata"]["name"]))
        for job in ended[: max(len(ended) - limit, 0)]:
            self._delete(job["metadata"]["name"], job["metadata"]["uid"])

    def _delete(self, name: str, uid: str) -> None:
        options = {"propagationPolicy": "Background"}
        try:
            self._registry.delete(JOBS, self._cron_job["metadata"]["namespace"], name, options)
        except ApiError as error:
            self._tell("Warning", "FailedDelete", f"Deleted job: {error}")
            raise
        self._forget(uid)
        self._tell("Normal", "SuccessfulDelete", f"Deleted job {name}")

    def _forget(self, uid: str) -> None:
        self._status["active"] = [each for each in self._active if each["uid"] != uid]

    @property
    def _active(self) -> list[Object]:
        return self._status.get("active") or []

    def _tell(self, kind: str, reason: str, message: str) -> None:
        self._recorder.event(self._cron_job, kind, reason, message)


def _when(cron_job: Object) -> tuple[str, str | None]:
    return cron_job["spec"]["schedule"], cron_job["spec"].get("timeZone")


def _written(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _condition(status: Object) -> str:
    return next(kind for kind in conditions.FINAL.values() if conditions.find(status, kind))


def _reference(job: Object) -> Object:
    metadata = job["metadata"]
    named = {name: metadata[name] for name in ("namespace", "name", "uid", "resourceVersion")}
    return {"kind": job["kind"], "apiVersion": job["apiVersion"], **named}
