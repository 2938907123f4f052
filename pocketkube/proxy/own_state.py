"""What kube-proxy says of itself over HTTP, on each node: its mode, and whether it is alive.

Source: https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/#is-kube-proxy-working
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from datetime import UTC, datetime
from http import HTTPStatus

from pocketkube import http_answers, namespaces
from pocketkube.http_answers import Answer

METRICS = ("127.0.0.1", 10249)
HEALTH = ("0.0.0.0", 10256)
MODE = "nftables"
TEXT = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
NOT_FOUND = Answer(HTTPStatus.NOT_FOUND, "404 page not found\n", TEXT)
log = logging.getLogger(__name__)


def serve(netns: int) -> list[asyncio.Task[None]]:
    """Answer in a network namespace, given as a descriptor, until cancelled."""
    tasks = []
    for address, answer in ((METRICS, _of_metrics), (HEALTH, _of_health)):
        try:
            with namespaces.inside_network_namespace(netns):
                listener = socket.create_server(address)
        except OSError:
            log.exception("kube-proxy cannot serve %s:%d", *address)
            continue
        tasks.append(asyncio.create_task(http_answers.serve(listener, answer)))
    return tasks


def _of_metrics(path: str) -> Answer:
    said = {"/proxyMode": MODE, "/healthz": "ok"}.get(path)
    return Answer(HTTPStatus.OK, said, TEXT) if said else NOT_FOUND


def _of_health(path: str) -> Answer:
    """What it was last told is never older than its rules: they follow at once."""
    if path not in ("/healthz", "/livez"):
        return NOT_FOUND
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} +0000 UTC"
    said = {"lastUpdated": now, "currentTime": now, "nodeEligible": True}
    headers = {"Content-Type": "application/json", "X-Content-Type-Options": "nosniff"}
    return Answer(HTTPStatus.OK, json.dumps(said, separators=(", ", ": ")), headers)
