"""A StatefulSet behind a headless Service: Pods with names that stay while their addresses change."""

from graders import Wanted, check, expect

WEB = {"app": "web"}
NAMES = Wanted("web", "headless", pods=WEB, stateful_set=("web", 2))  # in DNS, whatever the ports are
SERVICE = Wanted("web", "headless", pods=WEB, port=80, port_name="http", target=80, stateful_set=("web", 2))
PODS = ("web-0", "web-1")
TRIES = 10


@check(points=1, about=NAMES)
def test_is_headless(observer):
    """The Service is headless."""
    service = observer.service(SERVICE.name)
    expect(service is not None, seen="no such Service", expected=f"a Service named {SERVICE.name}")
    address = service["spec"].get("clusterIP", "none")
    expect(address == "None", seen=f"its cluster IP is {address}", expected="it has no cluster IP")


@check(points=2, about=NAMES)
def test_pods_have_ordinal_names(eventually, observer):
    """The Pods are web-0 and web-1, and ready."""

    def are_ready():
        made = observer.stateful_set("web")
        expect(made is not None, seen="no such StatefulSet", expected="a StatefulSet named web")
        asked = made["spec"]["replicas"]  # what it is to become: a look at the Pods may come too early for a third
        expect(asked == len(PODS), seen=f"it asks for {asked} replicas", expected=f"it asks for {len(PODS)}")
        found = observer.ready_pods(WEB).by_name
        expect(
            set(found) == set(PODS),
            seen=f"the ready Pods are {listed(found)}",
            expected=f"the StatefulSet has made the Pods {listed(PODS)}",
        )

    eventually(are_ready)


@check(points=3, about=NAMES, needs=("is_headless", "pods_have_ordinal_names"))
def test_each_pod_has_a_name_in_dns(eventually, tools, observer):
    """web-0.web and web-1.web are the Pods' own addresses."""
    for pod in PODS:
        eventually(lambda pod=pod: resolves_to_its_pod(tools, observer, pod))


@check(points=1, about=NAMES, needs=("each_pod_has_a_name_in_dns",))
def test_curl_reaches_the_pod_that_is_named(tools, observer):
    """curl on a Pod's name always meets that Pod."""
    address = observer.ready_pods(WEB).by_name["web-1"]
    met = {tools.curl(f"http://web-1.{SERVICE.name}").address for _ in range(TRIES)}
    expect(met == {address}, seen=f"curl met {listed(met)}", expected=f"it meets {address} alone")


@check(points=2, about=NAMES, needs=("each_pod_has_a_name_in_dns",))
def test_a_replaced_pod_keeps_its_name(eventually, tools, observer):
    """A Pod that is replaced keeps its name and changes its address."""
    before = observer.ready_pods(WEB).by_name["web-0"]
    observer.delete_pod("web-0")

    def is_back_at_another_address():
        now = observer.ready_pods(WEB).by_name.get("web-0", "")
        expect(
            now not in ("", before),
            seen=f"web-0 is at {now or 'no address'}, and was at {before}",
            expected="a new web-0 has an address of its own",
        )
        resolves_to_its_pod(tools, observer, "web-0")

    eventually(is_back_at_another_address)


@check(points=1, about=SERVICE, needs=("each_pod_has_a_name_in_dns",))
def test_srv_names_the_pods(eventually, tools, observer):
    """SRV for the port named http, 80, names both Pods."""
    ports = observer.ports(SERVICE.name)
    expect(ports == ["http 80/TCP"], seen=f"the Service's ports: {listed(ports)}", expected="its port is http 80/TCP")
    base = f"{SERVICE.name}.{observer.namespace}.svc.cluster.local"

    def names_both():
        answers = [answer.split() for answer in tools.dig(f"_http._tcp.{base}.", "SRV")]
        found = {f"{answer[3]}:{answer[2]}" for answer in answers if len(answer) == 4}
        wanted = {f"{pod}.{base}.:80" for pod in PODS}
        expect(found == wanted, seen=f"SRV leads to {listed(found)}", expected=f"it leads to {listed(wanted)}")

    eventually(names_both)


def resolves_to_its_pod(tools, observer, pod):
    found = tools.nslookup(f"{pod}.{SERVICE.name}.{observer.namespace}.svc.cluster.local.").addresses
    address = observer.ready_pods(WEB).by_name.get(pod, "no ready Pod")
    expect(
        found == {address},
        seen=f"{pod}.{SERVICE.name} resolved to {listed(found)}",
        expected=f"it resolves to the Pod's own address, {address}",
    )


def listed(texts):
    return ", ".join(sorted(texts)) or "nothing"
