"""What the rows of several kinds have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pocketkube.api.tables.ages import age
from pocketkube.store import Object

NONE = "<none>"
UNSET = "<unset>"
# name, type, priority (1: with -o wide)
Column = tuple[str, str, int]
Row = Callable[[Object, datetime], list[Any]]


def created(obj: Object, now: datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def name_and_creation(obj: Object, _now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], obj["metadata"]["creationTimestamp"]]


def selector_text(selector: Object) -> str:
    """As labels.Selector writes it: `app=nginx,!debug,tier in (a,b)`."""
    terms = [(key, f"{key}={value}") for key, value in (selector.get("matchLabels") or {}).items()]
    for each in selector.get("matchExpressions") or ():
        key, values = each["key"], ",".join(sorted(each.get("values") or ()))
        forms = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}
        terms.append((key, forms.get(each["operator"], f"!{key}")))
    return ",".join(text for _, text in sorted(terms)) or NONE


def labels_text(labels: dict[str, str] | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or NONE
