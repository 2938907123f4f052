"""Validation of ConfigMaps: https://kubernetes.io/docs/concepts/configuration/configmap/"""

from __future__ import annotations

import base64

from pocketkube.admission import formats
from pocketkube.admission.formats import quoted
from pocketkube.errors import Cause
from pocketkube.store import Object

LARGEST = 1 << 20  # bytes of all values together
FROZEN = "field is immutable when `immutable` is set"


def validate(config_map: Object) -> list[Cause]:
    texts, binaries = config_map.get("data") or {}, config_map.get("binaryData") or {}
    causes = []
    for key in texts:
        causes += formats.config_key(key, f"data[{key}]")
        if key in binaries:
            causes.append(Cause.invalid(f"data[{key}]", quoted(key), "duplicate of key present in binaryData"))
    for key in binaries:
        causes += formats.config_key(key, f"binaryData[{key}]")
    size = sum(len(text.encode()) for text in texts.values())
    size += sum(len(base64.b64decode(value)) for value in binaries.values())
    return [*causes, Cause.too_long("", LARGEST)] if size > LARGEST else causes


def validate_update(new: Object, old: Object) -> list[Cause]:
    if not old.get("immutable"):
        return []
    causes = [] if new.get("immutable") else [Cause.forbidden("immutable", FROZEN)]
    changed = [field for field in ("data", "binaryData") if (new.get(field) or {}) != (old.get(field) or {})]
    return causes + [Cause.forbidden(field, FROZEN) for field in changed]
