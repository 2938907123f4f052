"""Label selectors of objects: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors"""

from __future__ import annotations

from collections.abc import Mapping

from pocketkube.store import Object


def selector_of(owner: Object) -> Object:
    """The LabelSelector of what manages others; a ReplicationController, which is older, has labels alone."""
    selector: Object = owner["spec"].get("selector") or {}
    return {"matchLabels": selector} if owner["kind"] == "ReplicationController" else selector


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector chooses what carries `labels`; an empty one chooses everything."""
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(each, labels) for each in selector.get("matchExpressions") or ())


def _holds(requirement: Object, labels: Mapping[str, str]) -> bool:
    key, values = requirement["key"], requirement.get("values") or ()
    match requirement["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
    return key not in labels  # DoesNotExist
