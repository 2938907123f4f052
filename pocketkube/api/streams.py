"""exec and attach over WebSockets: v5.channel.k8s.io and v4 (KEP-4006).

The first byte of a message is its channel: 0 stdin, 1 stdout, 2 stderr, 3 the final Status, 4 terminal size; in v5
255 closes the channel that follows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Protocol

from aiohttp import WSMsgType, web

from pocketkube.api.logs import check_assigned, chosen_container
from pocketkube.errors import ApiError, bad_request
from pocketkube.node.runtime import Runtime
from pocketkube.store import Object

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
OFFERED = "Sec-WebSocket-Protocol"
INTERNAL = "Internal error occurred: "
STDIN, STDOUT, STDERR, STATUS, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255


class Streamed(Protocol):
    """A process whose streams go to the client: node.runtime's Process and Attachment."""

    async def write(self, data: bytes) -> None: ...
    def close_stdin(self) -> None: ...
    async def read_stdout(self) -> bytes: ...
    async def read_stderr(self) -> bytes: ...
    def resize(self, columns: int, rows: int) -> None: ...
    async def wait(self) -> int: ...
    def kill(self) -> None: ...


async def serve_exec(request: web.Request, runtime: Runtime, pod: Object) -> web.StreamResponse:
    command = request.query.getall("command", [])
    if not command:
        raise bad_request("you must specify at least one command for the container")
    container = chosen_container(pod, request.query.get("container", ""))
    check_assigned(pod)
    metadata = pod["metadata"]
    stdin, tty = (request.query.get(name) in ("true", "1") for name in ("stdin", "tty"))
    _require_upgrade(request)
    starting = runtime.exec(metadata["namespace"], metadata["name"], container, command, stdin=stdin, tty=tty)
    return await _converse(request, starting)


async def serve_attach(request: web.Request, runtime: Runtime, pod: Object) -> web.StreamResponse:
    container = chosen_container(pod, request.query.get("container", ""))
    check_assigned(pod)
    _require_upgrade(request)
    return await _converse(request, runtime.attach(pod["metadata"]["namespace"], pod["metadata"]["name"], container))


def _require_upgrade(request: web.Request) -> None:
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise bad_request("Upgrade request required")


async def _converse(request: web.Request, starting: Awaitable[Streamed]) -> web.StreamResponse:
    """What cannot be started is said on the channel of the status.

    With v4 the kubelet answers itself, and where no container runs it does so before there are channels; with v5 the
    API server has made them by then. Source: k8s.io/apiserver/pkg/util/proxy/streamtranslator.go
    """
    socket = web.WebSocketResponse(protocols=PROTOCOLS, max_msg_size=0)
    try:
        process = await starting
    except ApiError as error:
        if error.code == HTTPStatus.NOT_FOUND and PROTOCOLS[0] not in request.headers.get(OFFERED, ""):
            raise _internal(error) from error
        await socket.prepare(request)
        await socket.send_bytes(bytes([STATUS]) + json.dumps(_internal(error).status()).encode())
        await socket.close()
        return socket
    with contextlib.ExitStack() as at_the_end:
        at_the_end.callback(process.kill)
        await socket.prepare(request)
        await _pass_on(socket, process)
    await socket.close()
    return socket


async def _pass_on(socket: web.WebSocketResponse, process: Streamed) -> None:
    """The streams in both directions, and how it ended."""
    reading = asyncio.create_task(_read(socket, process))
    # What went wrong comes before the end of the output: a client may leave there, as kubectl cp does.
    writing = asyncio.gather(_write(socket, STDERR, process.read_stderr), _write(socket, STDOUT, process.read_stdout))
    ending = asyncio.create_task(process.wait())
    try:
        await asyncio.wait({reading, ending}, return_when=asyncio.FIRST_COMPLETED)
        if ending.done():
            with contextlib.suppress(ConnectionError):
                await writing
                await socket.send_bytes(bytes([STATUS]) + json.dumps(_status(ending.result())).encode())
    finally:
        for task in (reading, ending, writing):
            task.cancel()
        await asyncio.gather(reading, ending, writing, return_exceptions=True)


async def _read(socket: web.WebSocketResponse, process: Streamed) -> None:
    """What the client sends, until it closes the connection."""
    async for message in socket:
        if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
            continue
        data = message.data.encode() if message.type == WSMsgType.TEXT else message.data
        if not data:
            continue
        channel, content = data[0], data[1:]
        if channel == STDIN:
            await process.write(content)
        elif channel == RESIZE:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                size = json.loads(content)
                process.resize(int(size["Width"]), int(size["Height"]))
        elif channel == CLOSE and content[:1] == bytes([STDIN]):
            process.close_stdin()


async def _write(socket: web.WebSocketResponse, channel: int, read: Callable[[], Awaitable[bytes]]) -> None:
    while data := await read():
        await socket.send_bytes(bytes([channel]) + data)


def _internal(error: ApiError) -> ApiError:
    """As the API server passes on what a kubelet refuses."""
    message = error.message.removeprefix(INTERNAL)
    return ApiError(500, "InternalError", INTERNAL + message, {"causes": [{"message": message}]})


def _status(code: int) -> Object:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    message = f"command terminated with non-zero exit code: command terminated with exit code {code}"
    return {
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }
