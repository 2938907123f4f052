"""Probes: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/

Sent from the node, as the kubelet's are; an HTTP probe shows the Pod the address of its gateway.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from pocketkube import namespaces
from pocketkube.store import Object

USER_AGENT = "kube-probe/1.36"
QUICK = 0.02  # seconds; see `period`

Execute = Callable[[list[str]], Awaitable[tuple[int, str]]]


class Prober:
    """Sends the probes of one node; `netns` is its network namespace."""

    def __init__(self, netns: int) -> None:
        self._netns = netns

    async def probe(self, probe: Object, container: Object, address: str, execute: Execute) -> str:
        """Carry out one probe; "" for success, else why it failed, in the kubelet's words."""
        timeout = probe.get("timeoutSeconds", 1)
        try:
            async with asyncio.timeout(timeout):
                if "httpGet" in probe:
                    return await self._http(probe["httpGet"], container, address)
                if "tcpSocket" in probe:
                    return await self._tcp(probe["tcpSocket"], container, address)
                if "exec" in probe:
                    code, output = await execute(probe["exec"].get("command") or [])
                    return "" if code == 0 else output.strip() or f"command terminated with exit code {code}"
                return f"pocketkube does not support the probe {next(iter(probe), '')}"
        except TimeoutError:
            return f"context deadline exceeded after {timeout}s"

    async def _http(self, action: Object, container: Object, address: str) -> str:
        scheme = action.get("scheme", "HTTP").lower()
        port = port_number(action["port"], container)
        host = action.get("host") or address
        path = action.get("path") or "/"
        url = f"{scheme}://{host}:{port}{path if path.startswith('/') else '/' + path}"
        headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Connection": "close"}
        headers.update({each["name"]: each.get("value", "") for each in action.get("httpHeaders") or ()})
        connector = aiohttp.TCPConnector(socket_factory=self._socket, force_close=True, ssl=False)
        try:
            async with (
                aiohttp.ClientSession(connector=connector) as session,
                session.get(url, headers=headers) as response,
            ):
                status = response.status
        except aiohttp.ClientConnectorError as error:
            return f'Get "{url}": dial tcp {host}:{port}: connect: {os.strerror(error.errno or 0).lower()}'
        except aiohttp.ClientError as error:
            return f'Get "{url}": {error}'
        return "" if 200 <= status < 400 else f"HTTP probe failed with statuscode: {status}"

    async def _tcp(self, action: Object, container: Object, address: str) -> str:
        port = port_number(action["port"], container)
        host = action.get("host") or address
        with self._socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", (host, port))) as connection:
            try:
                await asyncio.get_running_loop().sock_connect(connection, (host, port))
            except OSError as error:
                return f"dial tcp {host}:{port}: connect: {(error.strerror or '').lower()}"
        return ""

    def _socket(self, address: Any) -> socket.socket:
        family, kind, protocol, *_ = address
        with namespaces.inside_network_namespace(self._netns):
            made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made


def port_number(port: int | str, container: Object) -> int:
    """A probe's port: a number, or the name of one of the container's ports. 0 when there is no such name."""
    if isinstance(port, int):
        return port
    for each in container.get("ports") or ():
        if each.get("name") == port:
            return int(each["containerPort"])
    return int(port) if port.isdigit() else 0


def period(probe: Object, succeeded_before: bool, attempts: int) -> float:
    """Seconds to the next attempt.

    Until a container first succeeds it is asked more often, at doubling distances up to periodSeconds: nobody should
    wait a second for a server that starts in 10 ms.
    """
    whole = float(probe.get("periodSeconds", 10))
    return whole if succeeded_before else min(whole, QUICK * 2.0**attempts)
