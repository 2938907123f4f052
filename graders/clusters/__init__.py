"""Bring up a cluster: all that the rest ever sees of it is a kubeconfig, a context and a client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from graders.api import call
from graders.verdict import GraderError

EMBEDDED = "pocketkube"  # the name of such a cluster


class NoCluster(Exception):
    """The cluster that was asked for cannot be had: one sentence with the remedy."""


@dataclass(slots=True)
class RunningCluster:
    """`ours`: it ends with the session, so nothing in it needs to be cleared up. `wait` returns when it is ready.

    `dns_may_change`: a lab may put an entry into its CoreDNS while it runs. `identity`: its kind and version: a verdict
    depends on them. `api`, a kubernetes.client.ApiClient, `version` and `identity` are there after `connect`.
    """

    name: str
    why: str
    kubeconfig: Path
    context: str
    ours: bool
    dns_may_change: bool = True
    wait: Callable[[], object] = field(default=lambda: None)
    stop: Callable[[], object] = field(default=lambda: None)
    log: Callable[[], str] = field(default=lambda: "")
    api: Any = None
    version: str = ""
    identity: str = ""

    @property
    def embedded(self) -> bool:
        """Then there may be as many more as are needed."""
        return self.name == EMBEDDED

    @contextmanager
    def for_thread(self) -> Iterator[RunningCluster]:
        """The same, connected by a client of its own: kubernetes.stream changes the one that it uses while it does."""
        other = replace(self, ours=False, wait=lambda: None, stop=lambda: None, api=None)
        try:
            other.connect()
            yield other
        finally:
            other.end()

    def connect(self) -> None:
        """Wait until it is ready, and open a client; NoCluster when it does not become so."""
        from kubernetes import client, config  # noqa: PLC0415 - 0.25 s, while the cluster starts

        self.wait()
        try:
            config.load_kube_config(str(self.kubeconfig), self.context)  # type: ignore[no-untyped-call]
            self.api = client.ApiClient()
            if self.embedded:  # its token never changes; to look takes as long as half a request, at each request
                self.api.configuration.refresh_api_key_hook = None
            self.version = str(call(self.api, "GET", "/version")["gitVersion"])
            self.identity = self.identity or f"{self.name.partition(' ')[0]} {self.version}"
        except GraderError as error:
            raise NoCluster(str(error)) from error
        except Exception as error:  # whatever the client raises: it is no fault of the student's
            raise NoCluster(f"the cluster does not answer: {type(error).__name__}: {error}") from error

    def end(self) -> None:
        if self.api is not None:
            self.api.close()
        self.stop()
