"""What kind of response one is, for those plugins that treat them differently: `cache`, `log`.

The kinds are those of CoreDNS's package plugin/pkg/response.
"""

from __future__ import annotations

from enum import Enum

import dns.opcode
import dns.rcode
from dns.rdatatype import RdataType

from pocketkube.dns.message import Request, Response


class Kind(Enum):
    """Whether there is an answer; of what has none, whether an SOA record says for how long that holds."""

    SUCCESS = "success"
    DELEGATION = "delegation"
    DENIAL = "denial"
    SERVER_ERROR = "server error"
    OTHER = "other"


def kind_of(request: Request, response: Response) -> Kind:
    if request.query.opcode() != dns.opcode.QUERY or request.kind in (RdataType.AXFR, RdataType.IXFR):
        return Kind.OTHER
    if response.rcode == dns.rcode.NOERROR and response.answer:
        return Kind.SUCCESS
    authority = {each.data.rdtype for each in response.authority}
    if RdataType.SOA in authority and response.rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Kind.DENIAL
    if response.rcode in (dns.rcode.SERVFAIL, dns.rcode.NOTIMP):
        return Kind.SERVER_ERROR
    if response.rcode == dns.rcode.NOERROR:
        return Kind.DELEGATION if RdataType.NS in authority else Kind.SUCCESS
    return Kind.OTHER
