"""An ExternalName Service: an alias in DNS for a name outside the cluster."""

import json

from graders import Wanted, check, expect

TARGET = "worldtimeapi.org"
SERVICE = Wanted("demo-dns-cname-extralname", kind="ExternalName", external_name=TARGET)
PATH = "/api/timezone/America/Toronto"


@check(points=2, about=SERVICE)
def test_is_an_alias(observer):
    """The Service stands for worldtimeapi.org."""
    service = observer.service(SERVICE.name)
    expect(service is not None, seen="no such Service", expected=f"a Service named {SERVICE.name}")
    kind, target = service["spec"]["type"], service["spec"].get("externalName", "nothing")
    expect(
        kind == "ExternalName" and target.removesuffix(".") == TARGET,
        seen=f"it is of type {kind} and stands for {target}",
        expected=f"it is of type ExternalName and stands for {TARGET}",
    )


@check(points=1, about=SERVICE, needs=("is_an_alias",))
def test_has_no_address_and_no_endpoints(observer):
    """It has no cluster IP, and nothing behind it in the cluster."""
    address = observer.service(SERVICE.name)["spec"].get("clusterIP")
    expect(not address, seen=f"its cluster IP is {address}", expected="it has none")
    tie = "kubernetes.io/service-name"
    slices = [each for each in observer.slices() if (each["metadata"].get("labels") or {}).get(tie) == SERVICE.name]
    expect(not slices, seen=f"it has {len(slices)} EndpointSlices", expected="it has no EndpointSlice")


@check(points=3, about=SERVICE, needs=("is_an_alias",))
def test_dns_shows_the_cname(eventually, tools, observer):
    """DNS answers with the CNAME worldtimeapi.org."""
    name = f"{SERVICE.name}.{observer.namespace}.svc.cluster.local."

    def is_a_cname():
        found = tools.dig(name, "CNAME")
        expect(found == [f"{TARGET}."], seen=f"CNAME: {', '.join(found) or 'none'}", expected=f"CNAME: {TARGET}.")

    eventually(is_a_cname)


@check(points=2, about=SERVICE, needs=("is_an_alias",), upstream=True)
def test_name_leads_to_the_time_server(eventually, tools):
    """nslookup follows the CNAME to the server's address."""

    def follows():
        server = tools.nslookup(f"{TARGET}.").addresses
        answer = tools.nslookup(SERVICE.name)
        expect(
            answer.alias == TARGET and answer.addresses == server,
            seen=f"{SERVICE.name} is {answer.alias or 'no alias'}, with {listed(answer.addresses)}",
            expected=f"it is an alias for {TARGET}, with {listed(server)}",
        )

    eventually(follows)


@check(points=2, about=SERVICE, needs=("is_an_alias",), upstream=True)
def test_curl_gets_the_time(eventually, tools):
    """curl on the alias gets the time in Toronto, as JSON."""

    def gets_it():
        answer = tools.curl(f"http://{SERVICE.name}{PATH}")
        try:
            zone = json.loads(answer.body)["timezone"]
        except (ValueError, KeyError, TypeError):
            zone = ""
        expect(
            answer.status == 200 and zone == "America/Toronto",
            seen=answer.problem or f"status {answer.status}, {answer.body[:60]!r}",
            expected='JSON with "timezone":"America/Toronto"',
        )

    eventually(gets_it)


def listed(texts):
    return ", ".join(sorted(texts)) or "nothing"
