"""A headless Service without selector: hand-made EndpointSlices say what DNS answers."""

from graders import Wanted, check, expect

ADDRESSES = ("192.0.2.10", "192.0.2.11")
MORE = "192.0.2.12"
TIE = "kubernetes.io/service-name"
NAME = Wanted("legacy-db", kind="headless", addresses=ADDRESSES)  # in DNS, whatever the ports are
SERVICE = Wanted("legacy-db", kind="headless", port=5432, port_name="postgres", target=5432, addresses=ADDRESSES)


@check(points=2, about=NAME)
def test_has_no_selector_and_no_address(observer):
    """The Service has neither a cluster IP nor a selector."""
    service = observer.service(SERVICE.name)
    expect(service is not None, seen="no such Service", expected=f"a Service named {SERVICE.name}")
    address, selector = service["spec"].get("clusterIP", "none"), service["spec"].get("selector")
    expect(address == "None", seen=f"its cluster IP is {address}", expected="it is headless: it has no cluster IP")
    expect(not selector, seen=f"its selector is {selector}", expected="it has no selector")


@check(points=3, about=NAME, needs=("has_no_selector_and_no_address",))
def test_dns_answers_with_each_endpoint(eventually, tools, observer):
    """The name resolves to each endpoint of the slice."""
    eventually(lambda: resolves_to(tools, observer, *ADDRESSES))


@check(points=2, about=NAME, needs=("dns_answers_with_each_endpoint",))
def test_label_ties_the_slice_to_its_service(eventually, tools, observer):
    """Without the label on the slice the name does not exist."""
    tied = slices(observer)
    for name in tied:
        observer.patch_slice(name, {"metadata": {"labels": {TIE: None}}})
    try:
        eventually(lambda: does_not_exist(tools, observer))
    finally:
        for name in tied:
            observer.patch_slice(name, {"metadata": {"labels": {TIE: SERVICE.name}}})
    eventually(lambda: resolves_to(tools, observer, *ADDRESSES))


@check(points=1, about=NAME, needs=("dns_answers_with_each_endpoint",))
def test_change_of_the_slice_changes_the_answer(eventually, tools, observer):
    """A further address in the slice is a further address in the answer."""
    tied = slices(observer)
    expect(bool(tied), seen="no slice belongs to the Service", expected="a slice belongs to it")
    name = tied[0]
    before = next(each["endpoints"] for each in observer.slices() if each["metadata"]["name"] == name)
    observer.patch_slice(name, {"endpoints": [*before, {"addresses": [MORE]}]})
    try:
        eventually(lambda: resolves_to(tools, observer, *ADDRESSES, MORE))
    finally:
        observer.patch_slice(name, {"endpoints": before})


@check(points=2, about=SERVICE, needs=("dns_answers_with_each_endpoint",))
def test_srv_carries_the_port(eventually, tools, observer):
    """The port is named postgres, 5432, and SRV carries it."""
    ports = observer.ports(SERVICE.name)
    expect(
        ports == ["postgres 5432/TCP"],
        seen=f"the Service's ports are {listed(ports)}",
        expected="its port is postgres 5432/TCP",
    )
    name = f"_postgres._tcp.{SERVICE.name}.{observer.namespace}.svc.cluster.local."

    def one_for_each_endpoint():
        answers = [answer.split() for answer in tools.dig(name, "SRV")]
        ports = [answer[2] for answer in answers if len(answer) == 4]
        expect(
            ports == ["5432"] * len(ADDRESSES),
            seen=f"{name} has {len(answers)} SRV records, with the ports {listed(set(ports))}",
            expected="there is one for each endpoint, with port 5432",
        )

    eventually(one_for_each_endpoint)


def slices(observer):
    """Names of the slices that are tied to the Service."""
    tied = (each["metadata"] for each in observer.slices())
    return [each["name"] for each in tied if (each.get("labels") or {}).get(TIE) == SERVICE.name]


def does_not_exist(tools, observer):
    answer = tools.nslookup(full_name(observer))
    expect(
        answer.nxdomain,
        seen=f"{SERVICE.name} resolved to {listed(answer.addresses)}",
        expected="there is no such name (NXDOMAIN) as long as no slice belongs to the Service",
    )


def resolves_to(tools, observer, *addresses):
    found = tools.nslookup(full_name(observer)).addresses
    expect(
        found == set(addresses),
        seen=f"{SERVICE.name} resolved to {listed(found)}",
        expected=f"it resolves to {listed(addresses)}",
    )


def full_name(observer):
    return f"{SERVICE.name}.{observer.namespace}.svc.cluster.local."


def listed(texts):
    return ", ".join(sorted(texts)) or "nothing"
