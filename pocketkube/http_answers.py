"""The smallest HTTP server: a GET, an answer, and the connection is closed. For what only says how it is."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

REQUEST_SECONDS = 5.0
LARGEST_REQUEST = 16 << 10  # bytes


class Answer(NamedTuple):
    status: HTTPStatus
    body: str
    headers: dict[str, str]


async def serve(listener: socket.socket, answer: Callable[[str], Answer]) -> None:
    """Answer on a listening socket until cancelled. `answer` is given the path."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(REQUEST_SECONDS):
                request = await reader.readuntil(b"\r\n\r\n")
            words = request.partition(b"\r\n")[0].decode("ascii", "replace").split()
            writer.write(_written(answer(words[1].partition("?")[0] if len(words) > 1 else "")))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(converse, sock=listener, limit=LARGEST_REQUEST)
    async with server:
        await server.serve_forever()


def _written(answer: Answer) -> bytes:
    body = answer.body.encode()
    head = [f"HTTP/1.1 {answer.status} {answer.status.phrase}"]
    head += [f"{name}: {value}" for name, value in answer.headers.items()]
    head += [f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*head, "", ""]).encode() + body
