"""What a container says of its end, in a file or with the last lines of its log.

Source: https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
"""

from __future__ import annotations

from pathlib import Path

from pocketkube.node.logs import Log
from pocketkube.store import Object

LONGEST = 4096  # bytes of the file
LOG_BYTES = 2048
LOG_LINES = 80


def termination_message(container: Object, path: Path, log: Log, code: int) -> str:
    """The text of the file; where that is empty and the policy says so, the end of a failed container's log."""
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST)
    except OSError:
        text = b""
    if not text and code != 0 and container.get("terminationMessagePolicy") == "FallbackToLogsOnError":
        text = b"".join(line for _, line in log.lines[-LOG_LINES:])[-LOG_BYTES:]
    return text.decode(errors="replace")
