"""A headless Service next to an ordinary one: what DNS answers, and whom curl meets."""

from graders import Wrong, check, expect
from graders.diagnose import missing_service, no_endpoints, not_headless
from graders.observe import eventually

NAME = "demo-headless-svc"
CONTRAST = "demo-nodeport-svc"
NGINX = {"app": "nginx"}
TRIES = 40  # with two Pods at even odds, one is never met once in 5 * 10^11 runs


@check(points=1)
def test_is_headless(run, observer):
    """The Service exists and is headless: it has no cluster IP."""
    service = observer.service(NAME)
    if service is None:
        raise Wrong(
            f"there is no Service {NAME}",
            f"a Service named {NAME}",
            missing_service(NAME, run.documents, run.refusals),
        )
    address = service["spec"].get("clusterIP", "")
    expect(
        address == "None",
        seen=f"{NAME} has the cluster IP {address or '(none: it is an ExternalName)'}",
        expected="no cluster IP",
        remedy=not_headless(run.where(NAME)),
    )


@check(points=2, needs=("is_headless",))
def test_dns_answers_with_every_ready_pod(run, tools, observer):
    """The name resolves to the ready Pods themselves."""
    eventually(lambda: _resolves_to_ready_pods(run, tools, observer))


@check(points=1, needs=("dns_answers_with_every_ready_pod",))
def test_dns_follows_the_pods(run, tools, observer):
    """Scaled to 3 and back, the answer follows."""
    observer.scale("nginx", 3)
    try:
        eventually(lambda: _resolves_to_ready_pods(run, tools, observer))
    finally:
        observer.scale("nginx", 2)
    eventually(lambda: _resolves_to_ready_pods(run, tools, observer))


@check(points=1, needs=("dns_answers_with_every_ready_pod",))
def test_curl_connects_to_a_pod(tools, observer):
    """curl on the name connects to a Pod's own address and gets that Pod's page."""
    pods = observer.ready_pods(NGINX)
    answer = tools.curl(f"http://{NAME}")
    names = {address: name for name, address in pods.by_name.items()}
    expect(
        answer.address in names and names[answer.address] in answer.body,
        seen=f"curl connected to {answer.address or 'nothing'}",
        expected=f"a page of the Pod at one of {_listed(pods.addresses)}",
        transcript=answer.ran.transcript,
    )


@check(points=1, needs=("curl_connects_to_a_pod",))
def test_each_pod_is_reached(tools, observer):
    """Each Pod is reached directly within a bounded number of tries."""
    missing = set(observer.ready_pods(NGINX).addresses)
    for _ in range(TRIES):
        if not missing:
            break
        missing.discard(tools.curl(f"http://{NAME}").address)
    expect(
        not missing,
        seen=f"{TRIES} times curl http://{NAME} never connected to {_listed(missing)}",
        expected="every ready Pod met at least once",
    )


@check(points=1, needs=("dns_answers_with_every_ready_pod",))
def test_service_port_is_not_mapped(tools):
    """8080 is refused: a headless Service maps no ports. The contrast Service answers there."""
    mapped = tools.curl(f"http://{CONTRAST}:8080")
    expect(
        mapped.status == 200,
        seen=f"{CONTRAST}:8080 does not answer",
        expected="a page: an ordinary Service maps 8080 to 80",
        transcript=mapped.ran.transcript,
    )
    direct = tools.curl(f"http://{NAME}:8080")
    expect(
        direct.refused,
        seen=f"{NAME}:8080 answered, or failed for another reason than a refusal",
        expected="connection refused: the Pods themselves listen on 80 only",
        transcript=direct.ran.transcript,
    )


@check(points=1, needs=("dns_answers_with_every_ready_pod",))
def test_contrast_has_one_address(tools, observer):
    """The contrast Service resolves to one address, its cluster IP; the headless one's are all Pods'."""
    address = observer.service(CONTRAST)["spec"]["clusterIP"]
    contrast = tools.nslookup(CONTRAST)
    expect(
        contrast.addresses == {address},
        seen=f"{CONTRAST} resolved to {_listed(contrast.addresses)}",
        expected=f"its cluster IP {address} alone",
        transcript=contrast.ran.transcript,
    )
    headless = tools.nslookup(NAME)
    expect(
        headless.exists and address not in headless.addresses,
        seen=f"{NAME} resolved to {_listed(headless.addresses)}",
        expected="addresses of Pods, and no cluster IP",
        transcript=headless.ran.transcript,
    )


@check(points=2, needs=("dns_answers_with_every_ready_pod",))
def test_srv_carries_the_containers_port(run, tools, observer):
    """SRV for the port named http carries port 80, the container's."""
    name = f"_http._tcp.{NAME}.{observer.namespace}.svc.cluster.local"
    answers = [answer.split() for answer in tools.dig(name, "SRV")]
    ports = {answer[2] for answer in answers if len(answer) == 4}
    expect(
        ports == {"80"} and len(answers) == len(observer.ready_pods(NGINX).addresses),
        seen=f"{name} has {len(answers)} SRV records with the ports {_listed(ports)}",
        expected="one record for each Pod, with port 80",
        remedy=f"{run.where(NAME)}: the port is named `http`, has protocol TCP and `targetPort: 80`.",
    )


def _resolves_to_ready_pods(run, tools, observer):
    answer = tools.nslookup(f"{NAME}.{observer.namespace}.svc.cluster.local.")
    ready = observer.ready_pods(NGINX)
    expect(
        answer.addresses == ready.addresses,
        seen=f"{NAME} resolved to {_listed(answer.addresses)}",
        expected=f"exactly the ready Pods: {_listed(ready.addresses)}",
        remedy=no_endpoints(observer.service(NAME), observer, run.where(NAME)),
        transcript=answer.ran.transcript,
    )


def _listed(texts):
    return ", ".join(sorted(texts)) or "nothing"
