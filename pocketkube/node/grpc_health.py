"""One question of the gRPC health protocol: how a service is.

Sources: https://github.com/grpc/grpc/blob/master/doc/health-checking.md and PROTOCOL-HTTP2.md beside it, and
k8s.io/kubernetes/pkg/probe/grpc for the kubelet's words.
"""

from __future__ import annotations

from asyncio import StreamReader, StreamWriter
from urllib.parse import unquote

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError

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
READ = 1 << 16  # bytes at a time


class NoServer(Exception):
    """Nobody there speaks HTTP/2."""


class Conversation:
    """With one server, over a connection that is open."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))

    async def greet(self) -> None:
        """The server is there once it has sent its settings. NoServer when it does not."""
        self._http.initiate_connection()
        try:
            while not any(isinstance(event, RemoteSettingsChanged) for event in await self._events()):
                pass
        except (OSError, EOFError, ProtocolError) as error:
            raise NoServer from error

    async def check(self, authority: str, service: str, agent: str) -> str | None:
        """Ask, after `greet`: what is wrong, in the kubelet's words, or None."""
        name = service.encode()
        question = b"\x0a" + _varint(len(name)) + name if name else b""
        headers = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", "/grpc.health.v1.Health/Check"),
            (":authority", authority),
            ("content-type", "application/grpc"),
            ("user-agent", agent),
            ("te", "trailers"),
        ]
        stream = self._http.get_next_available_stream_id()
        self._http.send_headers(stream, headers)
        self._http.send_data(stream, b"\0" + len(question).to_bytes(4, "big") + question, end_stream=True)
        answer = b""
        trailers: dict[str, str] = {}
        try:
            ended = False
            while not ended:
                for event in await self._events():
                    if isinstance(event, DataReceived):
                        answer += event.data or b""
                    elif isinstance(event, ResponseReceived | TrailersReceived):
                        trailers |= {str(key): str(value) for key, value in event.headers or ()}
                    elif isinstance(event, StreamReset | ConnectionTerminated):
                        raise EOFError
                    ended = ended or isinstance(event, StreamEnded)
        except (OSError, EOFError, ProtocolError):
            return _failed("Unavailable", "error reading from server: EOF")
        return _judge(answer, trailers)

    async def _events(self) -> list[Event]:
        """Send what there is to send, and read what comes next."""
        self._writer.write(self._http.data_to_send())
        received = await self._reader.read(READ)
        if not received:
            raise EOFError
        events = self._http.receive_data(received)
        self._writer.write(self._http.data_to_send())
        return events


def _judge(answer: bytes, trailers: dict[str, str]) -> str | None:
    number, message = trailers.get("grpc-status", ""), unquote(trailers.get("grpc-message", ""))
    code = CODES[int(number)] if number.isdecimal() and int(number) < len(CODES) else "Unknown"
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


def _varint(number: int) -> bytes:
    """Below 16384."""
    return bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
