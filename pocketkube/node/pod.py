"""One Pod on its node: network, volumes, containers in order, status, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pocketkube.errors import ApiError
from pocketkube.events import EventRecorder
from pocketkube.node.builtin import BuiltinContainer, Program
from pocketkube.node.containers import Container
from pocketkube.node.environment import ConfigError, environment, expand
from pocketkube.node.images import Image, Images
from pocketkube.node.network import ClusterNetwork, Node, PodNetwork
from pocketkube.node.oci import Launch, Mount
from pocketkube.node.probes import Prober
from pocketkube.node.processes import Processes, exit_code, read_all_of
from pocketkube.node.runner import Runner
from pocketkube.node.status import INITIALIZING, pod_status
from pocketkube.node.volumes import container_mounts, hostname, write_node_files, write_volumes
from pocketkube.quantity import parse
from pocketkube.registry import Registry
from pocketkube.resources import PODS
from pocketkube.sandbox import RUN
from pocketkube.store import Object

PODS_DIRECTORY = RUN / "pocketkube" / "pods"
VOLUME_RETRY = 2.0  # seconds between attempts to fill a volume whose ConfigMap is missing

# Called with a Pod and its address before anything in it runs, as a network plugin is; OSError keeps it from running.
Joined = Callable[[Object, str], None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Machine:
    """What the Pods of a node share."""

    registry: Registry
    network: ClusterNetwork
    node: Node
    processes: Processes
    images: Images
    prober: Prober
    recorder: EventRecorder
    builtins: dict[str, Program]
    joined: Joined


class PodWorker:
    """Start `run` as a task; `terminate` ends it; it calls `gone` with the Pod's uid at the very end."""

    def __init__(self, machine: Machine, pod: Object, gone: Callable[[str], None]) -> None:
        self.pod = pod
        self.uid: str = pod["metadata"]["uid"]
        spec = pod["spec"]
        policy = spec.get("restartPolicy", "Always")
        self.containers = [
            Runner(self, each, lambda code: policy == "Always" or (policy == "OnFailure" and code != 0))
            for each in spec["containers"]
        ]
        self.inits = [
            Runner(self, each, lambda code: policy != "Never" and code != 0)
            for each in spec.get("initContainers") or ()
        ]
        for runner in self.containers if self.inits else ():
            runner.state.state = INITIALIZING
        self._machine = machine
        self._gone = gone
        self._network: PodNetwork | None = None
        self._mounts: list[Mount] = []
        self._volumes: dict[str, Path] = {}
        self._directory = PODS_DIRECTORY / self.uid
        self._tasks: list[asyncio.Task[int]] = []
        self._setup: asyncio.Task[None] | None = None
        self._ending = False
        self._dirty = False

    def start(self) -> None:
        self._setup = asyncio.create_task(self._run(), name=f"pod {self.full_name()}")
        self._setup.add_done_callback(_log_failure)

    def runner(self, container: str) -> Runner | None:
        return next((each for each in (*self.inits, *self.containers) if each.spec["name"] == container), None)

    def terminate(self, grace: float) -> asyncio.Task[None]:
        """Stop the containers, clear up, and take the Pod out of the API."""
        return asyncio.create_task(self._terminate(grace), name=f"end of pod {self.full_name()}")

    # What runners ask of their Pod (runner.Surroundings).

    def make(self, spec: Object) -> Container | BuiltinContainer:
        machine = self._machine
        assert self._network
        if spec["image"] in machine.builtins:
            return BuiltinContainer(machine.builtins[spec["image"]], self._network.netns)
        policy = spec.get("imagePullPolicy", "IfNotPresent")
        image = machine.images.find(spec["image"], policy)
        self._tell_of_pull(spec, policy)
        return Container(machine.processes, image, self._launch(spec, image))

    async def probe(self, probe: Object, container: Container | BuiltinContainer, spec: Object) -> str:
        assert self._network

        async def execute(arguments: list[str]) -> tuple[int, str]:
            pid, streams = await container.execute(arguments, stdin=False, terminal=False)
            output = await read_all_of(streams.stdout, streams.stderr)
            return exit_code(await self._machine.processes.wait(pid)), output.decode(errors="replace")

        return await self._machine.prober.probe(probe, spec, self._network.address, execute)

    def changed(self) -> None:
        """Write the status once the current step of the event loop is done, however often this is called in it."""
        if not self._dirty:
            self._dirty = True
            asyncio.get_running_loop().call_soon(self._write_status)

    def event(self, kind: str, reason: str, message: str, container: Object) -> None:
        part = "initContainers" if any(each.spec is container for each in self.inits) else "containers"
        self._machine.recorder.event(self.pod, kind, reason, message, f"spec.{part}{{{container['name']}}}")

    def full_name(self) -> str:
        metadata = self.pod["metadata"]
        return f"{metadata['name']}_{metadata['namespace']}({self.uid})"

    async def _run(self) -> None:
        self.changed()
        self._network = self._machine.network.add_pod(self._machine.node.name)
        self._machine.joined(self.pod, self._network.address)
        await self._fill_volumes()
        for runner in self.inits:
            if await self._begin(runner) != 0:
                return
        for runner in self.containers:
            self._tasks.append(asyncio.create_task(runner.run(), name=f"{runner.spec['name']} of {self.full_name()}"))
            self._tasks[-1].add_done_callback(_log_failure)
            await runner.attempted.wait()
            if self._ending:
                return

    async def _begin(self, runner: Runner) -> int:
        """An init container, to its end; the following ones wait for it."""
        task = asyncio.create_task(runner.run())
        self._tasks.append(task)
        code = await task
        return -1 if self._ending else code

    async def _fill_volumes(self) -> None:
        assert self._network
        self._mounts = write_node_files(self.pod, self._directory, self._network.address)
        while not self._ending:
            try:
                self._volumes = write_volumes(self._machine.registry.store, self.pod, self._directory)
                return
            except ConfigError as error:
                shutil.rmtree(self._directory / "volumes", ignore_errors=True)
                message = f"MountVolume.SetUp failed for volume: {error}"
                self._machine.recorder.event(self.pod, "Warning", "FailedMount", message)
                await asyncio.sleep(VOLUME_RETRY)

    def _launch(self, spec: Object, image: Image) -> Launch:
        assert self._network
        variables = environment(self._machine.registry.store, self.pod_with_address(), spec)
        command = [expand(word, variables) for word in spec.get("command") or image.entrypoint]
        given = spec.get("args")
        if given is None:
            given = [] if spec.get("command") else list(image.command)
        arguments = command + [expand(word, variables) for word in given]
        name = hostname(self.pod)
        defaults = {f"HOSTNAME={name}", "HOME=/root", *(["TERM=xterm"] if spec.get("tty") else [])}
        return Launch(
            arguments=arguments,
            environment=[
                *image.environment,
                *sorted(defaults),
                *(f"{key}={value}" for key, value in variables.items()),
            ],
            working_directory=spec.get("workingDir") or image.working_directory,
            hostname=name,
            terminal=spec.get("tty", False),
            mounts=[*self._mounts, *container_mounts(spec, self._volumes)],
            network=f"/proc/1/fd/{self._network.netns}",
            memory_limit=int(parse(((spec.get("resources") or {}).get("limits") or {}).get("memory", "0"))),
            read_only_root=(spec.get("securityContext") or {}).get("readOnlyRootFilesystem", False),
        )

    def pod_with_address(self) -> Object:
        """The Pod as the downward API shows it: its address is known before its status is written."""
        assert self._network
        address, host = self._network.address, self._machine.node.address
        addresses = {"podIP": address, "podIPs": [{"ip": address}], "hostIP": host, "hostIPs": [{"ip": host}]}
        return {**self.pod, "status": {**self.pod.get("status", {}), **addresses}}

    def _tell_of_pull(self, spec: Object, policy: str) -> None:
        image = spec["image"]
        if policy == "Always":
            self.event("Normal", "Pulling", f'Pulling image "{image}"', spec)
            message = f'Successfully pulled image "{image}" in 1ms (1ms including waiting). Image size: 0 bytes.'
        else:
            message = f'Container image "{image}" already present on machine and can be accessed by the pod'
        self.event("Normal", "Pulled", message, spec)

    def _write_status(self) -> None:
        self._dirty = False
        registry = self._machine.registry
        metadata = self.pod["metadata"]
        live = registry.store.find(PODS, metadata["namespace"], metadata["name"])
        if live is None or live["metadata"]["uid"] != self.uid:
            return
        address = self._network.address if self._network else ""
        status = pod_status(
            live,
            live.get("status", {}),
            address,
            self._machine.node.address,
            [runner.state for runner in self.inits],
            [runner.state for runner in self.containers],
        )
        with contextlib.suppress(ApiError):  # deleted meanwhile
            registry.update(PODS, {**live, "status": status}, subresource="status")

    async def _terminate(self, grace: float) -> None:
        self._ending = True
        if self._setup and not self._setup.done() and not self._tasks:
            self._setup.cancel()
        runners = [*self.inits, *self.containers]
        await asyncio.gather(*(runner.stop(grace) for runner in runners))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._network:
            self._machine.network.remove_pod(self._network)
        shutil.rmtree(self._directory, ignore_errors=True)
        metadata = self.pod["metadata"]
        now = {"gracePeriodSeconds": 0, "preconditions": {"uid": self.uid}}
        with contextlib.suppress(ApiError):  # deleted by force
            self._machine.registry.delete(PODS, metadata["namespace"], metadata["name"], now)
        self._gone(self.uid)


def _log_failure(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and task.exception():
        log.error("%s failed", task.get_name(), exc_info=task.exception())
