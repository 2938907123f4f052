"""kubectl port-forward: SPDY streams in the messages of a WebSocket (KEP-4006).

The client opens two streams for a connection, with one `requestid`: `error`, on which it reads what went wrong, and
`data`.
"""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import WSMsgType, web

from pocketkube.api.logs import check_assigned
from pocketkube.api.spdy import Connection, Data, Opened, Pinged, Reset
from pocketkube.errors import ApiError, bad_request
from pocketkube.node.runtime import Runtime
from pocketkube.store import Object

PROTOCOL = "SPDY/3.1+portforward.k8s.io"
CHUNK = 32 << 10  # bytes read from a Pod at once


async def serve(request: web.Request, runtime: Runtime, pod: Object) -> web.StreamResponse:
    check_assigned(pod)
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise bad_request("Upgrade request required")
    socket = web.WebSocketResponse(protocols=[PROTOCOL], max_msg_size=0)
    await socket.prepare(request)
    forwarder = _Forwarder(socket, runtime, pod)
    try:
        async for message in socket:
            if message.type == WSMsgType.BINARY:
                await forwarder.receive(message.data)
    except (ValueError, ConnectionError):
        await socket.close(code=1002)
    finally:
        forwarder.close()
    return socket


class _Forwarder:
    """The streams of one client, and a connection to the Pod for each pair of them."""

    def __init__(self, socket: web.WebSocketResponse, runtime: Runtime, pod: Object) -> None:
        self._socket = socket
        self._runtime = runtime
        self._pod = pod
        self._spdy = Connection()
        self._error_streams: dict[str, int] = {}  # by requestid
        self._arriving: dict[int, asyncio.Queue[bytes]] = {}  # for the Pod, by stream; b"" ends it
        self._tasks: set[asyncio.Task[None]] = set()

    async def receive(self, content: bytes) -> None:
        for frame in self._spdy.receive(content):
            match frame:
                case Opened():
                    await self._open(frame)
                case Data():
                    queue = self._arriving.get(frame.stream)
                    if queue and frame.content:
                        queue.put_nowait(frame.content)
                    if queue and frame.last:
                        queue.put_nowait(b"")
                case Reset():
                    if frame.stream in self._arriving:
                        self._arriving[frame.stream].put_nowait(b"")
                case Pinged():
                    await self._socket.send_bytes(frame.answer)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _open(self, opened: Opened) -> None:
        headers = opened.headers
        await self._socket.send_bytes(self._spdy.accept(opened.stream))
        if headers.get("streamtype") == "error":
            self._error_streams[headers.get("requestid", "")] = opened.stream
        elif headers.get("streamtype") == "data":
            error_stream = self._error_streams.pop(headers.get("requestid", ""), None)
            if error_stream is None or not headers.get("port", "").isdigit():
                raise ValueError("a data stream without its error stream")
            self._arriving[opened.stream] = asyncio.Queue()
            task = asyncio.create_task(self._forward(opened.stream, error_stream, int(headers["port"])))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _forward(self, stream: int, error_stream: int, port: int) -> None:
        metadata = self._pod["metadata"]
        problem = ""
        with contextlib.suppress(ConnectionError):
            try:
                reader, writer = await self._runtime.connect(metadata["namespace"], metadata["name"], port)
            except ApiError as error:
                problem = f"error forwarding port {port} to pod {metadata['uid']}, uid : {error.message}"
            else:
                await self._copy(stream, reader, writer)
            await self._socket.send_bytes(self._spdy.data(error_stream, problem.encode(), last=True))
            await self._socket.send_bytes(self._spdy.data(stream, b"", last=True))
        del self._arriving[stream]

    async def _copy(self, stream: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Both ways, until the Pod has nothing more to say."""
        sending = asyncio.create_task(self._send(stream, writer))
        try:
            while content := await reader.read(CHUNK):
                await self._socket.send_bytes(self._spdy.data(stream, content))
        finally:
            sending.cancel()
            writer.close()

    async def _send(self, stream: int, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while content := await self._arriving[stream].get():
                writer.write(content)
                await writer.drain()
            writer.write_eof()
