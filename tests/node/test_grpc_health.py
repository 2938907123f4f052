"""gRPC probes: what a server answers, byte for byte, and what the kubelet makes of it."""

from __future__ import annotations

import asyncio

import pytest

from pocketkube.node import grpc_health, header_block
from tests.node.pods import Kubectl, container, create, status, wait_for_event

SETTINGS = bytes.fromhex("000000040000000000")
OPENING = bytes.fromhex("00000e010400000001885f8b1d75d0620d263d4c4d6564")  # :status 200, application/grpc
OK = bytes.fromhex("00000c01050000000140889acac8b21234da8f0130")  # grpc-status: 0
FAILED = "error: health rpc probe failed: rpc error: code = "


def data(message: str) -> bytes:
    body = b"\0" + len(bytes.fromhex(message)).to_bytes(4, "big") + bytes.fromhex(message)
    return len(body).to_bytes(3, "big") + bytes.fromhex("000000000001") + body


def trailers(**values: str) -> bytes:
    block = header_block.write((f"grpc-{name}", value) for name, value in values.items())
    return len(block).to_bytes(3, "big") + bytes.fromhex("010500000001") + block


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(OPENING + data("0801") + OK, None, id="serving"),
        pytest.param(OPENING + data("0802") + OK, 'service unhealthy (responded with "NOT_SERVING")', id="not-serving"),
        pytest.param(OPENING + data("") + OK, 'service unhealthy (responded with "UNKNOWN")', id="unknown"),
        pytest.param(
            trailers(status="12", message="unknown service grpc.health.v1.Health"),
            f"{grpc_health.UNIMPLEMENTED}unknown service grpc.health.v1.Health",
            id="no-health-service",
        ),
        pytest.param(
            trailers(status="5", message="unknown%20service"),
            f"{FAILED}NotFound desc = unknown service",
            id="not-found",
        ),
        pytest.param(OPENING, f"{FAILED}Unavailable desc = error reading from server: EOF", id="gone"),
    ],
)
def test_answers(answer: bytes, said: str | None) -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(grpc_health.PREFACE))
        writer.write(SETTINGS)
        asked.append(await reader.readuntil(b"\x0a\x03svc"))
        writer.write(answer)
        writer.close()

    async def ask() -> str | None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            await grpc_health.greet(reader, writer)
            found = await grpc_health.check(reader, writer, "10.244.1.2:50051", "svc", "kube-probe/1.36")
            writer.close()
            return found

    assert asyncio.run(ask()) == said
    assert b":path\x1c/grpc.health.v1.Health/Check" in asked[0]


@pytest.mark.parametrize(
    ("block", "headers"),
    [
        ("40889acac8b21234da8f0130", {"grpc-status": "0"}),
        ("40899acac8b5254207317f00", {"grpc-message": ""}),
        ("885f8b1d75d0620d263d4c4d6564", {}),  # of the static table
        ("3f e11f 00 03 61 2d 62 01 63".replace(" ", ""), {"a-b": "c"}),  # after a change of the table's size
    ],
)
def test_header_blocks(block: str, headers: dict[str, str]) -> None:
    """As Go's server sends them; RFC 7541."""
    assert header_block.read(bytes.fromhex(block)) == headers


def test_nobody_there(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, container(readinessProbe={"grpc": {"port": 50051}}))
    address = "{.status.podIP}"
    kubectl("wait", f"--for=jsonpath={address}", "pod/p", "--timeout=10s", namespace=namespace)
    where = f"{status(kubectl, namespace)['podIP']}:50051"
    problem = f'timeout: failed to connect service "{where}" within 1s: context deadline exceeded'
    assert wait_for_event(kubectl, namespace, "Unhealthy") == f"Readiness probe failed: {problem}"
