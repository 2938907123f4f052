"""Why pocketkube cannot run on this machine: the step that failed, what the kernel said, and the remedy."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager


class CannotRun(Exception):
    """One sentence for a user. `step` says what was tried, `error` what was answered, `remedy` what to do next."""

    def __init__(self, step: str, error: str, remedy: str) -> None:
        super().__init__(f"pocketkube cannot {step}: {error}. {remedy}")
        self.step = step
        self.error = error
        self.remedy = remedy


USE_KIND = "Or use a kind cluster: --cluster kind"
NAMESPACES_OFF = f"Allow user namespaces: sysctl -w user.max_user_namespaces=65536. {USE_KIND}."
RESTRICTED = (
    "Ubuntu's AppArmor restricts user namespaces: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, "
    f"or run as root. Inside a container, start that container with --privileged. {USE_KIND}."
)
IN_CONTAINER = f"Inside a container, start that container with --privileged. {USE_KIND}."
NO_KERNEL_SUPPORT = (
    f"This kernel lacks the feature; a Linux 5.13 or newer with overlayfs, veth and nft NAT has it. {USE_KIND}."
)


@contextmanager
def step(what: str, remedy: str = NO_KERNEL_SUPPORT) -> Iterator[None]:
    """Turn an OSError within into CannotRun: `what` completes "pocketkube cannot ..."."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EUSERS):
            remedy = NAMESPACES_OFF
        raise CannotRun(what, error.strerror or str(error), remedy) from error
