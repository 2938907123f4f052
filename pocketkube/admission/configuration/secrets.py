"""Secrets: defaults and validation: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types"""

from __future__ import annotations

import base64
import re

from pocketkube.admission.formats import quoted
from pocketkube.errors import Cause, bad_request
from pocketkube.json_text import json_kind, parse
from pocketkube.store import Object

LARGEST = 1 << 20  # bytes of all values together
CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
NOT_A_CONFIG_KEY = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  "
    "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
ACCOUNT = "kubernetes.io/service-account.name"
# What each type has to hold. Source: k8s.io/api/core/v1, SecretType.
REQUIRED = {
    "kubernetes.io/dockercfg": ".dockercfg",
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
    "kubernetes.io/ssh-auth": "ssh-privatekey",
}
PADDING, LINE_END = ord("="), b"\r\n"
BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def default(secret: Object) -> None:
    """The type, and `stringData` as `data`, which it goes before. ApiError 400 for data that is not base64."""
    secret.setdefault("type", "Opaque")
    for value in (secret.get("data") or {}).values():
        wrong = _wrong_byte(value)
        if wrong is not None:
            what = 'Secret in version "v1" cannot be handled as a Secret'
            raise bad_request(f"{what}: illegal base64 data at input byte {wrong}")
    texts = secret.pop("stringData", None)
    if texts:
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}


def validate(secret: Object) -> list[Cause]:
    data = secret.get("data") or {}
    causes = [Cause.invalid(f"data[{key}]", quoted(key), why) for key in data if (why := _wrong_key(key))]
    if sum(len(base64.b64decode(value)) for value in data.values()) > LARGEST:
        causes.append(Cause("FieldValueTooLong", f"Too long: may not be more than {LARGEST} bytes", "data"))
    return causes + _by_type(secret, data)


def validate_update(new: Object, old: Object) -> list[Cause]:
    causes = []
    if new["type"] != old["type"]:
        causes.append(Cause.invalid("type", quoted(new["type"]), "field is immutable"))
    if old.get("immutable"):
        what = "field is immutable when `immutable` is set"
        if not new.get("immutable"):
            causes.append(Cause.forbidden("immutable", what))
        if (new.get("data") or {}) != (old.get("data") or {}):
            causes.append(Cause.forbidden("data", what))
    return causes


def _by_type(secret: Object, data: Object) -> list[Cause]:
    kind = secret["type"]
    if kind == "kubernetes.io/service-account-token":
        named = (secret["metadata"].get("annotations") or {}).get(ACCOUNT)
        return [] if named else [Cause.required(f"metadata.annotations[{ACCOUNT}]")]
    if kind == "kubernetes.io/tls":
        return [Cause.required(f"data[{key}]") for key in ("tls.crt", "tls.key") if key not in data]
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & set(data):
        return [Cause.required(f"data[{key}]") for key in ("username", "password")]
    key = REQUIRED.get(kind)
    if key is None:
        return []
    if kind == "kubernetes.io/ssh-auth":
        return [] if data.get(key) else [Cause.required(f"data[{key}]")]
    if key not in data:
        return [Cause.required(f"data[{key}]")]
    try:
        found = parse(base64.b64decode(data[key]).decode("utf-8", "replace"))
        if isinstance(found, dict) or found is None:
            return []
        why = f"json: cannot unmarshal {json_kind(found)} into Go value of type map[string]interface {{}}"
    except ValueError as error:
        why = str(error)
    return [Cause.invalid(f"data[{key}]", '"<secret contents redacted>"', why)]


def _wrong_key(key: str) -> str:
    """https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-object"""
    if len(key) > 253:
        return "must be no more than 253 bytes"
    if not CONFIG_KEY.fullmatch(key):
        return NOT_A_CONFIG_KEY
    if key in (".", ".."):
        return f"must not be '{key}'"
    return "must not start with '..'" if key.startswith("..") else ""


def _wrong_byte(text: str) -> int | None:
    """Where Go's decoder finds that `text` is not base64; None when it is. It overlooks line ends.

    Source: encoding/base64, decodeQuantum.
    """
    raw = text.encode()
    position = digits = 0
    while position < len(raw):
        byte = raw[position]
        if byte in BASE64:
            digits += 1
        elif byte == PADDING:
            return _wrong_padding(raw, position, digits % 4)
        elif byte not in LINE_END:
            return position
        position += 1
    return position - digits % 4 if digits % 4 else None


def _wrong_padding(raw: bytes, position: int, digits: int) -> int | None:
    """The same from the first `=` on, which comes after `digits` of a group of four."""
    if digits < 2:
        return position
    rest = [(number, byte) for number, byte in enumerate(raw) if number > position and byte not in LINE_END]
    if digits == 2:
        if not rest:
            return len(raw)
        number, byte = rest.pop(0)
        if byte != PADDING:
            return number - 1
    return rest[0][0] if rest else None
