"""What a Pod asks for as a whole: k8s.io/component-helpers/resource.

Source: https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
"""

from __future__ import annotations

from pocketkube.quantity import Quantity, parse
from pocketkube.store import Object

Amounts = dict[str, Quantity]


def pod_resources(spec: Object, field: str) -> dict[str, str]:
    """The amounts as the API writes them."""
    return {name: str(amount) for name, amount in pod_amounts(spec, field).items()}


def pod_amounts(spec: Object, field: str) -> Amounts:
    """`field`: requests or limits. What runs side by side is added up; an init container that ends counts alone."""
    total: Amounts = {}
    for container in spec.get("containers") or ():
        total = _add(total, _asked(container, field))
    sidecars: Amounts = {}
    most: Amounts = {}
    for container in spec.get("initContainers") or ():
        asked = _add(sidecars, _asked(container, field))
        if container.get("restartPolicy") == "Always":
            sidecars = asked
        most = _larger(most, asked)
    return _larger(_add(total, sidecars), most)


def _asked(container: Object, field: str) -> Amounts:
    return {name: parse(text) for name, text in ((container.get("resources") or {}).get(field) or {}).items()}


def _add(one: Amounts, other: Amounts) -> Amounts:
    return {name: one.get(name, Quantity()) + other.get(name, Quantity()) for name in (one | other)}


def _larger(one: Amounts, other: Amounts) -> Amounts:
    return one | {name: each for name, each in other.items() if name not in one or one[name].nano < each.nano}
