"""One Pod on its node: network, volumes, containers in order, status, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from pocketkube.errors import ApiError
from pocketkube.events import EventRecorder
from pocketkube.node.builtin import BuiltinContainer, Program
from pocketkube.node.containers import CannotStart, Container
from pocketkube.node.hooks import run_hook
from pocketkube.node.images import Images
from pocketkube.node.launch import launch_of
from pocketkube.node.local_storage import excess
from pocketkube.node.network import ClusterNetwork, Node, PodNetwork
from pocketkube.node.node_files import hostname, write_node_files
from pocketkube.node.oci import Mount
from pocketkube.node.probes import Prober
from pocketkube.node.processes import Processes, exit_code, read_all_of
from pocketkube.node.restarts import is_sidecar, runs_again
from pocketkube.node.runner import Made, Runner, Running
from pocketkube.node.security import volume_group
from pocketkube.node.status import EVICTED, INITIALIZING, Situation, gates, pod_status, rejected_status
from pocketkube.node.sysctls import network_sysctls
from pocketkube.node.volumes import VolumeError, Volumes
from pocketkube.registry import Registry
from pocketkube.resources import PODS, SECRETS, SERVICEACCOUNTS
from pocketkube.sandbox import RUN
from pocketkube.service_account_tokens import ServiceAccountTokens
from pocketkube.store import Object

PODS_DIRECTORY = RUN / "pocketkube" / "pods"
FIRST_RETRY, LONGEST_RETRY = 0.5, 122.0  # seconds between attempts to fill a volume whose ConfigMap is missing
EVICTION_GRACE = 1.0  # seconds that a Pod has which is evicted
TOO_LONG: Object = {
    "reason": "DeadlineExceeded",
    "message": "Pod was active on the node longer than the specified deadline",
}

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
    tokens: ServiceAccountTokens


class PodWorker:
    """`start` it; `terminate` ends it; it calls `gone` with the Pod's uid at the very end."""

    def __init__(self, machine: Machine, pod: Object, gone: Callable[[str], None]) -> None:
        self.pod = pod
        self.uid: str = pod["metadata"]["uid"]
        spec = pod["spec"]
        self.inits = [self._runner(each, init=True) for each in spec.get("initContainers") or ()]
        self.containers = [self._runner(each, init=False) for each in spec["containers"]]
        self.ephemeral: list[Runner] = []  # those that have begun
        for runner in (*self.inits, *self.containers) if self.inits else ():
            runner.state.state = INITIALIZING
        self._machine = machine
        self._gone = gone
        self._network: PodNetwork | None = None
        self._mounts: list[Mount] = []
        self._directory = PODS_DIRECTORY / self.uid
        self._volumes = Volumes(machine.registry.store, self._directory / "volumes", self._token)
        self._tasks: list[asyncio.Task[int]] = []
        self._debugging: list[asyncio.Task[int]] = []  # of ephemeral containers: nothing waits for their end
        self._setup: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._ending = False
        self._rejected = False
        self._failure: Object = {}
        self._config_changed = asyncio.Event()
        self._dirty = False

    def reject(self, why: Object) -> None:
        """It never starts; `why` is a kubelet_admission.rejection."""
        self._rejected = True
        self._failure = {**why, "message": f"Pod was rejected: {why['message']}"}
        self._machine.recorder.event(self.pod, "Warning", why["reason"], why["message"])
        self.changed()

    def start(self) -> None:
        self._setup = asyncio.create_task(self._run(), name=f"pod {self.full_name()}")
        self._setup.add_done_callback(_log_failure)
        self._arm_deadline()

    @property
    def netns(self) -> int | None:
        """The Pod's network namespace, once it has one."""
        return self._network.netns if self._network else None

    def runner(self, container: str) -> Runner | None:
        return next((each for each in self.runners if each.spec["name"] == container), None)

    @property
    def runners(self) -> list[Runner]:
        return [*self.inits, *self.containers, *self.ephemeral]

    def update(self, pod: Object) -> None:
        """The Pod has changed: its labels, an image, its deadline."""
        before, self.pod = self.pod, pod
        if pod["spec"] != before["spec"] and not self._ending:
            named = {
                each["name"]: each for kind in ("initContainers", "containers") for each in pod["spec"].get(kind) or ()
            }
            for runner in (*self.inits, *self.containers):
                if named[runner.spec["name"]]["image"] != runner.spec["image"]:
                    runner.replace(named[runner.spec["name"]])
            self._begin_ephemeral()
            self._arm_deadline()
            self.changed()
        if gates(pod) != gates(before):
            self.changed()
        if any(pod["metadata"].get(each) != before["metadata"].get(each) for each in ("labels", "annotations")):
            self.config_changed()

    def config_changed(self) -> None:
        """A ConfigMap or Secret of its namespace has: volumes show it, and who waits for one tries again."""
        self._config_changed.set()
        for runner in self.runners:
            if runner.state.state.get("waiting", {}).get("reason") == "CreateContainerConfigError":
                runner.wake()
        if self._volumes.paths and not self._ending:
            with contextlib.suppress(VolumeError):  # what it has shown so far stays
                self._volumes.write(self.pod, volume_group(self.pod))

    def claim_changed(self, claim: Object) -> None:
        """A Pod of its namespace may wait for it."""
        if claim["metadata"]["namespace"] == self.pod["metadata"]["namespace"]:
            self._config_changed.set()

    def evict_if_overfull(self) -> None:
        """End it when it keeps more in an emptyDir than it said."""
        message = "" if self._is_over() else excess(self.pod, self._volumes.paths)
        if message:
            self._end({"reason": EVICTED, "message": message}, "Warning", EVICTION_GRACE)

    def terminate(self, grace: float) -> asyncio.Task[None]:
        """Stop the containers, clear up, and take the Pod out of the API."""
        return asyncio.create_task(self._terminate(grace), name=f"end of pod {self.full_name()}")

    def hurry(self) -> None:
        """Whoever is being stopped is killed now."""
        for runner in self.runners:
            runner.hurry()

    # What runners ask of their Pod (runner.Surroundings).

    def make(self, spec: Object) -> Made:
        machine = self._machine
        assert self._network
        message_file = self._directory / f"message-{secrets.token_hex(4)}"
        if spec["image"] in machine.builtins:
            return Made(BuiltinContainer(machine.builtins[spec["image"]], self._network.netns), message_file)
        policy = spec.get("imagePullPolicy", "IfNotPresent")
        self._tell_of_missing_pull_secrets()
        image = machine.images.find(spec["image"], policy)
        self._tell_of_pull(spec, policy, image.size)
        message_file.touch()
        message_file.chmod(0o666)
        launch = launch_of(
            machine.registry.store,
            self.pod_with_address(),
            spec,
            image,
            host=hostname(self.pod, machine.node.name),
            network=f"/proc/1/fd/{self._network.netns}",
            mounts=[*self._mounts, Mount(message_file, spec.get("terminationMessagePath", "/dev/termination-log"))],
            volumes=self._volumes.paths,
            processes=self._processes_of(spec.get("targetContainerName", "")),
        )
        for each in launch.identity.unmapped:
            what = f"{each} is not carried out: this cluster has one user id, and the container runs as root"
            self.event("Warning", "UnsupportedSecurityContext", what, spec)
        runner = self.runner(spec["name"])
        assert runner
        runner.state.user = launch.identity.status()
        return Made(Container(machine.processes, image, launch), message_file)

    async def probe(self, probe: Object, container: Running, spec: Object) -> str | None:
        assert self._network
        return await self._machine.prober.probe(probe, spec, self._network.address, self._executor(container))

    async def hook(self, handler: Object, container: Running, spec: Object) -> bool:
        assert self._network
        try:
            execute = self._executor(container)
            return await run_hook(handler, self._machine.prober, spec, self._network.address, execute)
        except CannotStart:
            return False

    def grace(self) -> float:
        return float(self.pod["spec"].get("terminationGracePeriodSeconds", 30))

    def changed(self) -> None:
        """Write the status once the current step of the event loop is done, however often this is called in it."""
        if not self._dirty:
            self._dirty = True
            asyncio.get_running_loop().call_soon(self._write_status)

    def event(self, kind: str, reason: str, message: str, container: Object) -> None:
        kinds = {"initContainers": self.inits, "ephemeralContainers": self.ephemeral}
        found = (kind for kind, runners in kinds.items() if any(each.spec is container for each in runners))
        part = next(found, "containers")
        self._machine.recorder.event(self.pod, kind, reason, message, f"spec.{part}{{{container['name']}}}")

    def full_name(self) -> str:
        metadata = self.pod["metadata"]
        return f"{metadata['name']}_{metadata['namespace']}({self.uid})"

    def _runner(self, container: Object, *, init: bool) -> Runner:
        return Runner(self, container, lambda spec, code: runs_again(self.pod["spec"], spec, code, init=init))

    def _begin_ephemeral(self) -> None:
        """Those that the Pod has been given since; each runs once, in the sandbox that is there."""
        for spec in self.pod["spec"].get("ephemeralContainers") or ():
            if self._network and not self._is_over() and self.runner(spec["name"]) is None:
                runner = Runner(self, spec, lambda _spec, _code: False)
                self.ephemeral.append(runner)
                self._debugging.append(self._begin(runner))

    def _processes_of(self, container: str) -> str:
        """The path of a container's pid namespace, or "" when it does not run."""
        runner = self.runner(container)
        running = runner.current if runner else None
        return f"/proc/{running.pid}/ns/pid" if isinstance(running, Container) and running.pid else ""

    def _executor(self, container: Running) -> Callable[[list[str]], asyncio.Future[tuple[int, str]]]:
        async def execute(arguments: list[str]) -> tuple[int, str]:
            pid, streams = await container.execute(arguments, stdin=False, terminal=False)
            output = await read_all_of(streams.stdout, streams.stderr)
            return exit_code(await self._machine.processes.wait(pid)), output.decode(errors="replace")

        return lambda arguments: asyncio.ensure_future(execute(arguments))

    async def _run(self) -> None:
        self.changed()
        await self._fill_volumes()
        if self._is_over():
            return
        network, node = self._machine.network, self._machine.node.name
        try:
            hostname(self.pod, node)
        except ValueError as error:
            message = f"Failed to create pod sandbox: {error}"
            self._machine.recorder.event(self.pod, "Warning", "FailedCreatePodSandBox", message)
            return
        if self.pod["spec"].get("hostNetwork"):
            self._network = network.of_node(node)
        else:
            self._network = network.add_pod(node, network_sysctls(self.pod))
            self._machine.joined(self.pod, self._network.address)
        self._mounts = write_node_files(self.pod, self._directory, self._network.address, node)
        self._begin_ephemeral()
        if await self._initialize():
            for runner in self.containers:
                self._tasks.append(self._begin(runner))
                await runner.attempted.wait()
                if self._is_over():
                    return
            await asyncio.gather(*self._tasks[-len(self.containers) :], return_exceptions=True)
        if not self._is_over():
            await self._finish()

    async def _initialize(self) -> bool:
        """Init containers one after the other, each to its end; a sidecar until it has started."""
        for runner in self.inits:
            task = self._begin(runner)
            self._tasks.append(task)
            if is_sidecar(runner.spec):
                started = asyncio.create_task(runner.started.wait())
                await asyncio.wait([task, started], return_when=asyncio.FIRST_COMPLETED)
                started.cancel()
            elif await task != 0:
                return False
            if self._is_over():
                return False
        return True

    def _is_over(self) -> bool:
        """Whether nothing more is to be started: it is being deleted, or was ended for its deadline."""
        return self._ending or bool(self._failure)

    def _begin(self, runner: Runner) -> asyncio.Task[int]:
        task = asyncio.create_task(runner.run(), name=f"{runner.spec['name']} of {self.full_name()}")
        task.add_done_callback(_log_failure)
        return task

    async def _fill_volumes(self) -> None:
        """Before there is a sandbox; a volume that cannot be filled is tried again, ever later."""
        delay = FIRST_RETRY
        while not self._is_over():
            self._config_changed.clear()
            try:
                self._volumes.write(self.pod, volume_group(self.pod))
                return
            except VolumeError as error:
                self._machine.recorder.event(self.pod, "Warning", "FailedMount", str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._config_changed.wait(), delay)
            delay = min(delay * 2, LONGEST_RETRY)

    async def _finish(self) -> None:
        """Every container has ended for good: sidecars end as well, and the network is let go."""
        await asyncio.gather(*(runner.stop(self.grace()) for runner in self.ephemeral))
        await self._stop_sidecars(self.grace())
        self._let_go()
        self.changed()

    async def _stop_sidecars(self, grace: float) -> None:
        """In the reverse of the order in which they started, within `grace` seconds in all."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        for runner in reversed(self.inits):
            await runner.stop(max(deadline - loop.time(), 0))

    def _let_go(self) -> None:
        if self._deadline:
            self._deadline.cancel()
        if self._network:
            self._machine.network.remove_pod(self._network)
            self._network = None

    def _token(self, asked: Object) -> str:
        name = self.pod["spec"].get("serviceAccountName", "default")
        account = self._machine.registry.store.find(SERVICEACCOUNTS, self.pod["metadata"]["namespace"], name)
        uid = account["metadata"]["uid"] if account else ""
        return self._machine.tokens.issue(self.pod, uid, asked)

    def pod_with_address(self) -> Object:
        """The Pod as the downward API shows it: its address is known before its status is written."""
        assert self._network
        address, host = self._network.address, self._machine.node.address
        addresses = {"podIP": address, "podIPs": [{"ip": address}], "hostIP": host, "hostIPs": [{"ip": host}]}
        return {**self.pod, "status": {**self.pod.get("status", {}), **addresses}}

    def _tell_of_missing_pull_secrets(self) -> None:
        """https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/"""
        store, namespace = self._machine.registry.store, self.pod["metadata"]["namespace"]
        names = [each.get("name", "") for each in self.pod["spec"].get("imagePullSecrets") or ()]
        missing = [name for name in names if store.find(SECRETS, namespace, name) is None]
        if missing:
            what = f"Unable to retrieve some image pull secrets ({', '.join(missing)})"
            message = f"{what}; attempting to pull the image may not succeed."
            self._machine.recorder.event(self.pod, "Warning", "FailedToRetrieveImagePullSecret", message)

    def _tell_of_pull(self, spec: Object, policy: str, size: int) -> None:
        image = spec["image"]
        if policy == "Always":
            self.event("Normal", "Pulling", f'Pulling image "{image}"', spec)
            took = "in 1ms (1ms including waiting)"
            message = f'Successfully pulled image "{image}" {took}. Image size: {size} bytes.'
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
        with contextlib.suppress(ApiError):  # deleted meanwhile
            registry.update(PODS, {**live, "status": self._status(live)}, subresource="status")

    def _status(self, live: Object) -> Object:
        """What follows the status that the Pod has."""
        old = live.get("status", {})
        if self._rejected:
            return rejected_status(live, old, self._failure)
        situation = Situation(
            address=self._network.address if self._network else old.get("podIP", ""),
            host=self._machine.node.address,
            sandbox=self._network is not None,
            terminal=self._ending,
            failure=self._failure,
        )
        inits, containers = ([runner.state for runner in each] for each in (self.inits, self.containers))
        status = pod_status(live, old, situation, inits, containers)
        if self.ephemeral:
            status["ephemeralContainerStatuses"] = [{**each.state.status(), "ready": False} for each in self.ephemeral]
        return status

    def _arm_deadline(self) -> None:
        """https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/: activeDeadlineSeconds"""
        if self._deadline:
            self._deadline.cancel()
        limit = self.pod["spec"].get("activeDeadlineSeconds")
        if limit is not None:
            self._deadline = asyncio.get_running_loop().call_later(limit, self._overdue)

    def _overdue(self) -> None:
        self._end(TOO_LONG, "Normal", self.grace())

    def _end(self, why: Object, kind: str, grace: float) -> None:
        """The node ends it within `grace` seconds: it has failed, whatever its restart policy."""
        if self._is_over():
            return
        self._failure = why
        self._machine.recorder.event(self.pod, kind, why["reason"], why["message"])
        self.changed()
        self._setup = asyncio.create_task(self._end_failed(grace), name=f"{why['reason']} of pod {self.full_name()}")
        self._setup.add_done_callback(_log_failure)

    async def _end_failed(self, grace: float) -> None:
        await self._stop_all(grace)
        self._let_go()
        self.changed()

    async def _stop_all(self, grace: float) -> None:
        """All at once, sidecars after the others."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        regular = [each for each in self.inits if not is_sidecar(each.spec)]
        await asyncio.gather(*(runner.stop(grace) for runner in (*regular, *self.containers, *self.ephemeral)))
        await self._stop_sidecars(max(deadline - loop.time(), 0))
        await asyncio.gather(*self._tasks, *self._debugging, return_exceptions=True)

    async def _terminate(self, grace: float) -> None:
        self._ending = True
        self.changed()  # the deletion is a new generation, which the kubelet has observed
        if self._setup and not self._setup.done() and not self._tasks:
            self._setup.cancel()
        await self._stop_all(grace)
        self._let_go()
        self._volumes.unmount()
        shutil.rmtree(self._directory, ignore_errors=True)
        self._write_status()
        metadata = self.pod["metadata"]
        now = {"gracePeriodSeconds": 0, "preconditions": {"uid": self.uid}}
        with contextlib.suppress(ApiError):  # deleted by force
            self._machine.registry.delete(PODS, metadata["namespace"], metadata["name"], now)
        self._gone(self.uid)


def _log_failure(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and task.exception():
        log.error("%s failed", task.get_name(), exc_info=task.exception())
