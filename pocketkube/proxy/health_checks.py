"""What a load balancer asks a node: has it endpoints of a Service whose external traffic stays on the node?

HTTP on the Service's healthCheckNodePort, with kube-proxy's answers.
Source: https://kubernetes.io/docs/reference/networking/virtual-ips/#traffic-policies
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket

from pocketkube import namespaces

REQUEST_SECONDS = 5.0
LARGEST_REQUEST = 16 << 10  # bytes
log = logging.getLogger(__name__)


class HealthChecks:
    """The ports of one node, whose network namespace is given as a descriptor."""

    def __init__(self, netns: int) -> None:
        self._netns = netns
        self._local: dict[int, tuple[str, str, int]] = {}  # {port: (namespace, name, endpoints here)}
        self._servers: dict[int, asyncio.Task[None]] = {}

    def serve(self, local: dict[int, tuple[str, str, int]]) -> None:
        """Answer on exactly these ports from now on. `local`: {port: (namespace, name, endpoints on this node)}."""
        self._local = local
        for port in self._servers.keys() - local.keys():
            self._servers.pop(port).cancel()
        for port in local.keys() - self._servers.keys():
            self._servers[port] = asyncio.create_task(self._serve_port(port))

    async def _serve_port(self, port: int) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                async with asyncio.timeout(REQUEST_SECONDS):
                    await reader.readuntil(b"\r\n\r\n")
                writer.write(self._response(port))
                await writer.drain()
            writer.close()

        try:
            with namespaces.inside_network_namespace(self._netns):
                listener = socket.create_server(("0.0.0.0", port))
            server = await asyncio.start_server(answer, sock=listener, limit=LARGEST_REQUEST)
        except OSError:
            log.exception("the health check of node port %d cannot be served", port)
            return
        async with server:
            await server.serve_forever()

    def _response(self, port: int) -> bytes:
        namespace, name, count = self._local.get(port, ("", "", 0))
        found = {
            "service": {"namespace": namespace, "name": name},
            "localEndpoints": count,
            "serviceProxyHealthy": True,
        }
        body = json.dumps(found, indent="\t")
        status = "200 OK" if count else "503 Service Unavailable"
        head = [
            f"HTTP/1.1 {status}",
            "Content-Type: application/json",
            "X-Content-Type-Options: nosniff",
            f"X-Load-Balancing-Endpoint-Weight: {count}",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        return "\r\n".join([*head, "", body]).encode()
