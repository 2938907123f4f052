"""What a check's Service should be: the measure that `diagnosis` compares with what there is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ServiceKind = Literal["ClusterIP", "headless", "NodePort", "ExternalName"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A Service of the task. What is left out is not looked at: a check that no port can fail leaves the ports out.

    `pods`: labels of exactly the Pods that it should lead to; none for a Service without selector. `port` is the
    Service's, `target` the container's. `addresses`: of hand-made endpoints. `stateful_set`: (name, replicas) of the
    one that the Service gives names to.
    """

    name: str
    kind: ServiceKind = "ClusterIP"
    pods: dict[str, str] = field(default_factory=dict)
    port: int = 0
    port_name: str = ""
    target: int = 0
    protocol: str = "TCP"
    external_name: str = ""
    addresses: tuple[str, ...] = ()
    stateful_set: tuple[str, int] | None = None
