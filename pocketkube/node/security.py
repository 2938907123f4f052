"""As whom a container runs, and what it may do: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"""

from __future__ import annotations

from dataclasses import dataclass

from pocketkube.node.configuration import ConfigError
from pocketkube.node.images import Image
from pocketkube.node.user_ids import has_group, has_others, has_user
from pocketkube.store import Object

# What containerd grants by default.
CAPABILITIES = (
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
)


@dataclass(frozen=True, slots=True)
class Identity:
    """User, group and further groups of a container's processes. `unmapped`: what is not to be had."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    unmapped: tuple[str, ...]

    def status(self) -> Object:
        """A v1 LinuxContainerUser."""
        return {"uid": self.uid, "gid": self.gid, "supplementalGroups": sorted({self.gid, *self.groups})}


def identity(pod: Object, container: Object, image: Image) -> Identity:
    """As the Pod says, or else the image. ConfigError, in the kubelet's words, for who must not be root and may be."""
    of_pod = pod["spec"].get("securityContext") or {}
    own = container.get("securityContext") or {}
    context = {**of_pod, **own}
    asked_uid, asked_gid = context.get("runAsUser"), context.get("runAsGroup")
    if context.get("runAsNonRoot") and (problem := _may_be_root(asked_uid, image.user.partition(":")[0])):
        metadata = pod["metadata"]
        name = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
        raise ConfigError(f'{problem} (pod: "{name}", container: {container["name"]})')
    uid, gid, own_groups = image.uid, image.gid, image.groups
    if asked_uid is not None:
        uid, gid, own_groups = asked_uid if has_user(asked_uid) else 0, 0, ()
    if asked_gid:
        gid = asked_gid if has_group(asked_gid) else 0
    # containerd counts the primary group among the supplementary ones; one user id alone cannot set any.
    groups = [*([gid] if has_others() else []), *own_groups, *(of_pod.get("supplementalGroups") or ())]
    if of_pod.get("fsGroup") is not None:
        groups.append(of_pod["fsGroup"])
    unmapped = []
    if asked_uid and not has_user(asked_uid):
        unmapped.append(f"runAsUser {asked_uid}")
    unmapped += [f"group {gid}" for gid in (asked_gid, *groups) if gid and not has_group(gid)]
    return Identity(
        uid=uid,
        gid=gid,
        groups=tuple(dict.fromkeys(gid for gid in groups if has_group(gid))),
        unmapped=tuple(unmapped),
    )


def _may_be_root(asked: int | None, user: str) -> str:
    """Why a container with `runAsNonRoot` cannot be run; "" when it can. `user`: the image's, by name or number."""
    if asked is None and user and not user.isdigit():
        return f"container has runAsNonRoot and image has non-numeric user ({user}), cannot verify user is non-root"
    if asked is None and int(user or 0) == 0:
        return "container has runAsNonRoot and image will run as root"
    return "container's runAsUser breaks non-root policy" if asked == 0 else ""


def volume_group(pod: Object) -> int | None:
    """The group that owns the Pod's volumes, where it is one that there is."""
    gid = (pod["spec"].get("securityContext") or {}).get("fsGroup")
    return int(gid) if gid is not None and has_group(gid) else None


def capabilities(container: Object) -> list[str]:
    """What containerd grants, with what the container adds and without what it drops."""
    asked = (container.get("securityContext") or {}).get("capabilities") or {}
    added, dropped = (_names(asked.get(each)) for each in ("add", "drop"))
    kept = () if "CAP_ALL" in dropped else CAPABILITIES
    return [each for each in dict.fromkeys((*kept, *added)) if each not in dropped and each != "CAP_ALL"]


def may_gain_privileges(container: Object) -> bool:
    return (container.get("securityContext") or {}).get("allowPrivilegeEscalation", True) is not False


def _names(listed: list[str] | None) -> list[str]:
    return [f"CAP_{name.upper().removeprefix('CAP_')}" for name in listed or ()]
