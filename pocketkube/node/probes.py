"""Probes: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/

Sent from the node, as the kubelet's are; an HTTP probe shows the Pod the address of its gateway.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from pocketkube import namespaces
from pocketkube.node.containers import CannotStart
from pocketkube.store import Object

USER_AGENT = "kube-probe/1.36"
REDIRECTS = 10
RETRY = 0.02  # seconds between attempts to reach a gRPC server

Execute = Callable[[list[str]], Awaitable[tuple[int, str]]]


class ProbeError(Exception):
    """The probe could not be carried out; that says nothing of the container."""


class Prober:
    """Sends the probes of one node; `netns` is its network namespace."""

    def __init__(self, netns: int) -> None:
        self._netns = netns

    async def probe(self, probe: Object, container: Object, address: str, execute: Execute) -> str | None:
        """Carry out one probe: why it failed, in the kubelet's words, or None. ProbeError when neither is known."""
        timeout = probe.get("timeoutSeconds", 1)
        if "httpGet" in probe:
            return await self.get(probe["httpGet"], container, address, timeout)
        if "tcpSocket" in probe:
            return await self.connect(probe["tcpSocket"], container, address, timeout)
        if "exec" in probe:
            return await _run(probe["exec"].get("command") or [], execute, timeout)
        if "grpc" in probe:
            return await self.ask(probe["grpc"], address, timeout)
        raise ProbeError(f"Missing probe handler for {container['name']}")

    async def get(self, action: Object, container: Object, address: str, timeout: float | None = None) -> str | None:
        """An HTTPGetAction: any status from 200 to 399 is a success."""
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
                asyncio.timeout(timeout),
                aiohttp.ClientSession(connector=connector) as session,
                session.get(url, headers=headers, max_redirects=REDIRECTS) as response,
            ):
                status = response.status
        except TimeoutError:
            return f'Get "{url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        except aiohttp.ClientConnectorError as error:
            return f'Get "{url}": dial tcp {host}:{port}: connect: {os.strerror(error.errno or 0).lower()}'
        except aiohttp.ServerDisconnectedError:
            return f'Get "{url}": EOF'
        except (aiohttp.ClientError, ValueError) as error:
            return f'Get "{url}": {error}'
        return None if 200 <= status < 400 else f"HTTP probe failed with statuscode: {status}"

    async def connect(
        self, action: Object, container: Object, address: str, timeout: float | None = None
    ) -> str | None:
        """A TCPSocketAction: whether somebody accepts the connection."""
        port = port_number(action["port"], container)
        host = action.get("host") or address
        with self._socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", (host, port))) as connection:
            try:
                async with asyncio.timeout(timeout):
                    await asyncio.get_running_loop().sock_connect(connection, (host, port))
            except TimeoutError:
                return f"dial tcp {host}:{port}: i/o timeout"
            except OSError as error:
                return f"dial tcp {host}:{port}: connect: {os.strerror(error.errno or 0).lower()}"
        return None

    async def ask(self, action: Object, address: str, timeout: float) -> str | None:
        """A GRPCAction. As gRPC does, it waits for a server that is not there yet as long as there is time."""
        from pocketkube.node import grpc_health  # noqa: PLC0415 - slow to import, and few Pods need it

        where = f"{address}:{action['port']}"
        greeted = False
        try:
            async with asyncio.timeout(timeout), contextlib.AsyncExitStack() as stack:
                while not greeted:
                    try:
                        reader, writer = await self._streams(address, action["port"])
                        stack.callback(writer.close)
                        conversation = grpc_health.Conversation(reader, writer)
                        await conversation.greet()
                        greeted = True
                    except (OSError, grpc_health.NoServer):
                        await asyncio.sleep(RETRY)
                return await conversation.check(where, action.get("service") or "", USER_AGENT)
        except TimeoutError:
            if greeted:
                return f"timeout: health rpc did not complete within {timeout}s"
            return f'timeout: failed to connect service "{where}" within {timeout}s: context deadline exceeded'

    async def _streams(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        connection = self._socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", (host, port)))
        try:
            await asyncio.get_running_loop().sock_connect(connection, (host, port))
            return await asyncio.open_connection(sock=connection)
        except BaseException:
            connection.close()
            raise

    def _socket(self, address: Any) -> socket.socket:
        family, kind, protocol, *_ = address
        with namespaces.inside_network_namespace(self._netns):
            made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made


async def _run(command: list[str], execute: Execute, timeout: float) -> str | None:
    try:
        async with asyncio.timeout(timeout):
            code, output = await execute(command)
    except TimeoutError:
        return f'command timed out: "{" ".join(command)}" timed out after {timeout}s'
    except CannotStart as error:
        raise ProbeError(f"rpc error: code = Unknown desc = failed to exec in container: {error}") from error
    return None if code == 0 else output


def port_number(port: int | str, container: Object) -> int:
    """A port: a number, or the name of one of the container's ports. ProbeError when there is no such name."""
    if isinstance(port, int):
        return port
    for each in container.get("ports") or ():
        if each.get("name") == port:
            return int(each["containerPort"])
    if port.isdigit():
        return int(port)
    raise ProbeError(f'strconv.Atoi: parsing "{port}": invalid syntax')
