"""gRPC probes: what a server answers over HTTP/2, and what the kubelet makes of it."""

from __future__ import annotations

import asyncio

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

from pocketkube.node import grpc_health
from tests.conftest import Kubectl
from tests.node.pods import container, create, status, wait_for_event

FAILED = "error: health rpc probe failed: rpc error: code = "
OPENING = [(":status", "200"), ("content-type", "application/grpc")]
Trailers = list[tuple[str, str]]


class Server:
    """Answers one question with `message` and `trailers`; with neither it hangs up."""

    def __init__(self, message: bytes | None, trailers: Trailers) -> None:
        self.asked: dict[str, str] = {}
        self.question = b""
        self._message = message
        self._trailers = trailers

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        http.initiate_connection()
        writer.write(http.data_to_send())
        done = False
        while not done and (received := await reader.read(1 << 16)):
            for event in http.receive_data(received):
                if isinstance(event, RequestReceived):
                    self.asked = {str(key): str(value) for key, value in event.headers or ()}
                elif isinstance(event, DataReceived):
                    self.question += event.data or b""
                elif isinstance(event, StreamEnded):
                    self._answer(http, event.stream_id or 0)
                    done = True
            writer.write(http.data_to_send())
        writer.close()

    def _answer(self, http: H2Connection, stream: int) -> None:
        if self._message is not None:
            http.send_headers(stream, OPENING)
            http.send_data(stream, b"\0" + len(self._message).to_bytes(4, "big") + self._message)
        if self._trailers:
            opening = [] if self._message is not None else OPENING
            http.send_headers(stream, [*opening, *self._trailers], end_stream=True)


def ask(server: Server) -> str | None:
    async def conversation() -> str | None:
        async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
            reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
            asking = grpc_health.Conversation(reader, writer)
            await asking.greet()
            found = await asking.check("10.244.1.2:50051", "svc", "kube-probe/1.36")
            writer.close()
            return found

    return asyncio.run(conversation())


@pytest.mark.parametrize(
    ("message", "trailers", "said"),
    [
        pytest.param(b"\x08\x01", [("grpc-status", "0")], None, id="serving"),
        pytest.param(
            b"\x08\x02",
            [("grpc-status", "0")],
            'service unhealthy (responded with "NOT_SERVING")',
            id="not-serving",
        ),
        pytest.param(b"", [("grpc-status", "0")], 'service unhealthy (responded with "UNKNOWN")', id="unknown"),
        pytest.param(
            None,
            [("grpc-status", "12"), ("grpc-message", "unknown service grpc.health.v1.Health")],
            f"{grpc_health.UNIMPLEMENTED}unknown service grpc.health.v1.Health",
            id="no-health-service",
        ),
        pytest.param(
            None,
            [("grpc-status", "5"), ("grpc-message", "unknown%20service")],
            f"{FAILED}NotFound desc = unknown service",
            id="not-found",
        ),
        pytest.param(b"\x08\x01", [], f"{FAILED}Unavailable desc = error reading from server: EOF", id="gone"),
    ],
)
def test_answers(message: bytes | None, trailers: Trailers, said: str | None) -> None:
    server = Server(message, trailers)
    assert ask(server) == said
    assert server.asked[":path"] == "/grpc.health.v1.Health/Check"
    assert server.question == b"\0\0\0\0\x05\x0a\x03svc"


def test_who_speaks_something_else() -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async def conversation() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
            reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
            with pytest.raises(grpc_health.NoServer):
                await grpc_health.Conversation(reader, writer).greet()
            writer.close()

    asyncio.run(conversation())


def test_nobody_there(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, container(readinessProbe={"grpc": {"port": 50051}}))
    address = "{.status.podIP}"
    kubectl("wait", f"--for=jsonpath={address}", "pod/p", "--timeout=60s", namespace=namespace)
    where = f"{status(kubectl, namespace)['podIP']}:50051"
    problem = f'timeout: failed to connect service "{where}" within 1s: context deadline exceeded'
    assert wait_for_event(kubectl, namespace, "Unhealthy") == f"Readiness probe failed: {problem}"
