"""What a container runs after its start and before its end.

Source: https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
"""

from __future__ import annotations

import asyncio

from pocketkube.node.probes import Execute, Prober
from pocketkube.store import Object


async def run_hook(handler: Object, prober: Prober, container: Object, address: str, execute: Execute) -> bool:
    """Carry out a LifecycleHandler; whether it succeeded."""
    if "sleep" in handler:
        await asyncio.sleep(handler["sleep"].get("seconds", 0))
        return True
    if "exec" in handler:
        code, _ = await execute(handler["exec"].get("command") or [])
        return code == 0
    if "httpGet" in handler:
        return await prober.get(handler["httpGet"], container, address) is None
    return await prober.connect(handler["tcpSocket"], container, address) is None
