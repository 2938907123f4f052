"""One holder at a time among all that use a cluster: whoever has created, or taken over, a ConfigMap in kube-system.

A Lease as client-go's leader election keeps it, but in a ConfigMap, which every cluster serves and every client can
read. Nobody's clock is trusted: a holder is taken for dead when one who waits has seen no renewal for EXPIRES seconds.
Source: https://pkg.go.dev/k8s.io/client-go/tools/leaderelection
"""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from typing import Any

from graders.api import Refused, call
from graders.verdict import GraderError

CONFIG_MAPS = "/api/v1/namespaces/kube-system/configmaps"
EXPIRES = 15.0  # seconds without a renewal
RENEW = 3.0  # seconds between renewals: several may fail before it expires
GONE = (404, 409)  # what the API server says when another has changed or removed it


class Lease:
    """`holder`: who had it when it was last looked at. `held`: it is ours, as far as we know."""

    def __init__(self, api: Any, name: str, owner: str) -> None:
        self.holder = ""
        self.held = False
        self._api = api
        self._name = name
        self._owner = owner
        self._path = f"{CONFIG_MAPS}/{name}"
        self._revision = ""
        self._since = 0.0  # when this revision was first seen, or written

    def try_to_acquire(self) -> bool:
        """Take it if nobody has it, or if its holder is dead."""
        found = call(self._api, "GET", self._path)
        if found is None:
            self.held = self._write("POST", CONFIG_MAPS)
            return self.held
        revision, now = found["metadata"]["resourceVersion"], time.monotonic()
        self.holder = (found.get("data") or {}).get("holder", "somebody")
        if revision != self._revision:
            self._revision, self._since = revision, now
        self.held = now - self._since > EXPIRES and self._write("PUT", self._path)
        return self.held

    def renew(self) -> None:
        """Show that the holder lives; does nothing when it has been shown just now. GraderError when it is lost."""
        if time.monotonic() - self._since < RENEW:
            return
        try:
            self.held = self._write("PUT", self._path)
        except Exception:  # whatever urllib3 or the client raise: the next renewal is soon enough
            return
        if not self.held:
            raise GraderError(f"another grading has taken {self._name} over, since this one stood still too long")

    def release(self) -> None:
        """Give it up; one that cannot be given up expires."""
        self.held = False
        only_ours = {"preconditions": {"resourceVersion": self._revision}}
        with contextlib.suppress(Exception):
            call(self._api, "DELETE", self._path, only_ours)

    def _write(self, method: str, path: str) -> bool:
        """False when another was faster."""
        metadata = {"name": self._name, **({"resourceVersion": self._revision} if method == "PUT" else {})}
        data = {"holder": self._owner, "renewed": datetime.now(UTC).isoformat()}
        try:
            made = call(self._api, method, path, {"metadata": metadata, "data": data})
        except Refused as error:
            if error.code in GONE:
                return False
            raise
        self._revision, self._since = made["metadata"]["resourceVersion"], time.monotonic()
        return True
