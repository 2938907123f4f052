"""The phase of a Pod: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase

It follows getPhase in k8s.io/kubernetes/pkg/kubelet/kubelet_pods.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pocketkube.node.restarts import is_sidecar, runs_again
from pocketkube.store import Object


class State(Protocol):
    """A container as its status shows it."""

    spec: Object
    state: Object
    last_state: Object


def pod_phase(spec: Object, inits: Sequence[State], containers: Sequence[State], *, terminal: bool) -> str:
    """`terminal`: nothing of the Pod is started again, because it is being deleted."""
    regular = [each for each in inits if not is_sidecar(each.spec)]
    sidecars = [each for each in inits if is_sidecar(each.spec)]
    if any(_failed_for_good(spec, each) for each in regular):
        return "Failed"
    if any(map(_is_pending, regular)) or any(map(_has_never_run, (*sidecars, *containers))):
        return "Pending"
    if any("running" in each.state for each in (*sidecars, *containers)):
        return "Running"
    codes = [_code(each) for each in containers]
    if terminal:
        return "Failed" if any(codes) else "Succeeded"
    if any(runs_again(spec, each.spec, code, init=False) for each, code in zip(containers, codes, strict=True)):
        return "Running"
    return "Failed" if any(codes) else "Succeeded"


def _has_never_run(container: State) -> bool:
    return "waiting" in container.state and "terminated" not in container.last_state


def _is_pending(init: State) -> bool:
    """It has not succeeded, and may yet."""
    return "running" in init.state or "waiting" in init.state


def _failed_for_good(spec: Object, init: State) -> bool:
    code = init.state.get("terminated", {}).get("exitCode", 0)
    return code != 0 and not runs_again(spec, init.spec, code, init=True)


def _code(container: State) -> int:
    ended = container.state.get("terminated") or container.last_state["terminated"]
    return int(ended["exitCode"])
