"""The tokens by which Pods say who they are to the API: https://kubernetes.io/docs/concepts/security/service-accounts/

They are JSON Web Tokens (RFC 7519) bound to a Pod, as those of the TokenRequest API are. They are signed with HMAC
(RFC 7518 3.2): whoever verifies them here is the one who signs them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
import uuid
from typing import Any

from pocketkube.store import Object

ISSUER = "https://kubernetes.default.svc.cluster.local"
# What asks for 3607 seconds asks in the name of the admission plugin, and is given a year.
PLUGIN_SECONDS, EXTENDED_SECONDS = 3607, 365 * 24 * 3600


class ServiceAccountTokens:
    """Signs and verifies with `key`."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, pod: Object, account_uid: str, asked: Object) -> str:
        """A token for a Pod. `asked`: a ServiceAccountTokenProjection."""
        metadata = pod["metadata"]
        seconds = asked.get("expirationSeconds", 3600)
        name = pod["spec"].get("serviceAccountName", "default")
        about = {
            "namespace": metadata["namespace"],
            "node": {"name": pod["spec"].get("nodeName", "")},
            "pod": {"name": metadata["name"], "uid": metadata["uid"]},
            "serviceaccount": {"name": name, "uid": account_uid},
        }
        lasts = EXTENDED_SECONDS if seconds == PLUGIN_SECONDS else seconds
        return self._signed(about, [asked.get("audience") or ISSUER], lasts)

    def issue_unbound(self, account: Object, audiences: list[str], seconds: int) -> str:
        """A token for a ServiceAccount that is bound to nothing, as `kubectl create token` asks for."""
        metadata = account["metadata"]
        about = {
            "namespace": metadata["namespace"],
            "serviceaccount": {"name": metadata["name"], "uid": metadata["uid"]},
        }
        return self._signed(about, audiences, seconds)

    def _signed(self, about: Object, audiences: list[str], seconds: int) -> str:
        now = int(time.time())
        claims = {
            "aud": audiences,
            "exp": now + seconds,
            "iat": now,
            "iss": ISSUER,
            "jti": str(uuid.uuid4()),
            "kubernetes.io": about,
            "nbf": now,
            "sub": f"system:serviceaccount:{about['namespace']}:{about['serviceaccount']['name']}",
        }
        signed = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
        return f"{signed}.{self._signature(signed)}"

    def verify(self, token: str) -> str | None:
        """The user that the token is of, for the API's own audience; None when it is none of these, or has expired."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(signed).encode(), signature.encode()):
            return None
        try:
            claims = json.loads(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
        except (ValueError, binascii.Error):
            return None
        valid = ISSUER in claims["aud"] and claims["exp"] > time.time()
        return str(claims["sub"]) if valid else None

    def _signature(self, signed: str) -> str:
        return _text(hmac.new(self._key, signed.encode(), hashlib.sha256).digest())


def _encode(value: Any) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
