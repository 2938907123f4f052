"""What a kubelet refuses of the Pods that are assigned to its node: the scheduler may have been passed over.

Source: k8s.io/kubernetes/pkg/kubelet/lifecycle/predicate.go
"""

from __future__ import annotations

from pocketkube.node import sysctls
from pocketkube.placement.node_fit import TAINTED, UNMATCHED, is_tolerated, is_wanted
from pocketkube.placement.node_room import NO_PORTS, Shortage, ports_are_taken, shortages
from pocketkube.quantity import parse
from pocketkube.store import Object

ONE, MILLI = parse("1").nano, parse("1m").nano


def rejection(pod: Object, node: Object, here: list[Object]) -> Object:
    """Reason and message, as the event has them; {} for a Pod that may run. `here`: those that run on the node."""
    unsafe = sysctls.unsafe(pod)
    if unsafe:
        return {"reason": "SysctlForbidden", "message": unsafe}
    for short in shortages(pod, node, here):
        return {"reason": f"OutOf{short.resource}", "message": _words(short)}
    failed = ""
    if not is_wanted(pod["spec"], node):
        failed, why = "NodeAffinity", UNMATCHED
    elif ports_are_taken(pod, here):
        failed, why = "NodePorts", NO_PORTS
    elif not is_tolerated(pod["spec"], node, ("NoExecute",)):
        failed, why = "TaintToleration", TAINTED
    return {"reason": failed, "message": f"Predicate {failed} failed: {why}"} if failed else {}


def _words(short: Shortage) -> str:
    unit = MILLI if short.resource == "cpu" else ONE
    requested, used, capacity = (each // unit for each in (short.requested, short.used, short.capacity))
    what = f"{short.resource}, requested: {requested}, used: {used}, capacity: {capacity}"
    return f"Node didn't have enough resource: {what}"
