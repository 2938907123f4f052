"""CronJobs: defaults and validation.

Source: k8s.io/kubernetes/pkg/apis/batch and pkg/registry/batch/cronjob
"""

from __future__ import annotations

import re
from dataclasses import replace

from pocketkube import cron_schedule
from pocketkube.admission import formats
from pocketkube.admission.formats import compact, quoted
from pocketkube.admission.workloads import jobs
from pocketkube.errors import Cause
from pocketkube.store import Object

POLICIES = ["Allow", "Forbid", "Replace"]
LONGEST_NAME = 52  # a Job's name has the scheduled minute behind it
ZONE_PART = re.compile(r"[A-Za-z.\-_0-9+]{1,14}")


def default_spec(spec: Object) -> None:
    """Fill in what the writer left out; of its Jobs only what the API server fills in before they are made."""
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    job = spec.setdefault("jobTemplate", {})
    job.setdefault("metadata", {})
    jobs.default_failure_policy(job.setdefault("spec", {}))


def validate(cron_job: Object) -> list[Cause]:
    """Every reason why the CronJob may not be."""
    spec = cron_job["spec"]
    causes = _schedule(spec.get("schedule", ""))
    causes += formats.not_negative(spec.get("startingDeadlineSeconds") or 0, "spec.startingDeadlineSeconds")
    causes += _time_zone(spec.get("timeZone"))
    policy = spec["concurrencyPolicy"]
    if policy not in POLICIES:
        causes.append(Cause.unsupported("spec.concurrencyPolicy", quoted(policy), POLICIES))
    causes += _job_template(spec["jobTemplate"]["spec"])
    for field in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        causes += formats.not_negative(spec[field], f"spec.{field}")
    return causes


def validate_new(cron_job: Object) -> list[Cause]:
    """What is asked of a new one besides."""
    name = cron_job["metadata"].get("name", "")
    if len(name) <= LONGEST_NAME:
        return []
    return [Cause.invalid("metadata.name", quoted(name), f"must be no more than {LONGEST_NAME} characters")]


def _schedule(schedule: str) -> list[Cause]:
    if not schedule:
        return [Cause.required("spec.schedule")]
    causes = []
    try:
        cron_schedule.parse(schedule)
    except ValueError as error:
        causes.append(Cause.invalid("spec.schedule", quoted(schedule), str(error)))
    if "TZ" in schedule:
        what = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        causes.append(Cause.invalid("spec.schedule", quoted(schedule), what))
    return causes


def _time_zone(name: str | None) -> list[Cause]:
    if name is None:
        return []
    if not name:
        return [_no_zone(name, "timeZone must be nil or non-empty string")]
    for part in name.split("/"):
        if part in (".", "..") or part.startswith("-") or not ZONE_PART.fullmatch(part):
            return [_no_zone(name, f"unknown time zone {name}")]
    causes = []
    if name.lower() == "local":
        what = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        causes.append(_no_zone(name, what))
    try:
        cron_schedule.time_zone(name)
    except ValueError as error:
        causes.append(_no_zone(name, str(error)))
    return causes


def _no_zone(name: str, why: str) -> Cause:
    return Cause.invalid("spec.timeZone", quoted(name), why)


def _job_template(spec: Object) -> list[Cause]:
    causes = [replace(cause, field=f"spec.jobTemplate.{cause.field}") for cause in jobs.validate_spec(spec)]
    if spec.get("selector") is not None:
        why = "`selector` will be auto-generated"
        causes.append(Cause.invalid("spec.jobTemplate.spec.selector", compact(spec["selector"]), why))
    if spec.get("manualSelector"):
        causes.append(Cause.unsupported("spec.jobTemplate.spec.manualSelector", "true", ["nil", "false"]))
    return causes
