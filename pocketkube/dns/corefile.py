"""The part of CoreDNS's configuration that is honoured: `kubernetes` (ttl, pods), `hosts`, `forward`.

Sources: https://coredns.io/manual/configuration/ https://coredns.io/plugins/kubernetes/ https://coredns.io/plugins/hosts/
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field


class CorefileError(ValueError):
    """`Corefile:LINE: what is wrong`."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"Corefile:{line}: {problem}")


@dataclass(slots=True)
class Corefile:
    """`hosts`: {name in lower case, without trailing dot: addresses}."""

    ttl: int = 5
    pods: str = "disabled"
    hosts: dict[str, list[str]] = field(default_factory=dict)


def parse(text: str) -> Corefile:
    """Read a Corefile; plugins that are not honoured are passed over. CorefileError for one that cannot be read."""
    found = Corefile()
    path: list[str] = []
    number = 0
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if words == ["}"]:
            if not path:
                raise CorefileError(number, "a } without its {")
            path.pop()
            continue
        opens = words[-1] == "{"
        words = words[:-1] if opens else words
        if not words:
            raise CorefileError(number, "a { without a name before it")
        if len(path) == 2:
            _option(found, path[1], words, number)
        if opens:
            path.append(words[0])
    if path:
        raise CorefileError(number, f"the block {path[-1]} is not closed: a }} is missing")
    return found


def _option(found: Corefile, plugin: str, words: list[str], line: int) -> None:
    if plugin == "kubernetes" and words[0] == "ttl":
        if len(words) != 2 or not words[1].isascii() or not words[1].isdigit() or int(words[1]) > 3600:
            raise CorefileError(line, f"ttl wants seconds from 0 to 3600, not {' '.join(words[1:])!r}")
        found.ttl = int(words[1])
    elif plugin == "kubernetes" and words[0] == "pods":
        if len(words) != 2 or words[1] not in ("disabled", "insecure", "verified"):
            raise CorefileError(line, f"pods wants disabled, insecure or verified, not {' '.join(words[1:])!r}")
        found.pods = words[1]
    elif plugin == "hosts" and words[0] not in ("fallthrough", "ttl", "no_reverse", "reload"):
        try:
            address = str(ipaddress.ip_address(words[0]))
        except ValueError:
            raise CorefileError(line, f"hosts wants an IP address and names, not {words[0]!r}") from None
        for name in words[1:]:
            found.hosts.setdefault(name.lower().rstrip("."), []).append(address)
