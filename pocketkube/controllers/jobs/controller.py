"""Jobs: https://kubernetes.io/docs/concepts/workloads/controllers/job/"""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.controllers.jobs import conditions
from pocketkube.controllers.jobs.backoff import Backoff, finished_at, remaining
from pocketkube.controllers.jobs.indexes import failures_of, index_of, parse, with_index, write
from pocketkube.controllers.jobs.policies import judge_failure, success_rule
from pocketkube.controllers.pod_control import PodControl, deletion_order
from pocketkube.controllers.reconcile import (
    Key,
    controller_of,
    follow,
    is_active,
    key_of,
    owned_by,
    seconds_since,
    soonest,
)
from pocketkube.json_copy import copied
from pocketkube.pod_readiness import is_ready
from pocketkube.registry import Registry, timestamp
from pocketkube.resources import JOBS, PODS
from pocketkube.store import Event, Object

NAME = "kubernetes.io/job-controller"  # what spec.managedBy calls this controller
FINALIZER = "batch.kubernetes.io/job-tracking"  # a Pod stays until it has been counted
Why = tuple[str, str]  # reason and message of a condition


class JobController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._pods = PodControl(registry, "job-controller")
        self._backoffs: dict[str, Backoff] = {}  # by the Job's uid

    async def run(self) -> None:
        await follow(self._store, (JOBS, PODS), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is JOBS:
            if event.type == "DELETED":
                self._backoffs.pop(event.object["metadata"]["uid"], None)
            return [key_of(event.object)]
        owner = controller_of(event.object)
        is_job = owner is not None and owner["kind"] == "Job"
        return [(event.object["metadata"]["namespace"], owner["name"])] if owner and is_job else []

    def reconcile(self, key: Key) -> float | None:
        job = self._store.find(JOBS, *key)
        pods = [pod for pod in self._store.list(PODS, key[0]) if _of_job(pod, job, key[1])]
        if job is None or "deletionTimestamp" in job["metadata"]:
            for pod in pods:
                release(self._registry, pod)
            return None
        if job["spec"].get("managedBy", NAME) != NAME:
            return None
        if conditions.is_finished(job.get("status", {})):
            self._backoffs.pop(job["metadata"]["uid"], None)
            return self._expire(job)
        backoff = self._backoffs.setdefault(job["metadata"]["uid"], Backoff())
        return _Sync(self._registry, self._pods, backoff, job, pods)()

    def _expire(self, job: Object) -> float | None:
        """https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/"""
        limit = job["spec"].get("ttlSecondsAfterFinished")
        if limit is None:
            return None
        ended = next(filter(None, (conditions.find(job["status"], kind) for kind in conditions.FINAL.values())))
        left = float(limit - seconds_since(ended["lastTransitionTime"]))
        if left > 0:
            return left
        options = {"propagationPolicy": "Foreground", "preconditions": {"uid": job["metadata"]["uid"]}}
        self._registry.delete(JOBS, *key_of(job), options)
        return None


class _Sync:
    """One look at a Job and its Pods: what has ended is counted, what is missing is created, what is over is ended."""

    def __init__(
        self, registry: Registry, control: PodControl, backoff: Backoff, job: Object, pods: list[Object]
    ) -> None:
        self._registry = registry
        self._control = control
        self._backoff = backoff
        self._job = job
        self._spec = job["spec"]
        self._status: Object = copied(job.get("status") or {})
        self._pods = pods
        self._active = [pod for pod in pods if is_active(pod)]
        self._leaving = sum(_is_terminating(pod) for pod in pods)
        self._indexed = self._spec["completionMode"] == "Indexed"
        self._succeeded_indexes: set[int] = set()
        self._failed_indexes: set[int] = set()

    def __call__(self) -> float | None:
        status, spec = self._status, self._spec
        if not status.get("startTime") and not spec["suspend"]:
            status["startTime"] = timestamp()
        fresh = [pod for pod in self._pods if FINALIZER in (pod["metadata"].get("finalizers") or ())]
        succeeded = [pod for pod in fresh if _phase(pod) == "Succeeded"]
        failed = [pod for pod in fresh if self._has_failed(pod)]
        counted = [pod for pod in failed if judge_failure(self._job, pod).action != "Ignore"]
        self._backoff.count(succeeded, failed)
        self._count_indexes()
        total_failed = status.get("failed", 0) + len(counted)
        total_succeeded = len(self._succeeded_indexes) if self._indexed else status.get("succeeded", 0) + len(succeeded)
        target = self._target(total_failed)
        delay = None
        if target is None:
            try:
                delay = self._manage(total_succeeded)
            finally:
                target = self._is_complete(total_succeeded)
                if target is None:
                    self._tell_of_suspension()
                self._finish(target, succeeded, failed, counted)
        else:
            for pod in self._active:
                self._control.delete(self._job, pod)
            self._leaving += len(self._active)
            over, self._active = self._active, []
            if target[0] == conditions.FAILURE_TARGET:
                # Whoever runs when the Job fails counts as failed.
                counted = [*counted, *(pod for pod in over if pod in fresh)]
                failed = [*failed, *(pod for pod in over if pod in fresh)]
            self._finish(target, [*succeeded, *over], failed, counted)
        return soonest(delay, self._deadline())

    def _has_failed(self, pod: Object) -> bool:
        if _phase(pod) == "Failed":
            return True
        only_failed = self._spec["podReplacementPolicy"] == "Failed"
        return not only_failed and "deletionTimestamp" in pod["metadata"] and _phase(pod) != "Succeeded"

    def _count_indexes(self) -> None:
        if not self._indexed:
            return
        ended = {index_of(pod) for pod in self._pods if _phase(pod) == "Succeeded"}
        before = parse(self._status.get("completedIndexes", ""))
        self._succeeded_indexes = {each for each in before | ended if 0 <= each < self._spec["completions"]}
        limit = self._spec.get("backoffLimitPerIndex")
        if limit is None:
            return
        self._failed_indexes = parse(self._status.get("failedIndexes") or "")
        for pod in filter(self._has_failed, self._pods):
            action = judge_failure(self._job, pod).action
            if action == "FailIndex" or (action != "Ignore" and failures_of(pod) >= limit):
                self._failed_indexes.add(index_of(pod))

    def _target(self, failed: int) -> tuple[str, Why] | None:
        """Why the Job is over, if it is: the condition that says so first, and its reason and message."""
        for kind in conditions.FINAL:
            if known := conditions.find(self._status, kind):
                return kind, (known["reason"], known["message"])
        why = self._failure(failed)
        if why:
            return conditions.FAILURE_TARGET, why
        rule = success_rule(self._job, self._succeeded_indexes) if self._succeeded_indexes else ""
        return (conditions.SUCCESS_CRITERIA_MET, ("SuccessPolicy", rule)) if rule else None

    def _failure(self, failed: int) -> Why | None:
        for pod in filter(self._has_failed, self._pods):
            verdict = judge_failure(self._job, pod)
            if verdict.action == "FailJob":
                return "PodFailurePolicy", verdict.message
        if failed > self._spec["backoffLimit"] or self._restarted_too_often():
            return "BackoffLimitExceeded", "Job has reached the specified backoff limit"
        left = self._deadline()
        if left is not None and left <= 0:
            return "DeadlineExceeded", "Job was active longer than specified deadline"
        if not self._failed_indexes:
            return None
        if len(self._failed_indexes) > self._spec.get("maxFailedIndexes", len(self._failed_indexes)):
            what = "Job has exceeded the specified maximal number of failed indexes"
            return "MaxFailedIndexesExceeded", what
        if len(self._failed_indexes | self._succeeded_indexes) >= self._spec["completions"]:
            return "FailedIndexes", "Job has failed indexes"
        return None

    def _restarted_too_often(self) -> bool:
        if self._spec["template"]["spec"]["restartPolicy"] != "OnFailure":
            return False
        restarts = sum(
            each["restartCount"]
            for pod in self._pods
            if _phase(pod) in ("Running", "Pending")
            for kind in ("initContainerStatuses", "containerStatuses")
            for each in pod.get("status", {}).get(kind) or ()
        )
        return bool(restarts >= max(self._spec["backoffLimit"], 1))

    def _deadline(self) -> float | None:
        limit = self._spec.get("activeDeadlineSeconds")
        if limit is None or self._spec["suspend"] or conditions.is_finished(self._status):
            return None
        return float(limit - seconds_since(self._status["startTime"]))

    def _manage(self, succeeded: int) -> float | None:
        """Create what is missing, or end what is too much; in how many seconds to come back to create the rest."""
        wanted = self._wanted(succeeded)
        for pod in deletion_order(self._active)[: max(len(self._active) - wanted, 0)]:
            release(self._registry, pod)
            self._control.delete(self._job, pod)
            self._active.remove(pod)
            self._leaving += 1
        missing = wanted - len(self._active)
        if self._spec["podReplacementPolicy"] == "Failed":
            missing -= self._leaving
        if missing <= 0:
            return None
        if self._indexed:
            return self._create_indexes(missing)
        delay = self._backoff.remaining()
        if delay > 0:
            return delay
        for _ in range(missing):
            self._create(self._spec["template"])
        return None

    def _wanted(self, succeeded: int) -> int:
        if self._spec["suspend"]:
            return 0
        completions, parallelism = self._spec.get("completions"), int(self._spec["parallelism"])
        if completions is None:
            return len(self._active) if succeeded else parallelism
        return max(min(int(completions) - succeeded, parallelism), 0)

    def _create_indexes(self, missing: int) -> float | None:
        taken = self._succeeded_indexes | self._failed_indexes | {index_of(pod) for pod in self._active}
        free = [index for index in range(self._spec["completions"]) if index not in taken][:missing]
        per_index = self._spec.get("backoffLimitPerIndex") is not None
        delays = [self._backoff.remaining()] * len(free)
        failures: list[int | None] = [None] * len(free)
        if per_index:
            lasts = [self._last_failure(index) for index in free]
            failures = [failures_of(pod) + 1 if pod else 0 for pod in lasts]
            delays = [
                remaining(count or 0, finished_at(pod)) if pod else 0.0
                for count, pod in zip(failures, lasts, strict=True)
            ]
        for index, count, delay in zip(free, failures, delays, strict=True):
            if delay <= 0:
                name = f"{self._job['metadata']['name']}-{index}-"
                self._create(with_index(self._job, self._spec["template"], index, count), name)
        return soonest(*(delay for delay in delays if delay > 0))

    def _last_failure(self, index: int) -> Object | None:
        failed = [pod for pod in self._pods if index_of(pod) == index and self._has_failed(pod)]
        return max(failed, key=failures_of, default=None)

    def _create(self, template: Object, generate_name: str = "") -> None:
        metadata = {**template["metadata"], "finalizers": [FINALIZER]}
        self._active.append(self._control.create(self._job, {**template, "metadata": metadata}, generate_name))

    def _is_complete(self, succeeded: int) -> tuple[str, Why] | None:
        completions = self._spec.get("completions")
        enough = succeeded > 0 if completions is None else succeeded >= completions
        if self._active or not enough:
            return None
        return conditions.SUCCESS_CRITERIA_MET, ("CompletionsReached", "Reached expected number of succeeded pods")

    def _tell_of_suspension(self) -> None:
        if self._spec["suspend"]:
            if conditions.put(self._status, "Suspended", "JobSuspended", "Job suspended"):
                self._control.recorder.event(self._job, "Normal", "Suspended", "Job suspended")
        elif conditions.put(self._status, "Suspended", "JobResumed", "Job resumed", holds=False):
            self._status["startTime"] = timestamp()
            self._control.recorder.event(self._job, "Normal", "Resumed", "Job resumed")

    def _finish(
        self, target: tuple[str, Why] | None, succeeded: list[Object], failed: list[Object], counted: list[Object]
    ) -> None:
        """Count, let go of what is counted, write the status, and say that the Job is over once no Pod is left."""
        status = self._status
        if target:
            conditions.put(status, target[0], *target[1])
        done = sum(_phase(pod) == "Succeeded" for pod in succeeded)
        numbers = {
            "active": len(self._active),
            "succeeded": len(self._succeeded_indexes) if self._indexed else status.get("succeeded", 0) + done,
            "failed": status.get("failed", 0) + len(counted),
        }
        for field, number in numbers.items():
            status.pop(field, None)
            if number:
                status[field] = number
        status["ready"] = sum(is_ready(pod) for pod in self._active)
        status["terminating"] = self._leaving
        status["uncountedTerminatedPods"] = {}
        if self._succeeded_indexes:
            status["completedIndexes"] = write(self._succeeded_indexes)
        if self._spec.get("backoffLimitPerIndex") is not None:
            status["failedIndexes"] = write(self._failed_indexes)
        over = target is not None and not self._leaving
        if target and over:
            conditions.put(status, conditions.FINAL[target[0]], *target[1])
            if target[0] == conditions.SUCCESS_CRITERIA_MET:
                status["completionTime"] = timestamp()
        self._registry.update(JOBS, {**self._job, "status": status}, subresource="status")
        for pod in (*succeeded, *failed):
            release(self._registry, pod)
        if target and over:
            self._tell_of_the_end(*target)

    def _tell_of_the_end(self, kind: str, why: Why) -> None:
        recorder = self._control.recorder
        if kind == conditions.FAILURE_TARGET:
            recorder.event(self._job, "Warning", *why)
            return
        if self._status.get("succeeded", 0) > self._spec.get("completions", self._status.get("succeeded", 0)):
            what = "Too many succeeded pods running after completion count reached"
            recorder.event(self._job, "Warning", "TooManySucceededPods", what)
        recorder.event(self._job, "Normal", "Completed", "Job completed")


def release(registry: Registry, pod: Object) -> None:
    """Let a Pod that has been counted go."""

    def drop(live: Object) -> None:
        kept = [each for each in live["metadata"].pop("finalizers") if each != FINALIZER]
        if kept:
            live["metadata"]["finalizers"] = kept

    live = registry.store.find(PODS, *key_of(pod))
    if live and FINALIZER in (live["metadata"].get("finalizers") or ()):
        registry.modify(PODS, *key_of(pod), drop)


def _of_job(pod: Object, job: Object | None, name: str) -> bool:
    if job is not None:
        return owned_by(pod, job)
    owner = controller_of(pod)
    return owner is not None and owner["kind"] == "Job" and owner["name"] == name


def _is_terminating(pod: Object) -> bool:
    return "deletionTimestamp" in pod["metadata"] and _phase(pod) not in ("Succeeded", "Failed")


def _phase(pod: Object) -> str:
    return str(pod.get("status", {}).get("phase", ""))
