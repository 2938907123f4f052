"""The hashes in the names of ReplicaSets and ControllerRevisions, digit for digit those of a real cluster.

Sources: ComputeHash in k8s.io/kubernetes/pkg/controller/controller_utils.go, HashControllerRevision in
pkg/controller/history, and the format of github.com/davecgh/go-spew for what Kubernetes hashes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pocketkube.controllers.go_print import printed
from pocketkube.json_text import written
from pocketkube.registry import NAME_LETTERS
from pocketkube.store import Object

BASIS, PRIME = 0x811C9DC5, 0x01000193  # FNV, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/


def template_hash(template: Object, collisions: int | None = None) -> str:
    """Of a Pod template as the API serves it. `collisions`: how often the name was taken by another; None: never."""
    text = f"(v1.PodTemplateSpec){printed('core/v1.PodTemplateSpec', template)}".encode()
    if collisions is not None:
        text += collisions.to_bytes(4, "little") + bytes(4)
    return _safe(_fnv1a(text))


@lru_cache(maxsize=256)  # a class of submissions brings the same templates again and again
def _fnv1a(text: bytes) -> int:
    value = BASIS
    for byte in text:
        value = (value ^ byte) * PRIME & 0xFFFFFFFF
    return value


def revision_hash(data: Object, collisions: int) -> str:
    """Of what a ControllerRevision keeps."""
    value = BASIS
    for byte in written(_sorted(data)).rstrip() + str(collisions).encode():
        value = (value * PRIME & 0xFFFFFFFF) ^ byte
    return _safe(value)


def _sorted(value: Any) -> Any:
    """Go writes a map with its keys in order."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _safe(value: int) -> str:
    return "".join(NAME_LETTERS[ord(digit) % len(NAME_LETTERS)] for digit in str(value))
