"""From the rules that a node has to those that it should have, as one transaction.

What stays the same is not touched: a chain's counters, and above all the clients that a Service with session affinity
remembers.
"""

from __future__ import annotations

from collections.abc import Iterator

from pocketkube.proxy.rules import TABLE, Rules

Elements = dict[tuple[str, str], str]


def commands(before: Rules, after: Rules) -> str:
    """For nft; "" when nothing has changed. Elements of both are those of all Services."""
    lines = [
        *_added(before, after),
        *_removed_elements(before.elements, after.elements),
        *_rewritten(before, after),
        *_added_elements(before.elements, after.elements),
        *_removed(before, after),
    ]
    return "\n".join(lines) + "\n" if lines else ""


def _added(before: Rules, after: Rules) -> Iterator[str]:
    for name, definition in after.sets.items():
        if name not in before.sets:
            yield f"add set ip {TABLE} {name} {{ {definition} }}"
    for name in after.chains:
        if name not in before.chains:
            yield f"add chain ip {TABLE} {name}"


def _rewritten(before: Rules, after: Rules) -> Iterator[str]:
    for name, rules in before.chains.items():
        if after.chains.get(name) != rules:
            yield f"flush chain ip {TABLE} {name}"
    for name, rules in after.chains.items():
        if before.chains.get(name) != rules:
            yield from (f"add rule ip {TABLE} {name} {rule}" for rule in rules)


def _removed_elements(before: Elements, after: Elements) -> Iterator[str]:
    for (name, key), verdict in before.items():
        if after.get((name, key)) != verdict:
            yield f"delete element ip {TABLE} {name} {{ {key} }}"


def _added_elements(before: Elements, after: Elements) -> Iterator[str]:
    for (name, key), verdict in after.items():
        if before.get((name, key)) != verdict:
            yield f"add element ip {TABLE} {name} {{ {key}{f' : {verdict}' if verdict else ''} }}"


def _removed(before: Rules, after: Rules) -> Iterator[str]:
    for name in before.chains:
        if name not in after.chains:
            yield f"delete chain ip {TABLE} {name}"
    for name in before.sets:
        if name not in after.sets:
            yield f"delete set ip {TABLE} {name}"
