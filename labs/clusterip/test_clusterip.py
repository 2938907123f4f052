"""An ordinary Service: an address that stays, a port that is mapped, Pods that share the load, a port of every node."""

from graders import Wanted, check, expect

NGINX = {"app": "nginx"}
ADDRESS = Wanted("demo-clusterip-svc", kind="ClusterIP", pods=NGINX)  # in DNS, whatever the ports are
INSIDE = Wanted("demo-clusterip-svc", kind="ClusterIP", pods=NGINX, port=8080, target=80)
OUTSIDE = Wanted("demo-nodeport-svc", kind="NodePort", pods=NGINX, port=8080, target=80)
TRIES = 40
CHANCE = "by chance one of two is left out once in 5 * 10^11 runs"  # 2 * (1/2)^40, at even odds


@check(points=2, about=ADDRESS)
def test_one_address(eventually, tools, observer):
    """The name resolves to one address, the cluster IP."""
    service = observer.service(INSIDE.name)
    expect(service is not None, seen="no such Service", expected=f"a Service named {INSIDE.name}")
    address = service["spec"].get("clusterIP", "None")
    kind = service["spec"]["type"]
    expect(
        kind == "ClusterIP" and address != "None",
        seen=f"it is of type {kind}, its cluster IP is {address}",
        expected="it is of type ClusterIP and has a cluster IP",
    )
    name = f"{INSIDE.name}.{observer.namespace}.svc.cluster.local."

    def resolves_to_it():
        found = tools.nslookup(name).addresses
        expect(found == {address}, seen=f"DNS answers {listed(found)}", expected=f"DNS answers {address} alone")

    eventually(resolves_to_it)


@check(points=2, about=INSIDE, needs=("one_address",))
def test_port_is_mapped(eventually, tools, observer):
    """8080 is mapped to 80, and only that."""
    eventually(lambda: serves_a_page(tools, observer, f"http://{INSIDE.name}:8080"))
    direct = tools.curl(f"http://{INSIDE.name}")
    expect(
        not of_a_pod(direct, observer),
        seen=f"{INSIDE.name} answers on port 80 too",
        expected="a Service offers only the ports that it names",
    )


@check(points=1, about=INSIDE, needs=("port_is_mapped",))
def test_load_spreads_over_the_pods(tools, observer):
    """Every Pod gets its share."""
    names = observer.ready_pods(NGINX).by_name
    missing = set(names)
    for _ in range(TRIES):
        if not missing:
            break
        page = tools.curl(f"http://{INSIDE.name}:8080").body
        missing -= {name for name in names if name in page}
    expect(
        not missing,
        seen=f"in {TRIES} tries {listed(missing)} never answered",
        expected=f"each ready Pod answers at least once: {CHANCE}",
    )


@check(points=1, about=INSIDE, needs=("port_is_mapped",))
def test_address_stays_while_pods_change(eventually, tools, observer):
    """The Pods change, the address stays."""
    before = observer.service(INSIDE.name)["spec"]["clusterIP"]
    for name in observer.ready_pods(NGINX).by_name:
        observer.delete_pod(name)
    observer.wait_for_deployment("nginx")
    after = observer.service(INSIDE.name)["spec"]["clusterIP"]
    expect(before == after, seen=f"the address was {before} and is {after}", expected="it stays the same")
    eventually(lambda: serves_a_page(tools, observer, f"http://{before}:8080"))


@check(points=1, about=INSIDE, needs=("port_is_mapped",))
def test_no_ready_pod_means_refused(eventually, tools, observer):
    """No ready Pod: the connection is refused at once."""

    def is_refused():
        answer = tools.curl(f"http://{INSIDE.name}:8080")
        expect(
            answer.refused,
            seen=f"it answered {answer.status}" if answer.status else answer.problem,
            expected="the connection is refused",
        )

    eventually(lambda: serves_a_page(tools, observer, f"http://{INSIDE.name}:8080"))
    observer.scale("nginx", 0)
    try:
        eventually(is_refused)
    finally:
        observer.scale("nginx", 2)


@check(points=1, about=OUTSIDE)
def test_node_port_is_allocated(observer):
    """The NodePort Service has a port of the nodes."""
    service = observer.service(OUTSIDE.name)
    expect(service is not None, seen="no such Service", expected=f"a Service named {OUTSIDE.name}")
    ports = [port.get("nodePort", 0) for port in service["spec"].get("ports") or ()]
    expect(
        len(ports) == 1 and ports[0] > 0,
        seen=f"it is of type {service['spec']['type']} with the node ports {ports}",
        expected="it has one node port",
    )


@check(points=2, about=OUTSIDE, needs=("node_port_is_allocated",))
def test_every_node_answers(eventually, tools, observer):
    """Every node answers on that port, wherever the Pods run; inside it is 8080."""
    eventually(lambda: serves_a_page(tools, observer, f"http://{OUTSIDE.name}:8080"))
    port = observer.service(OUTSIDE.name)["spec"]["ports"][0]["nodePort"]
    for address in observer.nodes().values():
        eventually(lambda address=address: serves_a_page(tools, observer, f"http://{address}:{port}"))


def serves_a_page(tools, observer, url):
    answer = tools.curl(url)
    expect(
        of_a_pod(answer, observer),
        seen=f"{url} answered {answer.status}" if answer.status else answer.problem,
        expected=f"{url} gives the page of an nginx Pod",
    )


def of_a_pod(answer, observer):
    return any(name in answer.body for name in observer.ready_pods(NGINX).by_name)


def listed(texts):
    return ", ".join(sorted(texts)) or "nothing"
