"""Plain HTTP to the API server, for what no client sends."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from pocketkube.cluster import Cluster


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    text: str

    @property
    def body(self) -> Any:
        try:
            return json.loads(self.text)
        except ValueError:
            return self.text


@pytest.fixture(scope="session")
def http(cluster: Cluster) -> Callable[..., Answer]:
    """`http(method, path, body=None, content_type=..., accept=..., token=...)`; `body` is bytes or becomes JSON."""
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    known = config["clusters"][0]["cluster"]
    authority = base64.b64decode(known["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    own_token = config["users"][0]["user"]["token"]

    def send(
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        accept: str = "application/json",
        token: str = own_token,
    ) -> Answer:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type, "Accept": accept}
        request = urllib.request.Request(known["server"] + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, context=context, timeout=10) as response:
                return Answer(response.status, response.headers, response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read().decode())

    return send
