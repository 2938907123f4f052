"""The OCI runtime configuration of a container: https://github.com/opencontainers/runtime-spec/blob/main/config.md"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pocketkube.namespaces import PID_MAX_OF_ITS_OWN
from pocketkube.node.images import Image
from pocketkube.node.security import CAPABILITIES, Identity
from pocketkube.node.user_ids import has_others

MASKED = ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/sched_debug"]
READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
REFUSED_CALLS = [
    "add_key",
    "bpf",
    "delete_module",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "kexec_load",
    "keyctl",
    "mount",
    "mount_setattr",
    "move_mount",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "pivot_root",
    "reboot",
    "request_key",
    "setns",
    "swapon",
    "umount2",
    "unshare",
    "userfaultfd",
]
ERRNO_EPERM = 1
# 1024 processes; of the numbers up to 300 none is given twice (RESERVED_PIDS in kernel/pid.c).
# A hook is given the container's state on standard input, and has to read it.
BOUND_PIDS = ["sh", "-c", "echo 1324 > /proc/sys/kernel/pid_max; while read -r state; do :; done"]
SANDBOX_PROCESSES = 4096  # an ordinary user's, whichever container they are in


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume: a directory or file of the sandbox shown at `target`."""

    source: Path
    target: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Launch:
    """What is to run in a container, decided by its Pod."""

    arguments: list[str]
    environment: list[str]
    working_directory: str
    hostname: str
    terminal: bool
    mounts: list[Mount]
    network: str  # path of the Pod's network namespace
    identity: Identity
    capabilities: tuple[str, ...] = CAPABILITIES
    gains_privileges: bool = True
    read_only_root: bool = False
    memory_limit: int = 0  # bytes; 0 for none
    processes: str = ""  # path of the pid namespace that it joins; "" for one of its own


def configuration(image: Image, launch: Launch, root: Path, scratch: Path) -> dict[str, Any]:
    """config.json for crun. `root` is the mounted root file system; `scratch` takes what is written over host files."""
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": launch.terminal,
            "user": {
                "uid": launch.identity.uid,
                "gid": launch.identity.gid,
                **({"additionalGids": list(launch.identity.groups)} if launch.identity.groups else {}),
            },
            "args": launch.arguments,
            "env": launch.environment,
            "cwd": launch.working_directory,
            "capabilities": {kind: list(launch.capabilities) for kind in ("bounding", "effective", "permitted")},
            "noNewPrivileges": not launch.gains_privileges,
            "rlimits": [{"type": "RLIMIT_NPROC", "soft": SANDBOX_PROCESSES, "hard": SANDBOX_PROCESSES}],
        },
        "hooks": {"createContainer": [{"path": "/bin/sh", "args": BOUND_PIDS}] if PID_MAX_OF_ITS_OWN else []},
        "root": {"path": str(root), "readonly": launch.read_only_root},
        "hostname": launch.hostname,
        "mounts": [
            *_system_mounts(),
            *_host_mounts(image, launch, scratch),
            *(_bind(mount) for mount in launch.mounts),
        ],
        "linux": {
            "namespaces": [
                {"type": "pid", **({"path": launch.processes} if launch.processes else {})},
                {"type": "mount"},
                {"type": "uts"},
                {"type": "ipc"},
                {"type": "network", "path": launch.network},
            ],
            "maskedPaths": MASKED,
            "readonlyPaths": READ_ONLY,
            "seccomp": {
                "defaultAction": "SCMP_ACT_ALLOW",
                "syscalls": _refused_calls(),
            },
        },
    }


def _refused_calls() -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = [{"names": REFUSED_CALLS, "action": "SCMP_ACT_ERRNO", "errnoRet": ERRNO_EPERM}]
    if not has_others():
        # A user namespace with one user id forbids them; programs that drop to that same id, or give it a file, expect
        # success: tar does not go on without.
        names = ["setgroups", "chown", "lchown", "fchown", "fchownat"]
        calls.append({"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": 0})
    return calls


def _system_mounts() -> list[dict[str, Any]]:
    return [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {
            "destination": "/dev",
            "type": "tmpfs",
            "source": "tmpfs",
            "options": ["nosuid", "strictatime", "mode=755", "size=65536k"],
        },
        {
            "destination": "/dev/pts",
            "type": "devpts",
            "source": "devpts",
            "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
        },
        {
            "destination": "/dev/shm",
            "type": "tmpfs",
            "source": "shm",
            "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
        },
    ]


def _host_mounts(image: Image, launch: Launch, scratch: Path) -> list[dict[str, Any]]:
    mounts = []
    read_only = ["ro"] if launch.read_only_root else []
    for target, (overrides, source) in image.host:
        if not any(overrides.iterdir()):
            mounts.append(
                {"destination": target, "type": "bind", "source": str(source), "options": ["bind", "ro", "nosuid"]}
            )
            continue
        upper, work = scratch / f"upper{len(mounts)}", scratch / f"work{len(mounts)}"
        upper.mkdir(parents=True)
        work.mkdir()
        layers = f"lowerdir={overrides}:{source},upperdir={upper},workdir={work}"
        mounts.append(
            {
                "destination": target,
                "type": "overlay",
                "source": "overlay",
                "options": [layers, "userxattr", *read_only],
            }
        )
    return mounts


def _bind(mount: Mount) -> dict[str, Any]:
    options = ["rbind", "rprivate", "ro" if mount.read_only else "rw"]
    return {"destination": mount.target, "type": "bind", "source": str(mount.source), "options": options}
