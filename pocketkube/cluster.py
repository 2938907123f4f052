"""Start, find and stop a cluster: what other code imports.

with pocketkube.cluster.start() as cluster:
    subprocess.run(["kubectl", "--kubeconfig", cluster.kubeconfig, "get", "nodes"])
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

import yaml

from pocketkube.certificates import issue
from pocketkube.failure import CannotRun

CONTEXT = "pocketkube"
READY_SECONDS = 30.0  # far beyond what a start takes; a cluster that is slower is broken
STOP_SECONDS = 10.0
API_ADDRESSES = ["127.0.0.1", "10.96.0.1", "172.18.0.2"]


class ClusterFailed(Exception):
    """The cluster broke: its log's last lines are in the message."""


class Cluster:
    """A running pocketkube. `kubeconfig` has mode 0600 and one context, `pocketkube`."""

    def __init__(self, directory: Path, process: subprocess.Popen[bytes] | None) -> None:
        self.directory = directory
        self.kubeconfig = directory / "kubeconfig"
        self.log = directory / "log"
        self._process = process
        self._ready = False

    def wait_ready(self, timeout: float = READY_SECONDS) -> Cluster:
        """Wait until nodes are Ready and DNS answers; CannotRun or ClusterFailed when that does not come."""
        if self._ready or self._process is None:
            return self
        report = _read_line(self._process.stdout, timeout)
        if report == b"":
            raise ClusterFailed(f"pocketkube did not become ready within {timeout:.0f} s.\n{self.log_tail()}")
        answer = json.loads(report)
        if "step" in answer:
            self.stop()
            raise CannotRun(answer["step"], answer["error"], answer["remedy"])
        self._ready = True
        return self

    def alive(self) -> bool:
        if self._process is not None:
            return self._process.poll() is None
        return _keeper(self.directory) is not None

    def log_tail(self, lines: int = 40) -> str:
        """The end of the cluster's log, for a report of what went wrong."""
        with contextlib.suppress(OSError):
            text = self.log.read_text(errors="replace")
            return "\n".join(text.splitlines()[-lines:])
        return "(it left no log)"

    def stop(self) -> None:
        """End every process of the cluster and remove its files; returns when they are gone. Safe to call twice."""
        if self._process is not None:
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.close()  # the lifeline: at its end the cluster ends itself
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process.stdout.close()
        else:
            _stop_keeper(self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Cluster:
        return self.wait_ready()

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(directory: Path | None = None, *, internet: bool = False) -> Cluster:
    """Start a cluster that lives no longer than this process; `directory` (new, 0700) holds its kubeconfig and log.

    With `internet` its DNS may ask this machine's resolvers; nothing else in it reaches beyond the cluster.
    Returns at once: requests wait until the API server accepts them. `wait_ready` waits for the rest.
    """
    directory = directory or Path(tempfile.mkdtemp(prefix="pocketkube-"))
    return Cluster(directory, _launch(directory, stays=False, internet=internet))


def up(*, internet: bool = False) -> Cluster:
    """Start a cluster that stays until `down`; one that is up already is returned as it is."""
    found = running()
    if found:
        return found
    directory = state_directory()
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True, mode=0o700)
    return Cluster(directory, _launch(directory, stays=True, internet=internet)).wait_ready()


def running() -> Cluster | None:
    """The cluster that `up` left running, or None. What a killed one left behind does not count."""
    directory = state_directory()
    if _keeper(directory) is None:
        return None
    return Cluster(directory, None)


def state_directory() -> Path:
    """Where `up` keeps its kubeconfig and log: $XDG_STATE_HOME/pocketkube, else ~/.local/state/pocketkube."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "pocketkube"


def _launch(directory: Path, *, stays: bool, internet: bool) -> subprocess.Popen[bytes]:
    # The listening socket belongs to the host's network namespace, so it stays reachable from there.
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener, (directory / "log").open("wb") as log:
        port = listener.getsockname()[1]
        options = [*(["--stays"] * stays), *(["--internet"] * internet)]
        process = subprocess.Popen(
            [sys.executable, "-m", "pocketkube.daemon", str(directory), str(listener.fileno()), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=[listener.fileno()],
            start_new_session=True,  # a Ctrl-C in the terminal is for the user's command, not for the cluster
        )
    # The daemon imports its libraries while the certificates are made.
    certificates = issue(API_ADDRESSES)
    token = secrets.token_urlsafe(32)
    credentials = {
        "ca": certificates.ca.decode(),
        "certificate": certificates.certificate.decode(),
        "key": certificates.key.decode(),
        "token": token,
    }
    _write_kubeconfig(directory / "kubeconfig", port, certificates.ca, token)
    assert process.stdin
    with contextlib.suppress(BrokenPipeError):  # it ended already; wait_ready tells why
        process.stdin.write(json.dumps(credentials).encode() + b"\n")
        process.stdin.flush()
    return process


def _write_kubeconfig(path: Path, port: int, ca: bytes, token: str) -> None:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": CONTEXT,
                "cluster": {
                    "server": f"https://127.0.0.1:{port}",
                    "certificate-authority-data": base64.b64encode(ca).decode(),
                },
            }
        ],
        "users": [{"name": CONTEXT, "user": {"token": token}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT, "namespace": "default"}}],
        "current-context": CONTEXT,
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        yaml.safe_dump(config, file, sort_keys=False)


def _read_line(pipe: IO[bytes] | None, timeout: float) -> bytes:
    """One line, or b"" at the end of the pipe or of the time."""
    assert pipe
    ready, _, _ = select.select([pipe], [], [], timeout)
    return pipe.readline() if ready else b""


def _keeper(directory: Path) -> int | None:
    """The pid of the cluster that stays, if it is still that very process (a pid may have been given anew)."""
    try:
        recorded = json.loads((directory / "process.json").read_text())
        if process_start(recorded["pid"]) == recorded["start"]:
            return int(recorded["pid"])
    except (OSError, ValueError, KeyError):
        pass
    return None


def process_start(pid: int) -> str:
    """When a process began, in clock ticks since boot (proc_pid_stat(5), field 22): with the pid it is unique.

    ProcessLookupError for one that has ended, though nobody has waited for it yet.
    """
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    if fields[0] == "Z":
        raise ProcessLookupError(pid)
    return fields[19]


def _stop_keeper(directory: Path) -> None:
    pid = _keeper(directory)
    if pid is None:
        return
    descriptor = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGTERM)
        ended, _, _ = select.select([descriptor], [], [], STOP_SECONDS)
        if not ended:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            select.select([descriptor], [], [], STOP_SECONDS)
    finally:
        os.close(descriptor)
