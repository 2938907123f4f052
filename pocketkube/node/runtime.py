"""What the API server asks of the nodes: run a command in a container, attach to it, read its log."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from typing import Any

from pocketkube.errors import ApiError, bad_request, not_found
from pocketkube.namespaces import inside_network_namespace
from pocketkube.node.builtin import BuiltinContainer
from pocketkube.node.containers import CannotStart, Container, Streams
from pocketkube.node.kubelet import Kubelets
from pocketkube.node.logs import Log
from pocketkube.node.processes import Processes, exit_code
from pocketkube.node.runner import Runner
from pocketkube.resources import PODS
from pocketkube.store import Store

__all__ = ["Attachment", "Log", "Process", "Runtime"]


class Process:
    """A process in a container, started by exec. Its output ends with b"" on both streams."""

    def __init__(self, processes: Processes, pid: int, streams: Streams) -> None:
        self._processes = processes
        self._pid = pid
        self._streams = streams

    async def write(self, data: bytes) -> None:
        if self._streams.stdin:
            with contextlib.suppress(BrokenPipeError, OSError):
                await self._streams.stdin.write(data)

    def close_stdin(self) -> None:
        """End of input. On a terminal that is Ctrl-D, which the client sends itself."""
        if self._streams.stdin and self._streams.stderr:
            self._streams.stdin.close()

    async def read_stdout(self) -> bytes:
        return await self._streams.stdout.read()

    async def read_stderr(self) -> bytes:
        return await self._streams.stderr.read() if self._streams.stderr else b""

    def resize(self, columns: int, rows: int) -> None:
        self._streams.resize(columns, rows)

    async def wait(self) -> int:
        """Its exit code; 128 + signal when it was killed."""
        code = exit_code(await self._processes.wait(self._pid))
        self._pid = 0
        return code

    def kill(self) -> None:
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._streams.close()


class Attachment:
    """The streams of a container's own process, seen by one client; killing an attachment only lets go."""

    def __init__(self, container: Container | BuiltinContainer) -> None:
        self._container = container
        self._output: dict[int, asyncio.Queue[bytes]] = {1: asyncio.Queue(), 2: asyncio.Queue()}
        self._arriving: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
        self._ended = asyncio.Event()
        container.attached.add(self._arriving)
        self._sorting = asyncio.create_task(self._sort())

    async def write(self, data: bytes) -> None:
        streams = self._container.streams
        if streams and streams.stdin:
            with contextlib.suppress(BrokenPipeError, OSError):
                await streams.stdin.write(data)

    def close_stdin(self) -> None:
        streams = self._container.streams
        if streams and streams.stdin and streams.stderr:
            streams.stdin.close()

    async def read_stdout(self) -> bytes:
        return await self._output[1].get()

    async def read_stderr(self) -> bytes:
        return await self._output[2].get()

    def resize(self, columns: int, rows: int) -> None:
        if self._container.streams:
            self._container.streams.resize(columns, rows)

    async def wait(self) -> int:
        """Returns 0 when the container has ended; its exit code is in the Pod's status."""
        await self._ended.wait()
        return 0

    def kill(self) -> None:
        self._container.attached.discard(self._arriving)
        self._sorting.cancel()

    async def _sort(self) -> None:
        while True:
            channel, chunk = await self._arriving.get()
            if channel == 0:
                self._ended.set()
                for queue in self._output.values():
                    queue.put_nowait(b"")
                return
            self._output[channel].put_nowait(chunk)


class Runtime:
    def __init__(self, store: Store, kubelets: Kubelets, processes: Processes) -> None:
        self._store = store
        self._kubelets = kubelets
        self._processes = processes

    async def exec(
        self, namespace: str, pod: str, container: str, argv: list[str], *, stdin: bool, tty: bool
    ) -> Process:
        """Start `argv`; ApiError when the container does not run or has no such program."""
        running = self._running(namespace, pod, container)
        try:
            pid, streams = await running.execute(argv, stdin=stdin, terminal=tty)
        except CannotStart as error:
            message = f"error executing command in container: failed to exec in container: {error}"
            raise ApiError(500, "InternalError", f"Internal error occurred: {message}") from error
        return Process(self._processes, pid, streams)

    async def attach(self, namespace: str, pod: str, container: str) -> Attachment:
        """The streams of the container's own process from now on."""
        runner = self._runner(namespace, pod, container)
        if runner is None or runner.current is None:
            message = f"unable to upgrade connection: container {container} not found in pod {pod}_{namespace}"
            raise ApiError(404, "NotFound", message)
        return Attachment(runner.current)

    async def connect(self, namespace: str, pod: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A TCP connection to `port` of the Pod's own 127.0.0.1; ApiError when nothing listens there."""
        found = self._store.get(PODS, namespace, pod)
        worker = self._kubelets.worker(found["metadata"]["uid"])
        if worker is None or worker.netns is None:
            raise ApiError(404, "NotFound", f"pod not found ({pod}_{namespace})")
        with inside_network_namespace(worker.netns):
            endpoint = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        endpoint.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(endpoint, ("127.0.0.1", port))
        except OSError as error:
            endpoint.close()
            reason = os.strerror(error.errno or 0).lower()
            where = f"failed to connect to localhost:{port} inside namespace {found['metadata']['uid']}"
            message = f"{where}, IPv4: dial tcp4 127.0.0.1:{port}: connect: {reason}"
            raise ApiError(500, "InternalError", message) from error
        return await asyncio.open_connection(sock=endpoint)

    def control_plane_socket(self, address: Any) -> socket.socket:
        """A socket of the node that the API server is on, for what getaddrinfo gives."""
        family, kind, protocol, *_ = address
        with inside_network_namespace(self._kubelets.control_plane):
            made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    def log(self, namespace: str, pod: str, container: str, previous: bool = False) -> Log:
        """The container's log, or that of the run before; ApiError 400 with the kubelet's words when there is none."""
        runner = self._runner(namespace, pod, container)
        found = runner and (runner.previous_log if previous else runner.log)
        if found:
            return found
        full = f'container "{container}" in pod "{pod}"'
        if previous:
            raise bad_request(f"previous terminated {full} not found")
        shown = self._store.get(PODS, namespace, pod)
        if not shown["spec"].get("nodeName"):
            return Log.empty()  # there is no kubelet to ask
        if shown.get("status", {}).get("phase") == "Failed" and "containerStatuses" not in shown["status"]:
            raise bad_request(f"{full} is not available")
        state = runner.state.state if runner else {"waiting": {"reason": "ContainerCreating"}}
        reason = state.get("waiting", {}).get("reason", "ContainerCreating")
        detail = {
            "ErrImagePull": "image can't be pulled",
            "ImagePullBackOff": "trying and failing to pull image",
        }.get(reason, reason)
        raise bad_request(f"{full} is waiting to start: {detail}")

    def _runner(self, namespace: str, pod: str, container: str) -> Runner | None:
        found = self._store.find(PODS, namespace, pod)
        if found is None:
            raise not_found(PODS, pod)
        worker = self._kubelets.worker(found["metadata"]["uid"])
        return worker.runner(container) if worker else None

    def _running(self, namespace: str, pod: str, container: str) -> Container | BuiltinContainer:
        runner = self._runner(namespace, pod, container)
        if runner is None or runner.current is None:
            message = f'unable to upgrade connection: container not found ("{container}")'
            raise ApiError(404, "NotFound", message)
        return runner.current
