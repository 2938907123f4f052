"""A headless Service next to an ordinary one: what DNS answers, and whom curl meets."""

from graders import Wanted, check, expect

NGINX = {"app": "nginx"}
ADDRESSES = Wanted("demo-headless-svc", kind="headless", pods=NGINX)  # in DNS, whatever the ports are
PORT = Wanted("demo-headless-svc", kind="headless", pods=NGINX, port=8080)  # refused, whatever it is called
SERVICE = Wanted("demo-headless-svc", kind="headless", pods=NGINX, port=8080, port_name="http", target=80)
CONTRAST = "demo-nodeport-svc"
TRIES = 40
CHANCE = "by chance one of two is left out once in 5 * 10^11 runs"  # 2 * (1/2)^40, at even odds


@check(points=1, about=ADDRESSES)
def test_is_headless(observer):
    """The Service is headless: it has no cluster IP."""
    service = observer.service(SERVICE.name)
    expect(service is not None, seen="no such Service", expected=f"a Service named {SERVICE.name}")
    address = service["spec"].get("clusterIP") or "none, for it is an ExternalName"
    expect(address == "None", seen=f"its cluster IP is {address}", expected="it has no cluster IP")


@check(points=2, about=ADDRESSES, needs=("is_headless",))
def test_dns_answers_with_every_ready_pod(eventually, tools, observer):
    """The name resolves to the ready Pods themselves."""
    eventually(lambda: resolves_to_ready_pods(tools, observer))


@check(points=1, about=ADDRESSES, needs=("dns_answers_with_every_ready_pod",))
def test_dns_follows_the_pods(eventually, tools, observer):
    """Scaled to 3 and back, the answer follows."""
    observer.scale("nginx", 3)
    try:
        eventually(lambda: resolves_to_ready_pods(tools, observer))
    finally:
        observer.scale("nginx", 2)
    eventually(lambda: resolves_to_ready_pods(tools, observer))


@check(points=1, about=ADDRESSES, needs=("dns_answers_with_every_ready_pod",))
def test_curl_connects_to_a_pod(eventually, tools, observer):
    """curl connects to a Pod's own address and gets its page."""
    names = {address: name for name, address in observer.ready_pods(NGINX).by_name.items()}

    def gets_its_page():
        answer = tools.curl(f"http://{SERVICE.name}")
        expect(
            answer.address in names and names[answer.address] in answer.body,
            seen=f"curl connected to {answer.address or 'nothing'}",
            expected=f"it gets the page of a Pod at one of {listed(names)}",
        )

    eventually(gets_its_page)


@check(points=1, about=ADDRESSES, needs=("dns_answers_with_every_ready_pod",))
def test_each_pod_is_reached(tools, observer):
    """Each Pod is reached within a bounded number of tries."""
    missing = set(observer.ready_pods(NGINX).addresses)
    for _ in range(TRIES):
        if not missing:
            break
        missing.discard(tools.curl(f"http://{SERVICE.name}").address)
    expect(
        not missing,
        seen=f"{TRIES} times curl http://{SERVICE.name} never connected to {listed(missing)}",
        expected=f"every ready Pod is met at least once: {CHANCE}",
    )


@check(points=1, about=PORT, needs=("dns_answers_with_every_ready_pod",))
def test_service_port_is_not_mapped(eventually, tools, observer):
    """The port 8080 is refused here, and answered by the contrast Service."""
    numbers = [port["port"] for port in observer.service(SERVICE.name)["spec"].get("ports") or ()]
    expect(numbers == [8080], seen=f"the Service's ports are {numbers}", expected="its port is 8080")

    def is_refused():
        mapped = tools.curl(f"http://{CONTRAST}:8080")
        expect(mapped.status == 200, seen=f"{CONTRAST}:8080 does not answer", expected="it maps 8080 to 80")
        direct = tools.curl(f"http://{SERVICE.name}:8080")
        expect(
            direct.refused,
            seen=f"{SERVICE.name}:8080 answered {direct.status}" if direct.status else direct.problem,
            expected="the connection is refused: the Pods themselves listen on 80 only",
        )

    eventually(is_refused)


@check(points=1, about=ADDRESSES, needs=("dns_answers_with_every_ready_pod",))
def test_contrast_has_one_address(tools, observer):
    """The contrast Service has one address, its cluster IP."""
    address = observer.service(CONTRAST)["spec"]["clusterIP"]
    contrast, headless = tools.nslookup(CONTRAST), tools.nslookup(SERVICE.name)
    expect(
        contrast.addresses == {address},
        seen=f"{CONTRAST} resolved to {listed(contrast.addresses)}",
        expected=f"it resolves to its cluster IP {address} alone",
    )
    expect(
        headless.exists and address not in headless.addresses,
        seen=f"{SERVICE.name} resolved to {listed(headless.addresses)}",
        expected="it resolves to addresses of Pods, and to no cluster IP",
    )


@check(points=2, about=SERVICE, needs=("dns_answers_with_every_ready_pod",))
def test_srv_carries_the_containers_port(eventually, tools, observer):
    """SRV for the port named http carries the container's 80."""
    name = f"_http._tcp.{SERVICE.name}.{observer.namespace}.svc.cluster.local."

    def one_for_each_pod():
        answers = [answer.split() for answer in tools.dig(name, "SRV")]
        ports = {answer[2] for answer in answers if len(answer) == 4}
        expect(
            ports == {"80"} and len(answers) == len(observer.ready_pods(NGINX).addresses),
            seen=f"{name} has {len(answers)} SRV records, with the ports {listed(ports)}",
            expected="there is one for each Pod, with port 80",
        )

    eventually(one_for_each_pod)


def resolves_to_ready_pods(tools, observer):
    found = tools.nslookup(f"{SERVICE.name}.{observer.namespace}.svc.cluster.local.").addresses
    ready = observer.ready_pods(NGINX).addresses
    expect(
        found == ready,
        seen=f"{SERVICE.name} resolved to {listed(found)}",
        expected=f"it resolves to exactly the ready Pods: {listed(ready)}",
    )


def listed(texts):
    return ", ".join(sorted(texts)) or "nothing"
