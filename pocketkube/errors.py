"""Failures as the Kubernetes API states them: a Status object with code, reason, message and causes.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pocketkube.resources import Resource


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason why a field is refused. `field` is a path such as `spec.ports[0].port`."""

    reason: str
    message: str
    field: str

    @classmethod
    def required(cls, field: str, detail: str = "") -> Cause:
        return cls("FieldValueRequired", f"Required value: {detail}" if detail else "Required value", field)

    @classmethod
    def invalid(cls, field: str, value: str, detail: str) -> Cause:
        """`value` as Kubernetes prints it: JSON for strings and collections, plain for numbers."""
        return cls("FieldValueInvalid", f"Invalid value: {value}: {detail}", field)

    @classmethod
    def duplicate(cls, field: str, value: str) -> Cause:
        return cls("FieldValueDuplicate", f"Duplicate value: {value}", field)

    @classmethod
    def forbidden(cls, field: str, detail: str) -> Cause:
        return cls("FieldValueForbidden", f"Forbidden: {detail}", field)

    @classmethod
    def unsupported(cls, field: str, value: str, supported: list[str]) -> Cause:
        known = ", ".join(f'"{each}"' for each in supported)
        return cls("FieldValueNotSupported", f"Unsupported value: {value}: supported values: {known}", field)

    @classmethod
    def not_found(cls, field: str, value: str) -> Cause:
        return cls("FieldValueNotFound", f"Not found: {value}", field)

    @classmethod
    def too_long(cls, field: str, most: int) -> Cause:
        """`most`: bytes."""
        return cls("FieldValueTooLong", f"Too long: may not be more than {most} bytes", field)

    @classmethod
    def too_many(cls, field: str, count: int, most: int) -> Cause:
        return cls("FieldValueTooMany", f"Too many: {count}: must have at most {most} items", field)


class ApiError(Exception):
    """A request that the API refuses; `status()` is the body that a client receives."""

    def __init__(self, code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details

    def status(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
        }
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.code
        return body


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


def not_found(resource: Resource, name: str) -> ApiError:
    return ApiError(404, "NotFound", f'{resource.qualified} "{name}" not found', _details(resource, name))


def already_exists(resource: Resource, name: str) -> ApiError:
    return ApiError(409, "AlreadyExists", f'{resource.qualified} "{name}" already exists', _details(resource, name))


def conflict(
    resource: Resource,
    name: str,
    why: str = "the object has been modified; please apply your changes to the latest version and try again",
) -> ApiError:
    message = f'Operation cannot be fulfilled on {resource.qualified} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(resource, name))


def forbidden(resource: Resource, name: str, why: str) -> ApiError:
    return ApiError(403, "Forbidden", f'{resource.qualified} "{name}" is forbidden: {why}', _details(resource, name))


def gone(message: str) -> ApiError:
    """A resourceVersion that is no longer in the history (410): the client lists anew."""
    return ApiError(410, "Expired", message)


def invalid(resource: Resource, name: str, causes: list[Cause]) -> ApiError:
    """422 with every cause; one cause stands alone in the message, several stand in brackets."""
    texts = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    listed = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    details: dict[str, Any] = {"name": name} if name else {}
    if resource.group:
        details["group"] = resource.group
    details["kind"] = resource.kind
    details["causes"] = [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes]
    return ApiError(422, "Invalid", f'{kind} "{name}" is invalid: {listed}', details)


def _details(resource: Resource, name: str) -> dict[str, Any]:
    details = {"name": name}
    if resource.group:
        details["group"] = resource.group
    return {**details, "kind": resource.plural}
