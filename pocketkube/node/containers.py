"""Containers, run by crun: https://github.com/containers/crun

A container's standard streams are pipes (or a terminal) of ours; its first process is our child, so its exit status is
the real one.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import struct
import termios

from pocketkube import namespaces
from pocketkube.node import crun
from pocketkube.node.images import Image
from pocketkube.node.logs import Log
from pocketkube.node.oci import Launch, configuration
from pocketkube.node.processes import PipeReader, PipeWriter, Processes, exit_code
from pocketkube.node.runc_words import as_runc
from pocketkube.sandbox import RUN

CONTAINERS = RUN / "pocketkube" / "containers"
STATES = RUN / "crun"  # crun's own: a directory for each container
OPTIONS = ["--root", str(STATES), "--cgroup-manager=disabled"]


class CannotStart(Exception):
    """It could not be run; `str` is what runc would say of it. Kubernetes calls it RunContainerError."""


class Streams:
    """The three streams of a process, or its terminal (then everything comes on stdout)."""

    def __init__(self, stdin: PipeWriter | None, stdout: PipeReader, stderr: PipeReader | None) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr

    def resize(self, columns: int, rows: int) -> None:
        """Tell a terminal its size; pipes have none."""
        if self.stdin and not self.stderr:
            with contextlib.suppress(OSError):
                fcntl.ioctl(self.stdin.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self) -> None:
        for end in (self.stdin, self.stdout, self.stderr):
            if end:
                end.close()


class Container:
    """One run of a container. A restart is a new one."""

    def __init__(self, processes: Processes, image: Image, launch: Launch) -> None:
        self.id = secrets.token_hex(32)
        self.image = image
        self.launch = launch
        self.log = Log()
        self.streams: Streams | None = None
        self.pid = 0
        self._processes = processes
        self._directory = CONTAINERS / self.id
        self._pumps: list[asyncio.Task[None]] = []
        self.attached: set[asyncio.Queue[tuple[int, bytes]]] = set()
        self.killed: dict[str, str] = {}  # reason and message, when the kubelet has ended it

    async def start(self, *, stdin: bool) -> None:
        """Run it; CannotStart when crun cannot, for example because the command does not exist."""
        self._lay_out()
        try:
            # An ordinary user has room for 200 keyrings (keyrings(7)); no container may use one anyway.
            command = ["run", "--no-new-keyring", "--bundle", str(self._directory)]
            self.pid, self.streams = await self._crun(command, [], stdin)
        except CannotStart as error:
            await self.remove()
            what = as_runc(str(error), self.launch.arguments[0] if self.launch.arguments else "")
            raise CannotStart(
                f"runc create failed: unable to start container process: error during container init: {what}"
            ) from error
        self._pumps.append(asyncio.create_task(self._pump(self.streams.stdout, 1)))
        if self.streams.stderr:
            self._pumps.append(asyncio.create_task(self._pump(self.streams.stderr, 2)))

    async def wait(self) -> int:
        """Its exit code, once everything that it wrote is in the log."""
        status = await self._processes.wait(self.pid)
        self.pid = 0
        await asyncio.gather(*self._pumps)
        self.log.close()
        for queue in self.attached:
            queue.put_nowait((0, b""))
        return exit_code(status)

    def signal(self, number: int) -> None:
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self, reason: str, message: str = "") -> None:
        """End everything in it: with the first process of a pid namespace the kernel ends all others."""
        self.killed = {"reason": reason, **({"message": message} if message else {})}
        self.signal(signal.SIGKILL)

    async def execute(self, arguments: list[str], *, stdin: bool, terminal: bool) -> tuple[int, Streams]:
        """Start a further process in the container; returns its pid (for `Processes.wait`) and its streams."""
        try:
            return await self._crun(["exec", *(["--tty"] if terminal else [])], arguments, stdin, terminal=terminal)
        except CannotStart as error:
            what = as_runc(str(error), arguments[0] if arguments else "")
            said = f"OCI runtime exec failed: exec failed: unable to start container process: {what}"
            raise CannotStart(f'failed to start exec "{secrets.token_hex(32)}": {said}') from error

    async def remove(self) -> None:
        """Take away what is left of it, once it has ended."""
        if self.streams and self.streams.stdin:
            self.streams.stdin.close()
        # `crun delete` does no more than this where there are no cgroups, and takes 5 ms of a core.
        shutil.rmtree(STATES / self.id, ignore_errors=True)
        with contextlib.suppress(OSError):
            namespaces.unmount(str(self._directory / "rootfs"))
        shutil.rmtree(self._directory, ignore_errors=True)

    def _lay_out(self) -> None:
        root, upper, work = (self._directory / name for name in ("rootfs", "upper", "work"))
        for path in (root, upper, work):
            path.mkdir(parents=True)
        layers = ":".join(str(layer) for layer in self.image.layers)
        options = f"lowerdir={layers},upperdir={upper},workdir={work},userxattr"
        namespaces.mount("overlay", str(root), "overlay", options=options)
        config = configuration(self.image, self.launch, root, self._directory / "scratch")
        (self._directory / "config.json").write_text(json.dumps(config))

    async def _crun(
        self, command: list[str], arguments: list[str], stdin: bool, *, terminal: bool | None = None
    ) -> tuple[int, Streams]:
        """`crun run` or `crun exec`, detached: crun ends, and its child is ours."""
        terminal = self.launch.terminal if terminal is None else terminal
        pid_file = self._directory / f"pid-{secrets.token_hex(4)}"
        argv = [crun.sealed(), *OPTIONS, *command, "--detach", "--pid-file", str(pid_file)]
        connect = self._terminal if terminal else self._pipes
        before = self._processes.now
        failure, streams = await connect(argv, [self.id, *arguments], stdin)
        if failure:
            raise CannotStart(failure)
        pid = int(pid_file.read_text())
        pid_file.unlink()
        self._processes.adopt(pid, before)
        assert streams
        return pid, streams

    async def _pipes(self, argv: list[str], rest: list[str], stdin: bool) -> tuple[str, Streams | None]:
        out, out_end = os.pipe2(os.O_CLOEXEC)
        err, err_end = os.pipe2(os.O_CLOEXEC)
        files = {1: out_end, 2: err_end}
        writer = None
        if stdin:
            files[0], end = os.pipe2(os.O_CLOEXEC)
            writer = PipeWriter(end)
        pid = self._processes.spawn([*argv, *rest], files)
        for descriptor in files.values():
            os.close(descriptor)
        code = exit_code(await self._processes.wait(pid))
        streams = Streams(writer, PipeReader(out), PipeReader(err))
        if code == 0:
            return "", streams
        message = b""
        assert streams.stderr
        while chunk := await streams.stderr.read():
            message += chunk
        streams.close()
        return message.decode(errors="replace").strip() or f"crun ended with {code}", None

    async def _terminal(self, argv: list[str], rest: list[str], _stdin: bool) -> tuple[str, Streams | None]:
        """The terminal is made inside the container; crun hands over its master side on a socket."""
        path = RUN / f"console-{secrets.token_hex(4)}"  # a socket's path has 107 bytes at most
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen(1)
            listener.setblocking(False)
            accept = asyncio.create_task(loop.sock_accept(listener))
            code, output = await self._processes.run([*argv, "--console-socket", str(path), *rest])
            if code != 0:
                accept.cancel()
                return output.strip() or f"crun ended with {code}", None
            connection, _ = await accept
        path.unlink()
        with connection:
            connection.setblocking(True)
            _, descriptors, _, _ = socket.recv_fds(connection, 4096, 1)
        master = descriptors[0]
        return "", Streams(PipeWriter(os.dup(master)), PipeReader(master), None)

    async def _pump(self, reader: PipeReader, channel: int) -> None:
        while chunk := await reader.read():
            self.log.write(chunk)
            for queue in self.attached:
                queue.put_nowait((channel, chunk))


def signal_number(name: str) -> int:
    """`SIGQUIT`, `QUIT` or a number, as an image's StopSignal is written."""
    if name.isdigit():
        return int(name)
    return int(signal.Signals[name if name.startswith("SIG") else f"SIG{name}"])
