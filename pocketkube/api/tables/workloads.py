"""Rows of what makes Pods, and of their disruption budgets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pocketkube.api.tables.ages import age
from pocketkube.api.tables.cells import NONE, Column, Row, created, labels_text, selector_text
from pocketkube.label_selector import selector_of
from pocketkube.resources import (
    CONTROLLERREVISIONS,
    CRONJOBS,
    DAEMONSETS,
    DEPLOYMENTS,
    JOBS,
    PODDISRUPTIONBUDGETS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    SCALES,
    STATEFULSETS,
    Resource,
)
from pocketkube.store import Object

OF_REPLICAS: list[Column] = [
    ("Name", "string", 0),
    *((name, "integer", 0) for name in ("Desired", "Current", "Ready")),
    ("Age", "string", 0),
    *((name, "string", 1) for name in ("Containers", "Images", "Selector")),
]
COLUMNS: dict[Resource, list[Column]] = {
    DEPLOYMENTS: [
        *((name, "string", 0) for name in ("Name", "Ready", "Up-to-date", "Available", "Age")),
        *((name, "string", 1) for name in ("Containers", "Images", "Selector")),
    ],
    REPLICASETS: OF_REPLICAS,
    REPLICATIONCONTROLLERS: OF_REPLICAS,
    STATEFULSETS: [
        *((name, "string", 0) for name in ("Name", "Ready", "Age")),
        *((name, "string", 1) for name in ("Containers", "Images")),
    ],
    DAEMONSETS: [
        ("Name", "string", 0),
        *((name, "integer", 0) for name in ("Desired", "Current", "Ready", "Up-to-date", "Available")),
        *((name, "string", 0) for name in ("Node Selector", "Age")),
        *((name, "string", 1) for name in ("Containers", "Images", "Selector")),
    ],
    JOBS: [
        *((name, "string", 0) for name in ("Name", "Status", "Completions", "Duration", "Age")),
        *((name, "string", 1) for name in ("Containers", "Images", "Selector")),
    ],
    CRONJOBS: [
        *((name, "string", 0) for name in ("Name", "Schedule", "Timezone")),
        ("Suspend", "boolean", 0),
        ("Active", "integer", 0),
        *((name, "string", 0) for name in ("Last Schedule", "Age")),
        *((name, "string", 1) for name in ("Containers", "Images", "Selector")),
    ],
    CONTROLLERREVISIONS: [(name, "string", 0) for name in ("Name", "Controller", "Revision", "Age")],
    PODDISRUPTIONBUDGETS: [
        *((name, "string", 0) for name in ("Name", "Min Available", "Max Unavailable")),
        ("Allowed Disruptions", "integer", 0),
        ("Age", "string", 0),
    ],
    SCALES: [
        ("Name", "string", 0),
        ("Desired", "integer", 0),
        ("Available", "integer", 0),
        ("Age", "string", 0),
    ],
}


def _deployment(deployment: Object, now: datetime) -> list[Any]:
    status, spec = deployment.get("status", {}), deployment["spec"]
    return [
        deployment["metadata"]["name"],
        f"{status.get('readyReplicas', 0)}/{spec['replicas']}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        created(deployment, now),
        *template(spec),
    ]


def _replicaset(replicaset: Object, now: datetime) -> list[Any]:
    status, spec = replicaset.get("status", {}), replicaset["spec"]
    return [
        replicaset["metadata"]["name"],
        spec["replicas"],
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        created(replicaset, now),
        *template({**spec, "selector": selector_of(replicaset)}),
    ]


def _stateful_set(stateful_set: Object, now: datetime) -> list[Any]:
    status, spec = stateful_set.get("status", {}), stateful_set["spec"]
    ready = f"{status.get('readyReplicas', 0)}/{spec['replicas']}"
    return [stateful_set["metadata"]["name"], ready, created(stateful_set, now), *template(spec)[:2]]


def _daemon_set(daemon_set: Object, now: datetime) -> list[Any]:
    status, spec = daemon_set.get("status", {}), daemon_set["spec"]
    return [
        daemon_set["metadata"]["name"],
        status.get("desiredNumberScheduled", 0),
        status.get("currentNumberScheduled", 0),
        status.get("numberReady", 0),
        status.get("updatedNumberScheduled", 0),
        status.get("numberAvailable", 0),
        labels_text(spec["template"]["spec"].get("nodeSelector")),
        created(daemon_set, now),
        *template(spec),
    ]


def _cron_job(cron_job: Object, now: datetime) -> list[Any]:
    status, spec = cron_job.get("status", {}), cron_job["spec"]
    last = status.get("lastScheduleTime")
    return [
        cron_job["metadata"]["name"],
        spec["schedule"],
        spec.get("timeZone", NONE),
        "True" if spec.get("suspend") else "False",
        len(status.get("active") or ()),
        age(last, now) if last else NONE,
        created(cron_job, now),
        *template(spec["jobTemplate"]["spec"]),
    ]


def _job(job: Object, now: datetime) -> list[Any]:
    status, spec = job.get("status", {}), job["spec"]
    succeeded, parallelism = status.get("succeeded", 0), spec.get("parallelism") or 0
    of = f"1 of {parallelism}" if parallelism > 1 else "1"
    lasted = ""
    if status.get("startTime"):
        until = datetime.fromisoformat(status["completionTime"]) if status.get("completionTime") else now
        lasted = age(status["startTime"], until)
    return [
        job["metadata"]["name"],
        _job_status(job),
        f"{succeeded}/{of if spec.get('completions') is None else spec['completions']}",
        lasted,
        created(job, now),
        *template(spec),
    ]


def _job_status(job: Object) -> str:
    true = {each["type"] for each in job.get("status", {}).get("conditions") or () if each["status"] == "True"}
    leaving = {"Terminating"} if "deletionTimestamp" in job["metadata"] else set()
    known = ("Complete", "Failed", "Terminating", "Suspended", "FailureTarget", "SuccessCriteriaMet")
    return next((each for each in known if each in true | leaving), "Running")


def _controller_revision(revision: Object, now: datetime) -> list[Any]:
    owner = next((each for each in revision["metadata"].get("ownerReferences") or () if each.get("controller")), None)
    group = owner["apiVersion"].partition("/")[0] if owner else ""
    controller = f"{owner['kind'].lower()}.{group}/{owner['name']}" if owner else NONE
    return [revision["metadata"]["name"], controller, str(revision["revision"]), created(revision, now)]


def template(spec: Object) -> list[str]:
    containers = spec["template"]["spec"]["containers"]
    names = ",".join(each["name"] for each in containers)
    images = ",".join(each["image"] for each in containers)
    return [names, images, selector_text(spec.get("selector") or {})]


def _scale(scale: Object, now: datetime) -> list[Any]:
    return [scale["metadata"]["name"], scale["spec"]["replicas"], scale["status"]["replicas"], created(scale, now)]


def _pod_disruption_budget(budget: Object, now: datetime) -> list[Any]:
    spec = budget.get("spec") or {}
    least, most = (spec.get(each) for each in ("minAvailable", "maxUnavailable"))
    return [
        budget["metadata"]["name"],
        *("N/A" if each is None else str(each) for each in (least, most)),
        budget["status"]["disruptionsAllowed"],
        created(budget, now),
    ]


ROWS: dict[Resource, Row] = {
    DEPLOYMENTS: _deployment,
    REPLICASETS: _replicaset,
    REPLICATIONCONTROLLERS: _replicaset,
    STATEFULSETS: _stateful_set,
    DAEMONSETS: _daemon_set,
    JOBS: _job,
    CRONJOBS: _cron_job,
    CONTROLLERREVISIONS: _controller_revision,
    PODDISRUPTIONBUDGETS: _pod_disruption_budget,
    SCALES: _scale,
}
