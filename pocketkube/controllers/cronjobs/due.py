"""Which scheduled time a CronJob has to run for, and when to look again.

Source: k8s.io/kubernetes/pkg/controller/cronjob/utils.go
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pocketkube import cron_schedule
from pocketkube.cron_schedule import Schedule
from pocketkube.store import Object

MANY = 100  # scheduled times that passed without a Job: more are told of
MARGIN = timedelta(milliseconds=100)  # behind a scheduled time, so that it has surely come
TOO_CLOSE = "time difference between two schedules is less than 1 second"


@dataclass(frozen=True, slots=True)
class Passed:
    """The scheduled times since the last one that was carried out, or since the CronJob was made."""

    since: datetime
    latest: datetime | None
    count: int  # roughly, as if the first distance were every distance


def schedule_of(cron_job: Object) -> Schedule:
    spec = cron_job["spec"]
    zone = f"TZ={spec['timeZone']} " if spec.get("timeZone") else ""
    return cron_schedule.parse(zone + spec["schedule"])


def passed(cron_job: Object, schedule: Schedule, now: datetime, *, within_deadline: bool) -> Passed:
    """ValueError for a schedule that never comes. `within_deadline`: leave out what startingDeadlineSeconds does."""
    last = cron_job.get("status", {}).get("lastScheduleTime") or cron_job["metadata"]["creationTimestamp"]
    since = datetime.fromisoformat(last)
    limit = cron_job["spec"].get("startingDeadlineSeconds")
    if within_deadline and limit is not None:
        since = max(since, now - timedelta(seconds=limit))
    first = schedule.next(since)
    second = schedule.next(first) if first else None
    if first is None or second is None:
        raise ValueError(TOO_CLOSE)
    if now < first:
        return Passed(since, None, 0)
    if now < second:
        return Passed(since, first, 0)
    distance = second - first
    count = (now - first) // distance + 1
    latest, following = None, schedule.next(first + (count - 2) * distance)
    while following and following <= now:
        latest, following = following, schedule.next(following)
    return Passed(since, latest, count)


def seconds_to_next(cron_job: Object, schedule: Schedule, now: datetime) -> float | None:
    """How long until the next scheduled time; None when there is none."""
    try:
        found = passed(cron_job, schedule, now, within_deadline=False)
        last = found.latest or (now if found.count else found.since)
    except ValueError:
        last = now
    upcoming = schedule.next(last)
    return (upcoming + MARGIN - now).total_seconds() if upcoming else None
