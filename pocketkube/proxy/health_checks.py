"""What a load balancer asks a node: has it endpoints of a Service whose external traffic stays on the node?

HTTP on the Service's healthCheckNodePort, with kube-proxy's answers.
Source: https://kubernetes.io/docs/reference/networking/virtual-ips/#traffic-policies
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from http import HTTPStatus

from pocketkube import http_answers, namespaces
from pocketkube.http_answers import Answer

log = logging.getLogger(__name__)


class HealthChecks:
    """The ports of one node, whose network namespace is given as a descriptor."""

    def __init__(self, netns: int) -> None:
        self._netns = netns
        self._local: dict[int, tuple[str, str, int]] = {}
        self._servers: dict[int, asyncio.Task[None]] = {}

    def serve(self, local: dict[int, tuple[str, str, int]]) -> None:
        """Answer on exactly these ports from now on. `local`: {port: (namespace, name, endpoints on this node)}."""
        self._local = local
        for port in self._servers.keys() - local.keys():
            self._servers.pop(port).cancel()
        for port in local.keys() - self._servers.keys():
            self._servers[port] = asyncio.create_task(self._serve_port(port))

    async def _serve_port(self, port: int) -> None:
        try:
            with namespaces.inside_network_namespace(self._netns):
                listener = socket.create_server(("0.0.0.0", port))
        except OSError:
            log.exception("the health check of node port %d cannot be served", port)
            return
        await http_answers.serve(listener, lambda _path: self._answer(port))

    def _answer(self, port: int) -> Answer:
        namespace, name, count = self._local.get(port, ("", "", 0))
        found = {
            "service": {"namespace": namespace, "name": name},
            "localEndpoints": count,
            "serviceProxyHealthy": True,
        }
        headers = {
            "Content-Type": "application/json",
            "X-Content-Type-Options": "nosniff",
            "X-Load-Balancing-Endpoint-Weight": str(count),
        }
        status = HTTPStatus.OK if count else HTTPStatus.SERVICE_UNAVAILABLE
        return Answer(status, json.dumps(found, indent="\t"), headers)
