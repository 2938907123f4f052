"""One probe of a running container, again and again: how often, and how many results make a change.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Probe
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pocketkube.node.probes import ProbeError
from pocketkube.store import Object

QUICK = 0.02  # seconds between the first attempts, doubled up to the period
SETTLING = 1.0  # seconds before the first liveness probe: the kubelet's sees a new container at its next tick

Probe = Callable[[Object], Awaitable[str | None]]
Tell = Callable[[str], None]  # of a failure, for an event
Change = Callable[[bool], None]


async def keep_probing(kind: str, probe: Object, send: Probe, tell: Tell, change: Change) -> None:
    """Until cancelled: `change(True)` at each success that is enough of them, `change(False)` at such a failure.

    `kind`: Readiness, Liveness or Startup. Nobody should wait a second for a server that starts in 10 ms: until a
    container first succeeds it is asked for its readiness and its start more often than periodSeconds, and of these
    attempts only one a period counts as a failure.
    """
    period = float(probe.get("periodSeconds", 10))
    quick = QUICK if kind != "Liveness" else period
    loop = asyncio.get_running_loop()
    await asyncio.sleep(max(probe.get("initialDelaySeconds", 0), SETTLING if kind == "Liveness" else 0))
    successes = failures = 0
    counts_from = loop.time() + (QUICK if quick < period else 0.0)
    while True:
        try:
            problem = await send(probe)
        except ProbeError as error:
            if loop.time() >= counts_from:
                counts_from = loop.time() + (0.0 if quick >= period else period)
                tell(f"{kind} probe errored and resulted in unknown state: {error}")
        else:
            if problem is None:
                successes, failures, quick = successes + 1, 0, period
                if successes >= probe.get("successThreshold", 1):
                    change(True)
            elif loop.time() >= counts_from:
                successes, failures, counts_from = 0, failures + 1, loop.time() + (0.0 if quick >= period else period)
                tell(f"{kind} probe failed: {problem}")
                if failures >= probe.get("failureThreshold", 3):
                    change(False)
        await asyncio.sleep(min(quick, period))
        quick *= 2
