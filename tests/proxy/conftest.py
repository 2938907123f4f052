"""Two servers on two nodes that tell who asked them, and clients beside them: packets of every kind."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Kubectl

SECONDS = 60  # what has not come by then never will
SERVERS = {"one": "node01", "two": "node02"}
CLIENTS = {"near": "node01", "far": "node02"}

SERVER = """
import os, signal, socket, threading
name = os.environ["NAME"]
if os.environ.get("STAYS"):  # it still serves while it terminates
    signal.signal(signal.SIGTERM, lambda *_: None)
else:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))

def tcp(port):
    listener = socket.create_server(("0.0.0.0", port))
    while True:
        connection, peer = listener.accept()
        connection.sendall(f"{name} {peer[0]}".encode())
        connection.close()

def udp(port):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("0.0.0.0", port))
    while True:
        _, peer = server.recvfrom(512)
        server.sendto(f"{name} {peer[0]}".encode(), peer)

for serve, port in ((tcp, 80), (tcp, 81), (udp, 53)):
    threading.Thread(target=serve, args=(port,), daemon=True).start()
threading.Event().wait()
"""
# What an answer, a refusal and silence look like to a program.
CLIENT = """
import socket, sys
kind, host, port, own_port, times = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
for _ in range(times):
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as client:
            client.settimeout(0.5)
            if own_port:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                client.bind(("", own_port))
            client.connect((host, port))
            if kind != "tcp":
                client.send(b"GET / HTTP/1.1\\r\\n\\r\\n")
            print(client.recv(64).decode().partition("\\r")[0])
    except TimeoutError:
        print("silence")
    except OSError as error:
        print("refused" if isinstance(error, ConnectionError) else error)
"""


class Place:
    """A namespace with the Pods `one` and `two` (label app=echo), `near` and `far`; `addresses` are theirs."""

    def __init__(self, kubectl: Kubectl, namespace: str) -> None:
        self.namespace = namespace
        self._kubectl = kubectl
        self.addresses: dict[str, str] = {}
        self.nodes: dict[str, str] = {}

    def run(self, *arguments: str, **options: Any) -> str:
        return self._kubectl(*arguments, namespace=self.namespace, **options).stdout

    def create(self, kind: str, name: str, spec: dict[str, Any], **more: Any) -> dict[str, Any]:
        version = "discovery.k8s.io/v1" if kind == "EndpointSlice" else "v1"
        metadata = {"name": name, **more.pop("metadata", {})}
        manifest = {
            "apiVersion": version,
            "kind": kind,
            "metadata": metadata,
            **({"spec": spec} if spec else {}),
            **more,
        }
        made: dict[str, Any] = json.loads(self.run("create", "-f", "-", "-o", "json", stdin=json.dumps(manifest)))
        return made

    def pod(self, name: str, node: str, labels: dict[str, str], script: str, **environment: str) -> None:
        variables = [{"name": key, "value": value} for key, value in {"NAME": name, **environment}.items()]
        container = {
            "name": "c",
            "image": "giantswarm/tiny-tools",
            "command": ["python3", "-c", script],
            "env": variables,
        }
        ports = [{"name": "web", "containerPort": 80}]
        probe = {"tcpSocket": {"port": 80}, "periodSeconds": 1}
        server = {"ports": ports, "readinessProbe": probe} if script == SERVER else {}
        spec = {
            "nodeName": node,
            "terminationGracePeriodSeconds": 30 * bool(environment),
            "containers": [container | server],
        }
        self.create("Pod", name, spec, metadata={"labels": labels})

    def service(self, name: str, **spec: Any) -> dict[str, Any]:
        ports = [{"name": "web", "port": 8080, "targetPort": 80}]
        return self.create("Service", name, {"selector": {"app": "echo"}, "ports": ports, **spec})

    def ask(self, client: str, host: str, port: int, kind: str = "tcp", own_port: int = 0, times: int = 1) -> list[str]:
        """What `client` hears each time: `NAME ADDRESS` (who answers, whom that one sees), "refused" or "silence"."""
        command = ("exec", client, "--", "python3", "-c", CLIENT, kind, host, str(port), str(own_port), str(times))
        return self.run(*command).splitlines()

    def expect(
        self, heard: set[str], client: str, host: str, port: int, kind: str = "tcp", *, whole: bool = False, **how: Any
    ) -> None:
        """Ask until it is exactly these that are heard: names without the address they see, or the `whole` answer.

        Eight times each: a choice of two at random is missed once in 128.
        """
        deadline = time.monotonic() + SECONDS
        times = 2 if heard == {"silence"} or (kind == "udp" and len(heard) == 1) else 8
        if kind == "udp" and heard == {"refused"}:
            times = (
                1  # a second one may be silenced: the kernel tells each client six times at most, then once a second
            )
        while True:
            said = self.ask(client, host, port, kind, times=times, **how)
            last = set(said) if whole else {each.partition(" ")[0] for each in said}
            if last == heard:
                return
            assert time.monotonic() < deadline, f"{client} → {host}:{port} heard {last}, not {heard}"


@pytest.fixture(scope="module")
def place(kubectl: Kubectl) -> Iterator[Place]:
    name = f"traffic-{secrets.token_hex(4)}"
    kubectl("create", "-f", "-", stdin=f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n")
    made = Place(kubectl, name)
    for server, node in SERVERS.items():
        made.pod(server, node, {"app": "echo", "only": server}, SERVER)
    for client, node in CLIENTS.items():
        made.pod(client, node, {}, "import threading; threading.Event().wait()")
    made.run("wait", "--for=condition=Ready", "pod", "--all", "--timeout=60s")
    for pod in json.loads(made.run("get", "pods", "-o", "json"))["items"]:
        made.addresses[pod["metadata"]["name"]] = pod["status"]["podIP"]
    for node in json.loads(kubectl("get", "nodes", "-o", "json").stdout)["items"]:
        made.nodes[node["metadata"]["name"]] = node["status"]["addresses"][0]["address"]
    yield made
    kubectl("delete", "namespace", name, "--wait=false")
