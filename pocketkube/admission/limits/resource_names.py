"""The names of what containers, quotas and limits count: k8s.io/kubernetes/pkg/apis/core/helper."""

from __future__ import annotations

from pocketkube.admission.formats import qualified_name, qualified_name_problems, quoted
from pocketkube.errors import Cause
from pocketkube.quantity import UNIT, parse

NEGATIVE = "must be greater than or equal to 0"
OF_CONTAINERS = {"cpu", "memory", "ephemeral-storage"}
OF_PODS = {"cpu", "memory", *(f"{kind}.{name}" for kind in ("limits", "requests") for name in ("cpu", "memory"))}
COUNTED = {
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
}
OF_QUOTAS = {
    *OF_CONTAINERS,
    *OF_PODS,
    *COUNTED,
    "limits.ephemeral-storage",
    "requests.ephemeral-storage",
    "requests.storage",
}
HUGE_PAGES = "hugepages-"


def any_name(name: str, field: str) -> list[Cause]:
    causes = qualified_name(name, field)
    known = name in OF_QUOTAS or name == "storage" or is_of_quotas(name)
    if causes or "/" in name or known:
        return causes
    return [Cause.invalid(field, quoted(name), "must be a standard resource type or fully qualified")]


def container_name(name: str, field: str) -> list[Cause]:
    causes = any_name(name, field)
    if "/" not in name:
        if name not in OF_CONTAINERS and not name.startswith(HUGE_PAGES):
            causes.append(Cause.invalid(field, quoted(name), "must be a standard resource for containers"))
    elif not is_native(name) and not is_extended(name):
        causes.append(Cause.invalid(field, quoted(name), "doesn't follow extended resource name standard"))
    return causes


def quota_name(name: str, field: str) -> list[Cause]:
    causes = any_name(name, field)
    if "/" not in name and not is_of_quotas(name):
        causes.append(Cause.invalid(field, quoted(name), "must be a standard resource for quota"))
    return causes


def amount(name: str, text: str, field: str) -> list[Cause]:
    """Nothing negative, and whole numbers of what is counted."""
    causes = [Cause.invalid(field, quoted(text), NEGATIVE)] if parse(text).nano < 0 else []
    if (name in COUNTED or is_extended(name)) and parse(text).nano % UNIT:
        causes.append(Cause.invalid(field, quoted(text), "must be an integer"))
    return causes


def is_of_quotas(name: str) -> bool:
    return name in OF_QUOTAS or name.startswith((HUGE_PAGES, f"requests.{HUGE_PAGES}"))


def is_native(name: str) -> bool:
    return "/" not in name or "kubernetes.io/" in name


def is_extended(name: str) -> bool:
    """https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#extended-resources"""
    if is_native(name) or name.startswith("requests."):
        return False
    return not qualified_name_problems(f"requests.{name}")


def may_overcommit(name: str) -> bool:
    """Whether more may be promised than there is."""
    return is_native(name) and not name.startswith(HUGE_PAGES)
