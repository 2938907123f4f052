"""One question of the gRPC health protocol: how a service is. Of HTTP/2 there is what a single call needs.

Sources: https://github.com/grpc/grpc/blob/master/doc/health-checking.md and PROTOCOL-HTTP2.md beside it,
https://www.rfc-editor.org/rfc/rfc9113 for frames, and k8s.io/kubernetes/pkg/probe/grpc for the kubelet's words.
"""

from __future__ import annotations

from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from urllib.parse import unquote

from pocketkube.node import header_block

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 6, 7, 9
END_STREAM = ACK = 1
END_HEADERS, PADDED, PRIORITY = 4, 8, 32
NO_TABLE = b"\0\x01\0\0\0\0"  # SETTINGS_HEADER_TABLE_SIZE: 0
STREAM = 1
STATUSES = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
CODES = [
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
]
UNIMPLEMENTED = "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): "
Frame = tuple[int, int, int, bytes]  # type, flags, stream, payload


class NoServer(Exception):
    """Nobody there speaks HTTP/2."""


async def greet(reader: StreamReader, writer: StreamWriter) -> None:
    """The connection is there once the server has sent its settings. NoServer when it does not."""
    writer.write(PREFACE + _frame(SETTINGS, 0, 0, NO_TABLE))
    try:
        kind, _, _, _ = await _read(reader)
    except (OSError, EOFError) as error:
        raise NoServer from error
    if kind != SETTINGS:
        raise NoServer
    writer.write(_frame(SETTINGS, ACK, 0))


async def check(reader: StreamReader, writer: StreamWriter, authority: str, service: str, agent: str) -> str | None:
    """Ask on a connection that was greeted: what is wrong, in the kubelet's words, or None."""
    headers = header_block.write(
        (
            (":method", "POST"),
            (":scheme", "http"),
            (":path", "/grpc.health.v1.Health/Check"),
            (":authority", authority),
            ("content-type", "application/grpc"),
            ("user-agent", agent),
            ("te", "trailers"),
        )
    )
    name = service.encode()
    question = b"\x0a" + _varint(len(name)) + name if name else b""
    body = b"\0" + len(question).to_bytes(4, "big") + question
    writer.write(_frame(HEADERS, END_HEADERS, STREAM, headers) + _frame(DATA, END_STREAM, STREAM, body))
    answer, trailers, block = b"", {}, b""
    try:
        async for kind, flags, _, payload in _frames(reader, writer):
            if kind == DATA:
                answer += _unpadded(flags, payload)
            else:
                block += payload if kind == CONTINUATION else _unpadded(flags, payload)
                if flags & END_HEADERS:
                    trailers, block = header_block.read(block), b""
    except (OSError, EOFError):
        return _failed("Unavailable", "error reading from server: EOF")
    return _judge(answer, trailers)


def _judge(answer: bytes, trailers: dict[str, str]) -> str | None:
    number, message = trailers.get("grpc-status", ""), unquote(trailers.get("grpc-message", ""))
    code = CODES[int(number)] if number.isdigit() and int(number) < len(CODES) else "Unknown"
    if code == "Unimplemented":
        return UNIMPLEMENTED + message
    if code != "OK":
        return _failed(code, message)
    content = answer[5:]
    status = content[1] if content[:1] == b"\x08" and len(content) > 1 else 0
    name = STATUSES[status] if status < len(STATUSES) else str(status)
    return None if name == "SERVING" else f'service unhealthy (responded with "{name}")'


def _failed(code: str, message: str) -> str:
    return f"error: health rpc probe failed: rpc error: code = {code} desc = {message}"


async def _frames(reader: StreamReader, writer: StreamWriter) -> AsyncIterator[Frame]:
    """Data and headers of the call, to its end. EOFError when the server gives it up."""
    ends = False
    while True:
        frame = kind, flags, stream, payload = await _read(reader)
        if kind == SETTINGS and not flags & ACK:
            writer.write(_frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            writer.write(_frame(PING, ACK, 0, payload))
        elif kind == GOAWAY or (kind == RST_STREAM and stream == STREAM):
            raise EOFError
        elif stream == STREAM and kind in (DATA, HEADERS, CONTINUATION):
            yield frame
            ends = ends or (kind != CONTINUATION and bool(flags & END_STREAM))
            if ends and (kind == DATA or flags & END_HEADERS):
                return


async def _read(reader: StreamReader) -> Frame:
    head = await reader.readexactly(9)
    payload = await reader.readexactly(int.from_bytes(head[:3], "big"))
    return head[3], head[4], int.from_bytes(head[5:], "big") & 0x7FFFFFFF, payload


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _varint(number: int) -> bytes:
    """Below 16384."""
    return bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])


def _unpadded(flags: int, payload: bytes) -> bytes:
    padding = 0
    if flags & PADDED:
        padding, payload = payload[0], payload[1:]
    if flags & PRIORITY:
        payload = payload[5:]
    return payload[: len(payload) - padding]
