"""The token subresource of ServiceAccounts, which `kubectl create token` asks.

Source: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/; the rules are
those of k8s.io/kubernetes/pkg/apis/authentication/validation.
"""

from __future__ import annotations

from aiohttp import web

from pocketkube import admission
from pocketkube.api.negotiation import read_body, respond
from pocketkube.api.options import is_dry_run
from pocketkube.errors import Cause, bad_request, invalid
from pocketkube.registry import timestamp
from pocketkube.resources import Resource
from pocketkube.service_account_tokens import ISSUER, ServiceAccountTokens
from pocketkube.store import Object

TOKEN_REQUESTS = Resource("authentication.k8s.io", "v1", "tokenrequests", "tokenrequest", "TokenRequest")
SHORTEST, USUAL = 600, 3600  # seconds


async def issue(request: web.Request, tokens: ServiceAccountTokens, account: Object) -> web.Response:
    """ApiError 400 for a request of another account, 422 for a token that lasts too short or too long."""
    body = await read_body(request, "TokenRequest")
    asked = admission.decode_struct("authentication/v1.TokenRequest", body)
    named = (asked.get("metadata") or {}).get("name") or account["metadata"]["name"]
    if named != account["metadata"]["name"]:
        found = account["metadata"]["name"]
        raise bad_request(f'metadata.name: Invalid value: "{named}": must match the service account name: {found}')
    spec = asked.get("spec") or {}
    seconds = spec.get("expirationSeconds", USUAL)
    field, causes = "spec.expirationSeconds", []
    if seconds < SHORTEST:
        causes.append(Cause.invalid(field, str(seconds), "may not specify a duration less than 10 minutes"))
    if seconds > 1 << 32:
        causes.append(Cause.invalid(field, str(seconds), "may not specify a duration larger than 2^32 seconds"))
    if causes:
        raise invalid(TOKEN_REQUESTS, "", causes)
    audiences = spec.get("audiences") or [ISSUER]
    dry_run = is_dry_run(request)
    status = {
        "token": "" if dry_run else tokens.issue_unbound(account, audiences, seconds),
        "expirationTimestamp": timestamp(seconds),
    }
    metadata = {name: account["metadata"][name] for name in ("name", "namespace")}
    made: Object = {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {**metadata, "creationTimestamp": timestamp()},
        "spec": {
            "audiences": audiences,
            "expirationSeconds": seconds,
            "boundObjectRef": spec.get("boundObjectRef"),
        },
        "status": status,
    }
    return respond(made, 201)
