"""Validation of annotations that mean something to a Pod: k8s.io/kubernetes/pkg/apis/core/validation."""

from __future__ import annotations

import re

from pocketkube.admission.formats import quoted
from pocketkube.admission.pods.mount_validation import relative_path
from pocketkube.errors import Cause
from pocketkube.store import Object

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
MIRROR = "kubernetes.io/config.mirror"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/"
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
LOCAL = "localhost/"
SECCOMP_PROFILES = ("runtime/default", "docker/default", "unconfined")
APP_ARMOR_PROFILES = ("", "runtime/default", "unconfined")
COST = re.compile(r"0|-?[1-9][0-9]*")


def validate(annotations: dict[str, str], spec: Object, field: str) -> list[Cause]:
    """`spec`: of the Pod that has them, or of the template."""
    causes = []
    if MIRROR in annotations and not spec.get("nodeName"):
        what = "must set spec.nodeName if mirror pod annotation is set"
        causes.append(Cause.invalid(f"{field}[{MIRROR}]", quoted(annotations[MIRROR]), what))
    cost = annotations.get(DELETION_COST)
    if cost is not None and not (COST.fullmatch(cost) and -(1 << 31) <= int(cost) < 1 << 31):
        causes.append(Cause.invalid(f"{field}[{DELETION_COST}]", quoted(cost), "must be a 32bit integer"))
    for key, value in annotations.items():
        if key == SECCOMP_POD or key.startswith(SECCOMP_CONTAINER):
            causes += _seccomp(value, f"{field}.{key}")
    for key, value in annotations.items():
        if key.startswith(APP_ARMOR):
            causes += _app_armor(key.removeprefix(APP_ARMOR), value, spec, f"{field}[{key}]")
    return causes


def validate_update(new: dict[str, str], old: dict[str, str], spec: Object, field: str) -> list[Cause]:
    """What of them stays as the Pod was made."""
    causes = []
    for key, value in old.items():
        if new.get(key) != value:
            causes += _kept(key, "remove or update", f"{field}[{key}]")
    for key in new.keys() - old.keys():
        causes += _kept(key, "add", f"{field}[{key}]")
    return causes + validate(new, spec, field)


def _kept(key: str, change: str, field: str) -> list[Cause]:
    if key.startswith(APP_ARMOR):
        return [Cause.forbidden(field, f"may not {change} AppArmor annotations")]
    return [Cause.forbidden(field, f"may not {change} mirror pod annotation")] if key == MIRROR else []


def _seccomp(profile: str, field: str) -> list[Cause]:
    if profile in SECCOMP_PROFILES:
        return []
    if profile.startswith(LOCAL):
        return relative_path(profile.removeprefix(LOCAL), field)
    return [Cause.invalid(field, quoted(profile), "must be a valid seccomp profile")]


def _app_armor(container: str, profile: str, spec: Object, field: str) -> list[Cause]:
    causes = []
    names = {each.get("name") for kind in ("initContainers", "containers") for each in spec.get(kind) or ()}
    if container not in names:
        causes.append(Cause.invalid(field, quoted(container), "container not found"))
    if profile not in APP_ARMOR_PROFILES and not profile.startswith(LOCAL):
        what = f"invalid AppArmor profile name: {quoted(profile)}"
        causes.append(Cause.invalid(field, quoted(profile), what))
    return causes
