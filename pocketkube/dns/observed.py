"""What `health`, `ready` and `prometheus` say of CoreDNS over HTTP.

Sources: https://coredns.io/plugins/health/ https://coredns.io/plugins/ready/ https://coredns.io/plugins/metrics/
"""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import NamedTuple

import dns.message
import dns.rcode
import dns.rdatatype

from pocketkube.dns.corefile import CorefileError, Directive
from pocketkube.dns.message import Response
from pocketkube.http_answers import Answer

VERSION = "1.14.2"
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
METRICS = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
COUNTED_TYPES = {"A", "AAAA", "CNAME", "DNSKEY", "DS", "MX", "NS", "NSEC3", "NSEC", "PTR", "RRSIG", "SOA", "SRV", "TXT"}


class Place(NamedTuple):
    """Where a plugin listens, and what for."""

    host: str
    port: int
    path: str


DEFAULTS = {
    "health": Place("0.0.0.0", 8080, "/health"),
    "ready": Place("0.0.0.0", 8181, "/ready"),
    "prometheus": Place("127.0.0.1", 9153, "/metrics"),
}


def place_of(directive: Directive) -> Place:
    """Where `health`, `ready` or `prometheus` is to listen: `[HOST]:PORT`."""
    default = DEFAULTS[directive.name]
    if not directive.arguments:
        return default
    host, colon, port = directive.arguments[0].rpartition(":")
    if len(directive.arguments) > 1:
        raise directive.wrong_arguments(directive.arguments[-1]).of_plugin(directive.name)
    if not colon:
        raise CorefileError(0, f"address {directive.arguments[0]}: missing port in address").of_plugin(directive.name)
    if not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise CorefileError(0, f"listen tcp: address {port}: invalid port")
    return Place({"": "0.0.0.0", "localhost": "127.0.0.1"}.get(host, host), int(port), default.path)


class Observed:
    """Counts questions and answers."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._responses: Counter[tuple[str, int]] = Counter()

    def count(self, query: dns.message.Message, response: Response, transport: str, port: int) -> None:
        kind = dns.rdatatype.to_text(query.question[0].rdtype)
        self._requests[transport, kind if kind in COUNTED_TYPES else "other", port] += 1
        self._responses[dns.rcode.to_text(response.rcode), port] += 1

    def answer(self, served: str, path: str) -> Answer:
        """`served`: the path that there is where `path` was asked for."""
        if path != served:
            return Answer(HTTPStatus.NOT_FOUND, "404 page not found\n", TEXT)
        if path == DEFAULTS["prometheus"].path:
            return Answer(HTTPStatus.OK, self._metrics(), METRICS)
        return Answer(HTTPStatus.OK, "OK", TEXT)

    def _metrics(self) -> str:
        lines = [
            "# HELP coredns_build_info A metric with a constant '1' value labeled by version, revision, and goversion "
            "from which CoreDNS was built.",
            "# TYPE coredns_build_info gauge",
            f'coredns_build_info{{goversion="",revision="",version="{VERSION}"}} 1',
            "# HELP coredns_dns_requests_total Counter of DNS requests made per zone, protocol and family.",
            "# TYPE coredns_dns_requests_total counter",
        ]
        for (transport, kind, port), count in sorted(self._requests.items()):
            labels = f'family="1",proto="{transport}",server="dns://:{port}",type="{kind}",view="",zone="."'
            lines.append(f"coredns_dns_requests_total{{{labels}}} {count}")
        lines.append("# HELP coredns_dns_responses_total Counter of response status codes.")
        lines.append("# TYPE coredns_dns_responses_total counter")
        for (rcode, port), count in sorted(self._responses.items()):
            labels = f'plugin="",rcode="{rcode}",server="dns://:{port}",view="",zone="."'
            lines.append(f"coredns_dns_responses_total{{{labels}}} {count}")
        return "\n".join(lines) + "\n"
