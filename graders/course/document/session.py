"""Commands that open a session in a Pod, in which the following commands of their block run."""

from __future__ import annotations

import shlex

from graders.course.document.reading import WITH_VALUE

SHELLS = ("sh", "bash", "ash", "/bin/sh", "/bin/bash")
# Its reader sees the Pod gone: kubectl would go on at once, and the Pod's shell may be restarted and outlive SIGTERM.
UNTIL_GONE = ["--grace-period=1", "--wait"]
TERMINAL = {"-it", "-ti", "--tty", "--tty=true", "-t", "--stdin", "--stdin=true", "-i"}


def session(command: str) -> list[str]:
    """The words that open it with a pipe in place of the terminal; [] where the command opens none.

    `kubectl run -it --rm NAME --image=IMAGE`, whose image runs a shell, and `kubectl exec -it POD -- sh`.
    """
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        return []
    if not words or words[0].rpartition("/")[2] != "kubectl" or not _wants_terminal(words):
        return []
    verb = _verb(words)
    inner = words[words.index("--") + 1 :] if "--" in words else []
    opens = (verb == "run" and (not inner or inner[0] in SHELLS)) or (
        verb == "exec" and inner[:1] and inner[0] in SHELLS
    )
    if not opens or "-c" in inner:
        return []
    kept = [word for word in words if word not in TERMINAL]
    removed = verb == "run" and ("--rm" in kept or "--rm=true" in kept)
    at = kept.index(verb) + 1
    return [*kept[:at], "-i", "--quiet", *(UNTIL_GONE if removed else []), *kept[at:]]


def _wants_terminal(words: list[str]) -> bool:
    given = {word for word in words[: words.index("--") if "--" in words else None] if word in TERMINAL}
    return bool(given & {"-it", "-ti"}) or len(given) > 1


def _verb(words: list[str]) -> str:
    rest = words[1:]
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in WITH_VALUE else rest[1:]
    return rest[0] if rest else ""
