"""JSON patch, merge patch and strategic merge patch.

Sources: RFC 6902, RFC 7386 and
https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
"""

from __future__ import annotations

import copy
from typing import Any

import jsonpatch

from pocketkube.errors import ApiError, bad_request
from pocketkube.store import Object

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"

# Lists that are merged by a key and not replaced (patchMergeKey in k8s.io/api). Named by field; where a field means
# different lists, the first key that the items have decides.
MERGE_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "env": ("name",),
    "ports": ("containerPort", "port"),
    "conditions": ("type",),
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "ownerReferences": ("uid",),
    "taints": ("key",),
    "addresses": ("type",),
}
MERGED_SCALARS = {"finalizers"}


def apply_patch(obj: Object, patch: Any, content_type: str) -> Object:
    """The object after the patch; the one given is left as it is. ApiError 415, 422 or 400."""
    if content_type == JSON_PATCH:
        return _json_patch(obj, patch)
    if not isinstance(patch, dict):
        raise bad_request("a patch must be a JSON object")
    if content_type == MERGE_PATCH:
        return dict(_merge(obj, patch))
    if content_type == STRATEGIC_PATCH:
        return dict(_strategic(obj, patch))
    raise ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def _json_patch(obj: Object, patch: Any) -> Object:
    if not isinstance(patch, list):
        raise bad_request("a JSON patch must be a list of operations")
    try:
        return dict(jsonpatch.apply_patch(obj, patch))
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        message = f"the server rejected our request due to an error in our request: {error}"
        raise ApiError(422, "Invalid", message, {}) from error


def _merge(target: Any, patch: Any) -> Any:
    """RFC 7386, section 2."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged


def _strategic(target: Any, patch: Object) -> Object:
    if patch.get("$patch") == "replace":
        return {key: copy.deepcopy(value) for key, value in patch.items() if key != "$patch"}
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if key.startswith("$"):
            _directive(merged, key, value)
        elif value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            if value.get("$patch") == "delete":
                merged.pop(key, None)
            else:
                merged[key] = _strategic(merged.get(key), value)
        elif isinstance(value, list):
            merged[key] = _merge_list(key, merged.get(key) or [], value)
        else:
            merged[key] = value
    for key, order in patch.items():
        if key.startswith("$setElementOrder/"):
            name = key.partition("/")[2]
            merged[name] = _ordered(name, merged.get(name) or [], order)
    return merged


def _directive(merged: Object, key: str, value: Any) -> None:
    directive, _, name = key.partition("/")
    if directive == "$deleteFromPrimitiveList":
        merged[name] = [each for each in merged.get(name) or [] if each not in value]
    elif directive == "$retainKeys":
        for absent in set(merged) - set(value):
            del merged[absent]


def _merge_list(name: str, target: list[Any], patch: list[Any]) -> list[Any]:
    if name in MERGED_SCALARS:
        return [*target, *(each for each in patch if each not in target)]
    key = _merge_key(name, patch)
    replaced = any(isinstance(each, dict) and each.get("$patch") == "replace" for each in patch)
    if key is None or replaced:
        return [
            copy.deepcopy(each) for each in patch if not (isinstance(each, dict) and each.get("$patch") == "replace")
        ]
    merged = list(target)
    for each in patch:
        position = next((i for i, old in enumerate(merged) if old.get(key) == each.get(key)), None)
        if each.get("$patch") == "delete":
            if position is not None:
                del merged[position]
        elif position is None:
            merged.append(_strategic({}, each))
        else:
            merged[position] = _strategic(merged[position], each)
    return merged


def _merge_key(name: str, items: list[Any]) -> str | None:
    for key in MERGE_KEYS.get(name, ()):
        if all(isinstance(each, dict) and (key in each or each.get("$patch") == "replace") for each in items):
            return key
    return None


def _ordered(name: str, items: list[Any], order: list[Any]) -> list[Any]:
    key = _merge_key(name, order)
    if key is None:
        return items
    wanted = {each[key]: position for position, each in enumerate(order)}
    return sorted(items, key=lambda each: wanted.get(each.get(key), len(wanted)))
