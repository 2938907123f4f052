"""`whoami`: who asks, from which port and how, in the additional section. Source: https://coredns.io/plugins/whoami/"""

from __future__ import annotations

import dns.name
from dns.rdatatype import RdataType

from pocketkube.dns.corefile import Directive
from pocketkube.dns.message import Handler, Request, Response, record
from pocketkube.dns.plugins.setup import Surroundings


class WhoAmI:
    async def answer(self, request: Request, following: Handler) -> Response:
        del following
        address, port = request.client
        by_port = dns.name.Name((f"_{request.transport}".encode(), *request.name.labels))
        return Response(
            additional=[
                record(request.name, 0, RdataType.A, address),
                record(by_port, 0, RdataType.SRV, f"0 0 {port} ."),
            ]
        )


def setup(directives: list[Directive], _surroundings: Surroundings) -> WhoAmI:
    for each in directives:
        if each.arguments:
            raise each.wrong_arguments(each.arguments[0])
    return WhoAmI()
