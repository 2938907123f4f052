"""Requests to the Kubernetes API, with objects as on the wire."""

from __future__ import annotations

import json
from typing import Any

from graders.verdict import GraderError

REQUEST_SECONDS = 20.0


class Refused(Exception):
    """The API server's refusal: its code, reason and message."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


def call(api: Any, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
    """One request to the Kubernetes API; None for a GET of what does not exist.

    Refused for what the server refuses, GraderError where it does not answer.
    """
    headers = {"Accept": "application/json", "Content-Type": content_type}
    query = [("fieldValidation", "Strict")] if method in ("POST", "PATCH") else []
    request = api.param_serialize(
        method, path, query_params=query, header_params=headers, body=body, auth_settings=["BearerToken"]
    )
    response = _answer(api, request)
    answer = json.loads(response.data)
    if response.status == 404 and method == "GET":
        return None
    if response.status >= 400:
        raise Refused(response.status, answer.get("reason", ""), answer.get("message", ""))
    return answer


def get_text(api: Any, path: str, query: list[tuple[str, str]]) -> str:
    """What is not an object: a log. "" for what does not exist."""
    request = api.param_serialize("GET", path, query_params=query, auth_settings=["BearerToken"])
    response = _answer(api, request)
    return response.data.decode(errors="replace") if response.status < 400 else ""


def _answer(api: Any, request: tuple[Any, ...]) -> Any:
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - comes with the client, while the cluster starts

    try:
        response = api.call_api(*request, _request_timeout=REQUEST_SECONDS)
        response.read()
    except HTTPError as error:
        raise GraderError(f"the cluster does not answer: {type(error).__name__}: {error}") from error
    return response
