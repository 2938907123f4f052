"""One container of a Pod through its life: image, start, probes, end, back-off, restart."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from typing import Protocol

from pocketkube.node.builtin import BuiltinContainer
from pocketkube.node.containers import CannotStart, Container, signal_number
from pocketkube.node.environment import ConfigError
from pocketkube.node.images import ImageError
from pocketkube.node.logs import Log
from pocketkube.node.probes import period
from pocketkube.node.status import ContainerState
from pocketkube.registry import timestamp
from pocketkube.store import Object

FIRST_BACK_OFF = 10.0  # seconds; doubled at each restart
LONGEST_BACK_OFF = 300.0
PULL_SHOWN = 1.0  # seconds for which a failed pull shows before the back-off does
STABLE = 600.0  # a container that ran this long starts over with the first back-off


class Surroundings(Protocol):
    """What a runner asks of its Pod."""

    def make(self, spec: Object) -> Container | BuiltinContainer:
        """Prepare a container; ImageError or ConfigError when it cannot be."""

    async def probe(self, probe: Object, container: Container | BuiltinContainer, spec: Object) -> str: ...
    def changed(self) -> None: ...
    def event(self, kind: str, reason: str, message: str, container: Object) -> None: ...
    def full_name(self) -> str: ...


class Runner:
    """Call `run` once; `state` always says how the container is."""

    def __init__(self, pod: Surroundings, spec: Object, restarts: Callable[[int], bool]) -> None:
        self.state = ContainerState(spec)
        self.spec = spec
        self.current: Container | BuiltinContainer | None = None
        self.log: Log | None = None
        self.previous_log: Log | None = None
        self.attempted = asyncio.Event()
        self._pod = pod
        self._restarts = restarts  # by exit code: is it to run again?
        self._ended = asyncio.Event()
        self._stopping = asyncio.Event()
        self._back_off = 0.0

    async def run(self) -> int:
        """Run until it ends for good or is stopped; the last exit code."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            code = await self._once()
            self.attempted.set()
            if self._stopping.is_set() or (code is not None and not self._restarts(code)):
                return code or 0
            if loop.time() - began > STABLE:
                self._back_off = 0.0
            await self._wait_before_restart(code)
            if self._stopping.is_set():
                return code or 0
            if code is not None:
                self.state.restarts += 1

    async def stop(self, grace: float, stop_signal: str = "") -> None:
        """End the container: its stop signal, then, after `grace` seconds, SIGKILL."""
        self._stopping.set()
        container = self.current
        if container is None:
            return
        self._pod.event("Normal", "Killing", f"Stopping container {self.spec['name']}", self.spec)
        image_signal = container.image.stop_signal if isinstance(container, Container) else "SIGTERM"
        if grace > 0:
            container.signal(signal_number(stop_signal or image_signal))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), grace)
        if not self._ended.is_set():
            container.signal(signal.SIGKILL)
            await self._ended.wait()

    async def _once(self) -> int | None:
        """One run; None when it could not even be prepared."""
        self._ended.clear()
        try:
            container = self._pod.make(self.spec)
        except ImageError as error:
            self._cannot_pull(error)
            return None
        except ConfigError as error:
            self._wait_for("CreateContainerConfigError", str(error))
            self._pod.event("Warning", "Failed", f"Error: {error}", self.spec)
            return None
        self._pod.event("Normal", "Created", "Container created", self.spec)
        try:
            await container.start(stdin=self.spec.get("stdin", False))
        except CannotStart as error:
            return self._could_not_start(error)
        return await self._watch_over(container)

    async def _watch_over(self, container: Container | BuiltinContainer) -> int:
        self.current = container
        self.previous_log, self.log = self.log, container.log
        started = timestamp()
        self.state.state = {"running": {"startedAt": started}}
        self.state.container_id = f"containerd://{container.id}"
        self.state.image_id = container.image.id if isinstance(container, Container) else f"sha256:{container.id}"
        self.state.started = True
        self.state.ready = "readinessProbe" not in self.spec
        self._pod.event("Normal", "Started", "Container started", self.spec)
        self._pod.changed()
        self.attempted.set()
        probing = asyncio.create_task(self._probe_readiness(container)) if not self.state.ready else None
        if self._stopping.is_set():
            container.signal(signal.SIGKILL)
        code = await container.wait()
        if probing:
            probing.cancel()
        self.current = None
        self.state.ready = self.state.started = False
        self.state.state = {
            "terminated": {
                "exitCode": code,
                "reason": "Completed" if code == 0 else "Error",
                **container.killed,
                "startedAt": started,
                "finishedAt": timestamp(),
                "containerID": self.state.container_id,
            }
        }
        self._ended.set()
        self._pod.changed()
        await container.remove()
        return code

    async def _probe_readiness(self, container: Container | BuiltinContainer) -> None:
        probe = self.spec["readinessProbe"]
        await asyncio.sleep(probe.get("initialDelaySeconds", 0))
        loop = asyncio.get_running_loop()
        attempts = successes = failures = 0
        counted = -float("inf")
        succeeded_before = False
        while True:
            problem = await self._pod.probe(probe, container, self.spec)
            # Of the quick attempts before the first success only one a period counts as a failure.
            counts = succeeded_before or loop.time() - counted >= probe.get("periodSeconds", 10)
            if not problem:
                successes, failures, succeeded_before = successes + 1, 0, True
                if successes >= probe.get("successThreshold", 1):
                    self._set_ready(True)
            elif counts:
                successes, failures, counted = 0, failures + 1, loop.time()
                if attempts > 0 or succeeded_before:
                    self._pod.event("Warning", "Unhealthy", f"Readiness probe failed: {problem}", self.spec)
                if failures >= probe.get("failureThreshold", 3):
                    self._set_ready(False)
            await asyncio.sleep(period(probe, succeeded_before, attempts))
            attempts += 1

    def _set_ready(self, ready: bool) -> None:
        if self.state.ready != ready and self.current is not None:
            self.state.ready = ready
            self._pod.changed()

    async def _wait_before_restart(self, code: int | None) -> None:
        """The first restart after a run comes at once; then 10 s, 20 s, up to 5 minutes."""
        delay = self._back_off
        self._back_off = min(max(delay * 2, FIRST_BACK_OFF), LONGEST_BACK_OFF)
        if code is None:
            await self._pause(PULL_SHOWN)
            self._back_off_pulling()
            await self._pause(max(delay, FIRST_BACK_OFF))
            return
        self.state.last_state = self.state.state
        if delay:
            name = f"container={self.spec['name']} pod={self._pod.full_name()}"
            self._wait_for("CrashLoopBackOff", f"back-off {_duration(delay)} restarting failed {name}")
            message = f"Back-off restarting failed container {self.spec['name']} in pod {self._pod.full_name()}"
            self._pod.event("Warning", "BackOff", message, self.spec)
            await self._pause(delay)

    async def _pause(self, seconds: float) -> None:
        """Real time that Kubernetes lets pass, cut short when the container is to stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def _cannot_pull(self, error: ImageError) -> None:
        if error.reason == "ErrImagePull":
            self._pod.event("Normal", "Pulling", f'Pulling image "{self.spec["image"]}"', self.spec)
        self._pod.event("Warning", "Failed", str(error), self.spec)
        self._pod.event("Warning", "Failed", f"Error: {error.reason}", self.spec)
        self._wait_for(error.reason, str(error))

    def _back_off_pulling(self) -> None:
        waiting = self.state.state.get("waiting", {})
        if waiting.get("reason") != "ErrImagePull" or self._stopping.is_set():
            return
        text = f'Back-off pulling image "{self.spec["image"]}"'
        self._wait_for("ImagePullBackOff", f"{text}: ErrImagePull: {waiting['message']}")
        self._pod.event("Normal", "BackOff", text, self.spec)
        self._pod.event("Warning", "Failed", "Error: ImagePullBackOff", self.spec)

    def _could_not_start(self, error: CannotStart) -> int:
        message = (
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: "
            f"{str(error).removeprefix('error: ')}: unknown"
        )
        now = timestamp()
        ended = {"exitCode": 128, "reason": "StartError", "message": message, "startedAt": now, "finishedAt": now}
        self.state.state = {"terminated": ended}
        self._pod.event("Warning", "Failed", f"Error: {message}", self.spec)
        self._pod.changed()
        return 128

    def _wait_for(self, reason: str, message: str) -> None:
        self.state.state = {"waiting": {"reason": reason, "message": message}}
        self._pod.changed()


def _duration(seconds: float) -> str:
    """As Go prints it: 10s, 1m20s."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
