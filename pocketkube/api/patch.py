"""JSON patch, merge patch and strategic merge patch.

Sources: RFC 6902, RFC 7386 and
https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
"""

from __future__ import annotations

from typing import Any

import jsonpatch

from pocketkube.apply_types import SET
from pocketkube.errors import ApiError, bad_request
from pocketkube.go_types import Field, fields, is_struct
from pocketkube.json_copy import copied
from pocketkube.json_text import go_text, json_kind
from pocketkube.store import Object

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
MOST_OPERATIONS = 10_000
PATCH_TYPES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH)


def apply_patch(struct: str, obj: Object, patch: Any, content_type: str) -> Object:
    """The object after the patch; the one given is left as it is. ApiError 415, 422 or 400.

    `struct`: the Go struct that it is, such as `core/v1.Service`; strategic merge patch goes by its tags.
    """
    if content_type == JSON_PATCH:
        return _json_patch(obj, patch)
    if not isinstance(patch, dict):
        what = f"json: cannot unmarshal {json_kind(patch)} into Go value of type map[string]interface {{}}"
        raise bad_request(f"error decoding patch: {what}" if content_type == MERGE_PATCH else what)
    if content_type == MERGE_PATCH:
        return dict(_merge(obj, patch))
    if content_type == STRATEGIC_PATCH:
        return _strategic(struct, obj, patch)
    raise ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def _json_patch(obj: Object, patch: Any) -> Object:
    if not isinstance(patch, list):
        what = f"json: cannot unmarshal {json_kind(patch)} into Go value of type []interface {{}}"
        raise bad_request(f"error decoding patch: {what}")
    for operation in patch:
        if not isinstance(operation, dict):
            what = f"json: cannot unmarshal {json_kind(operation)} into Go value of type jsonpatch.Operation"
            raise bad_request(what)
    if len(patch) > MOST_OPERATIONS:
        message = f"The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {len(patch)}"
        raise ApiError(413, "RequestEntityTooLarge", f"Request entity is too large: {message}")
    try:
        return dict(jsonpatch.apply_patch(obj, patch))
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        message = "the server rejected our request due to an error in our request"
        raise ApiError(422, "Invalid", message, {}) from error


def _merge(target: Any, patch: Any) -> Any:
    """RFC 7386, section 2."""
    if not isinstance(patch, dict):
        return copied(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged


def _strategic(struct: str, target: Any, patch: Object) -> Object:
    """`struct` is empty where nothing is known of what lies within: a map."""
    if "$patch" in patch:
        return _replaced(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    known = fields(struct) if struct else {}
    for key, value in patch.items():
        field = known.get(key)
        if key.startswith("$"):
            _directive(merged, key, value)
        elif value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = _strategic(_inner(field), merged.get(key), value)
        elif isinstance(value, list):
            merged[key] = _merge_list(field, merged.get(key) or [], value)
        else:
            merged[key] = value
    for key, order in patch.items():
        name = key.removeprefix("$setElementOrder/")
        if name != key:
            merged[name] = _ordered(known.get(name), merged.get(name) or [], order)
    return merged


def _replaced(patch: Object) -> Object:
    """What takes the place of a map, by the patch's own word: nothing of the old one is left."""
    if patch["$patch"] == "replace":
        return {key: copied(value) for key, value in patch.items() if key != "$patch"}
    if patch["$patch"] == "delete":
        return {}
    raise _unexpected(f"unknown patch type: {go_text(patch['$patch'])} in map: {go_text(patch)}")


def _unexpected(what: str) -> ApiError:
    """An error of the merge that the API server does not expect: it has no reason."""
    return ApiError(500, "", what)


def _inner(field: Field | None) -> str:
    kind = field.type.lstrip("*[]{}") if field else ""
    return kind if is_struct(kind) else ""


def _directive(merged: Object, key: str, value: Any) -> None:
    directive, _, name = key.partition("/")
    if directive == "$deleteFromPrimitiveList":
        merged[name] = [each for each in merged.get(name) or [] if each not in value]
    elif directive == "$retainKeys":
        for absent in set(merged) - set(value):
            del merged[absent]


def _merge_list(field: Field | None, target: list[Any], patch: list[Any]) -> list[Any]:
    key = field.merge_key if field else ""
    if key == SET:
        return [*target, *(each for each in patch if each not in target)]
    maps = [isinstance(each, dict) for each in (*target, *patch)]
    if not all(maps) and any(maps):
        raise _unexpected(f"list element types are not identical: {go_text([target, patch])}")
    if not key or not any(maps) or any(each.get("$patch") == "replace" for each in patch):
        return [copied(each) for each in patch if not (isinstance(each, dict) and "$patch" in each)]
    merged = list(target)
    for each in patch:
        if each.get("$patch", "delete") != "delete":
            raise _unexpected(f"unknown patch type: {go_text(each['$patch'])} in map: {go_text(each)}")
        if key not in each:
            raise _unexpected(f"map: {go_text(each)} does not contain declared merge key: {key}")
        position = next((i for i, old in enumerate(merged) if old.get(key) == each[key]), None)
        if each.get("$patch") == "delete":
            if position is not None:
                del merged[position]
        elif position is None:
            merged.append(_strategic(_inner(field), {}, each))
        else:
            merged[position] = _strategic(_inner(field), merged[position], each)
    return merged


def _ordered(field: Field | None, items: list[Any], order: list[Any]) -> list[Any]:
    key = field.merge_key if field else ""
    if not key:
        return items
    wanted = {(each if key == SET else each.get(key)): position for position, each in enumerate(order)}
    return sorted(items, key=lambda each: wanted.get(each if key == SET else each.get(key), len(wanted)))
