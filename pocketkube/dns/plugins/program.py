"""Plugins that concern CoreDNS as a program and change no answer: what is wrong in how they are written.

Sources: https://coredns.io/plugins/reload/ and the pages beside it
"""

from __future__ import annotations

from pocketkube.dns.corefile import CorefileError, Directive
from pocketkube.go_duration import seconds

# Their properties.
PROGRAM: dict[str, set[str]] = {
    "cancel": set(),
    "debug": set(),
    "health": {"lameduck"},
    "loop": set(),
    "metadata": set(),
    "multisocket": set(),
    "pprof": {"block"},
    "prometheus": set(),
    "ready": {"monitor"},
    "reload": set(),
    "timeouts": {"read", "write", "idle"},
}
WITHOUT_ARGUMENTS = {"debug", "loop"}
SHORTEST_INTERVAL, SHORTEST_JITTER = 2, 1  # seconds


def check(directive: Directive) -> None:
    """CorefileError when CoreDNS does not accept it."""
    name, arguments = directive.name, directive.arguments
    if arguments and name in WITHOUT_ARGUMENTS:
        raise directive.wrong_arguments(arguments[-1])
    if name == "reload":
        _check_reload(directive)
    for line in directive.properties:
        if line.words[0] not in PROGRAM[name]:
            raise directive.wrong_arguments(line.words[0], line.number)


def _check_reload(directive: Directive) -> None:
    """`reload [INTERVAL [JITTER]]`"""
    if len(directive.arguments) > 2:
        raise directive.wrong_arguments(directive.arguments[-1])
    shortest = (("interval", SHORTEST_INTERVAL), ("jitter", SHORTEST_JITTER))
    for (what, least), text in zip(shortest, directive.arguments, strict=False):
        try:
            given = seconds(text)
        except ValueError as error:
            raise CorefileError(0, str(error)) from error
        if given < least:
            raise CorefileError(0, f"{what} value must be greater or equal to {least}s")
