"""One container of a Pod through its life: image, start, hooks, probes, end, back-off, restart.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-states
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pocketkube.node.backoff import Backoff, duration
from pocketkube.node.builtin import BuiltinContainer
from pocketkube.node.configuration import ConfigError
from pocketkube.node.containers import CannotStart, Container, signal_number
from pocketkube.node.images import ImageError
from pocketkube.node.logs import Log
from pocketkube.node.probing import keep_probing
from pocketkube.node.status import ContainerState
from pocketkube.node.termination_message import termination_message
from pocketkube.registry import timestamp
from pocketkube.store import Object

PULL_SHOWN = 1.0  # seconds for which a failed pull shows before the back-off does
CONFIG_RETRY = 10.0  # seconds between attempts to make a container whose ConfigMap or Secret is missing
LEAST_GRACE = 2.0  # seconds that a container has after its preStop hook, however long that took
NEVER = "1970-01-01T00:00:00Z"  # when a container started that could not: containerd has no time for it
KILLED = 128 + signal.SIGKILL
Running = Container | BuiltinContainer
PULL_FAILURES = ("ErrImagePull", "ErrImageNeverPull", "InvalidImageName")


@dataclass(frozen=True, slots=True)
class Made:
    """A container that is ready to start, and the file in which it may say why it ended."""

    container: Running
    message_file: Path


class Surroundings(Protocol):
    """What a runner asks of its Pod."""

    def make(self, spec: Object) -> Made:
        """Prepare a container; ImageError or ConfigError when it cannot be."""

    async def probe(self, probe: Object, container: Running, spec: Object) -> str | None: ...
    async def hook(self, handler: Object, container: Running, spec: Object) -> bool: ...
    def grace(self) -> float: ...
    def changed(self) -> None: ...
    def event(self, kind: str, reason: str, message: str, container: Object) -> None: ...
    def full_name(self) -> str: ...


class Runner:
    """Call `run` once; `state` always says how the container is."""

    def __init__(self, pod: Surroundings, spec: Object, restarts: Callable[[Object, int], bool]) -> None:
        self.state = ContainerState(spec)
        self.spec = spec
        self.current: Running | None = None
        self.log: Log | None = None
        self.previous_log: Log | None = None
        self.attempted = asyncio.Event()  # it runs, or could not be started
        self.started = asyncio.Event()  # its startup probe has succeeded, if it has one
        self._pod = pod
        self._restarts = restarts  # by exit code: is it to run again?
        self._ended = asyncio.Event()
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._woken = asyncio.Event()
        self._crashes = Backoff()
        self._pulls = Backoff()
        self._replaced = False
        self._watchers: list[asyncio.Task[None]] = []

    async def run(self) -> int:
        """Run until it ends for good or is stopped; the last exit code."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            code = await self._once()
            self.attempted.set()
            replaced, self._replaced = self._replaced, False
            if self._stopping.is_set() or not (code is None or replaced or self._restarts(self.spec, code)):
                return code or 0
            if code is not None:
                await self._wait_after_crash(loop.time() - began)
                self.state.restarts += 1
            elif self.state.state["waiting"]["reason"] in PULL_FAILURES:
                await self._wait_after_pull()
            else:
                await self._pause(CONFIG_RETRY)
            if self._stopping.is_set():
                return code or 0

    async def stop(self, grace: float) -> None:
        """End the container for good: preStop hook, stop signal, then, after `grace` seconds in all, SIGKILL."""
        self._stopping.set()
        if self.current:
            await self._kill(self.current, f"Stopping container {self.spec['name']}", grace)

    def hurry(self) -> None:
        """Nobody waits any longer for a container that is being stopped."""
        self._hurry.set()

    def wake(self) -> None:
        """What it waits for may be there: try again now."""
        self._woken.set()

    def replace(self, spec: Object) -> None:
        """Another image in place: the container runs anew with it, whatever its restart policy."""
        self.spec = self.state.spec = spec
        self._crashes.reset()
        self._pulls.reset()
        self.wake()
        if self.current:
            self._replaced = True
            message = f"Container {spec['name']} definition changed, will be restarted"
            self._watchers.append(asyncio.create_task(self._kill(self.current, message, self._pod.grace())))

    async def _once(self) -> int | None:
        """One run; None when it could not even be prepared."""
        self._ended.clear()
        self._woken.clear()
        try:
            made = self._pod.make(self.spec)
        except ImageError as error:
            self._cannot_pull(error)
            return None
        except ConfigError as error:
            self._wait_for("CreateContainerConfigError", str(error))
            self._pod.event("Warning", "Failed", f"Error: {error}", self.spec)
            return None
        self._pod.event("Normal", "Created", "Container created", self.spec)
        try:
            await made.container.start(stdin=self.spec.get("stdin", False))
        except CannotStart as error:
            return self._could_not_start(made.container, error)
        return await self._watch_over(made)

    async def _watch_over(self, made: Made) -> int:
        container, state = made.container, self.state
        self.current = container
        self.previous_log, self.log = self.log, container.log
        began = timestamp()
        self._identify(container)
        self._pod.event("Normal", "Started", "Container started", self.spec)
        if self._stopping.is_set():
            container.signal(signal.SIGKILL)
        self._watchers = [asyncio.create_task(self._begin(container, began))]
        code = await container.wait()
        self.current = None
        for watcher in self._watchers:
            watcher.cancel()
        state.ready = state.started = False
        self.started.clear()
        message = termination_message(self.spec, made.message_file, container.log, code)
        state.state = {
            "terminated": {
                "exitCode": code,
                "reason": "Completed" if code == 0 else "Error",
                **({"message": message} if message else {}),
                **container.killed,
                "startedAt": began,
                "finishedAt": timestamp(),
                "containerID": state.container_id,
            }
        }
        self._ended.set()
        self._pod.changed()
        await container.remove()
        return code

    def _identify(self, container: Running) -> None:
        self.state.container_id = f"containerd://{container.id}"
        self.state.image_id = container.image.id if isinstance(container, Container) else f"sha256:{container.id}"

    async def _begin(self, container: Running, began: str) -> None:
        """The postStart hook; only then does the container count as running, and its probes begin."""
        hook = (self.spec.get("lifecycle") or {}).get("postStart")
        if hook and not await self._hook(hook, container, "PostStart"):
            await self._kill(container, "FailedPostStartHook", self._pod.grace())
            return
        self.state.state = {"running": {"startedAt": began}}
        if "startupProbe" in self.spec:
            self._watch("Startup", container, self._has_started)
        else:
            self._has_started(True)
        self._pod.changed()
        self.attempted.set()

    def _has_started(self, succeeded: bool) -> None:
        """Its startup probe, if it has one, has come to a result; the others begin only with the first success."""
        container = self.current
        if container is None or self.state.started:
            return
        if not succeeded:
            self._fail(container, "startup", self.spec["startupProbe"])
            return
        self.state.started = True
        self.started.set()
        if "livenessProbe" in self.spec:
            self._watch("Liveness", container, self._is_alive)
        if "readinessProbe" in self.spec:
            self._watch("Readiness", container, self._is_ready)
        else:
            self.state.ready = True
        self._pod.changed()

    def _is_alive(self, succeeded: bool) -> None:
        if not succeeded and self.current:
            self._fail(self.current, "liveness", self.spec["livenessProbe"])

    def _is_ready(self, succeeded: bool) -> None:
        if self.state.ready != succeeded and self.current:
            self.state.ready = succeeded
            self._pod.changed()

    def _watch(self, kind: str, container: Running, change: Callable[[bool], None]) -> None:
        probe = self.spec[f"{kind.lower()}Probe"]

        async def send(probe: Object) -> str | None:
            if self._stopping.is_set() and kind != "Readiness":
                return None
            return await self._pod.probe(probe, container, self.spec)

        def tell(message: str) -> None:
            self._pod.event("Warning", "Unhealthy", message, self.spec)

        self._watchers.append(asyncio.create_task(keep_probing(kind, probe, send, tell, change)))

    def _fail(self, container: Running, kind: str, probe: Object) -> None:
        """A probe has failed too often: the container is killed, and restarted if its policy says so."""
        if self._stopping.is_set():
            return
        message = f"Container {self.spec['name']} failed {kind} probe"
        if self._restarts(self.spec, KILLED):
            message += ", will be restarted"
        grace = probe.get("terminationGracePeriodSeconds", self._pod.grace())
        for watcher in self._watchers[1:]:
            watcher.cancel()
        self._watchers.append(asyncio.create_task(self._kill(container, message, grace)))

    async def _kill(self, container: Running, message: str, grace: float) -> None:
        """Within `grace` seconds in all; with none left the container is killed at once."""
        self._pod.event("Normal", "Killing", message, self.spec)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        lifecycle = self.spec.get("lifecycle") or {}
        if grace > 0:
            if "preStop" in lifecycle and self.state.state.get("running"):
                await self._or_hurry(self._hook(lifecycle["preStop"], container, "PreStop"), grace)
                deadline = max(deadline, loop.time() + LEAST_GRACE)
            image_signal = container.image.stop_signal if isinstance(container, Container) else "SIGTERM"
            container.signal(signal_number(lifecycle.get("stopSignal") or image_signal))
            await self._or_hurry(self._ended.wait(), deadline - loop.time())
        if not self._ended.is_set():
            container.signal(signal.SIGKILL)
            await self._ended.wait()

    async def _hook(self, handler: Object, container: Running, kind: str) -> bool:
        succeeded = await self._pod.hook(handler, container, self.spec)
        if not succeeded:
            self._pod.event("Warning", f"Failed{kind}Hook", f"{kind}Hook failed", self.spec)
        return succeeded

    async def _or_hurry(self, work: Awaitable[object], seconds: float) -> None:
        """Wait for `work` until the time is over, the container has ended, or somebody is in a hurry."""
        with _tasks(work, self._hurry.wait(), self._ended.wait()) as tasks:
            await asyncio.wait(tasks, timeout=max(seconds, 0), return_when=asyncio.FIRST_COMPLETED)

    async def _wait_after_crash(self, lasted: float) -> None:
        if "terminated" in self.state.state:
            self.state.last_state = self.state.state
        delay = self._crashes.take(lasted)
        if delay:
            name = f"container={self.spec['name']} pod={self._pod.full_name()}"
            self._wait_for("CrashLoopBackOff", f"back-off {duration(delay)} restarting failed {name}")
            message = f"Back-off restarting failed container {self.spec['name']} in pod {self._pod.full_name()}"
            self._pod.event("Warning", "BackOff", message, self.spec)
            await self._pause(delay)

    async def _wait_after_pull(self) -> None:
        waiting = self.state.state["waiting"]
        await self._pause(PULL_SHOWN)
        delay = self._pulls.take() or self._pulls.take()
        if waiting["reason"] == "ErrImagePull" and not self._stopping.is_set() and not self._woken.is_set():
            text = f'Back-off pulling image "{self.spec["image"]}"'
            self._wait_for("ImagePullBackOff", f"{text}: ErrImagePull: {waiting['message']}")
            self._pod.event("Normal", "BackOff", text, self.spec)
            self._pod.event("Warning", "Failed", "Error: ImagePullBackOff", self.spec)
        await self._pause(delay - PULL_SHOWN)

    async def _pause(self, seconds: float) -> None:
        """Real time that Kubernetes lets pass, cut short when the container is to stop or has something new."""
        if not self._woken.is_set():
            with _tasks(self._stopping.wait(), self._woken.wait()) as tasks:
                await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    def _cannot_pull(self, error: ImageError) -> None:
        image, reason = self.spec["image"], error.reason
        if reason == "ErrImagePull":
            self._pod.event("Normal", "Pulling", f'Pulling image "{image}"', self.spec)
        told = {"ErrImageNeverPull": "ErrImageNeverPull", "InvalidImageName": "InspectFailed"}.get(reason, "Failed")
        self._pod.event("Warning", told, str(error), self.spec)
        self._pod.event("Warning", "Failed", f"Error: {reason}", self.spec)
        self._wait_for(reason, str(error).removeprefix(f'Failed to pull image "{image}": '))

    def _could_not_start(self, container: Running, error: CannotStart) -> int:
        message = f"failed to create containerd task: failed to create shim task: OCI runtime create failed: {error}"
        self._identify(container)
        container.log.close()
        self.previous_log, self.log = self.log, container.log
        ended = {
            "exitCode": 128,
            "reason": "StartError",
            "message": message,
            "startedAt": NEVER,
            "finishedAt": timestamp(),
            "containerID": self.state.container_id,
        }
        self.state.state = {"terminated": ended}
        self._pod.event("Warning", "Failed", f"Error: {message}", self.spec)
        self._pod.changed()
        if self._restarts(self.spec, 128):
            self.state.last_state = self.state.state
            self._wait_for("RunContainerError", message)
        return 128

    def _wait_for(self, reason: str, message: str) -> None:
        self.state.state = {"waiting": {"reason": reason, "message": message}}
        self._pod.changed()


@contextlib.contextmanager
def _tasks(*work: Awaitable[object]) -> Iterator[Sequence[asyncio.Future[object]]]:
    """All of it at once; what is not done at the end is cancelled."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
