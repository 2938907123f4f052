"""Outputs by their structure: what may differ, what must not, and what --fix makes of it. No cluster is needed."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.course.document.bindings import Bindings
from graders.course.document.compare import form_of
from graders.course.document.compare.lines import parse as plain
from graders.course.document.differences import Difference, Differences
from graders.course.document.edit import edited
from graders.course.document.explain import read_side_by_side
from graders.course.document.matching import compared
from graders.course.document.parts import parts
from graders.course.document.step import Terminal
from graders.course.document.values import Vocabulary

NODES = ("node01", "node02")
PODS = """\
NAME                     READY   STATUS    RESTARTS      AGE     IP            NODE
nginx-546c7dd8cf-rts7p   2/2     Running   0             7h59m   10.244.2.18   node02
nginx-546c7dd8cf-t5kws   2/2     Running   2 (45m ago)   7h59m   10.244.1.13   node01
"""
OBSERVED_PODS = """\
NAME                    READY   STATUS    RESTARTS   AGE   IP           NODE
nginx-8fc798bbf-l86pc   2/2     Running   0          3s    10.244.1.2   node01
nginx-8fc798bbf-m9klq   2/2     Running   0          3s    10.244.2.2   node02
"""
SERVICES = """\
NAME                TYPE        CLUSTER-IP     EXTERNAL-IP   PORT(S)          AGE
demo-headless-svc   ClusterIP   None           <none>        8080/TCP         45s
demo-nodeport-svc   NodePort    10.106.98.10   <none>        8080:30506/TCP   7h55m
"""
OBSERVED_SERVICES = """\
NAME                TYPE        CLUSTER-IP      EXTERNAL-IP   PORT(S)          AGE
demo-nodeport-svc   NodePort    10.96.122.135   <none>        8080:31720/TCP   8s
demo-headless-svc   ClusterIP   None            <none>        8080/TCP         2s
"""
LOOKUP = """\
Server:         10.96.0.10
Address:        10.96.0.10#53

Name:   demo.default.svc.cluster.local
Address: 10.244.2.18
Name:   demo.default.svc.cluster.local
Address: 10.244.1.13
"""
OBSERVED_LOOKUP = """\
;; Got recursion not available from 10.96.0.10
Server:\t\t10.96.0.10
Address:\t10.96.0.10#53

Name:\tdemo.default.svc.cluster.local
Address: 10.244.1.2
Name:\tdemo.default.svc.cluster.local
Address: 10.244.2.2

"""
TRACE = """\
*   Trying 10.106.98.10:8080...
* Connected to demo (10.106.98.10) port 8080 (#0)
> GET / HTTP/1.1
> User-Agent: curl/7.69.1
>
* Mark bundle as not supporting multiuse
< HTTP/1.1 200 OK
< Date: Mon, 29 Dec 2025 04:49:59 GMT
< Content-Length: 17
< Last-Modified: Mon, 29 Dec 2025 04:49:59 GMT
< ETag: "69520877-11"
<
<h1>node02 a</h1>
* Connection #0 to host demo left intact
"""
OBSERVED_TRACE = """\
* Host demo:8080 was resolved.
* IPv4: 10.96.10.182
*   Trying 10.96.10.182:8080...
* Connected to demo (10.96.10.182) port 8080
* using HTTP/1.x
> GET / HTTP/1.1
> User-Agent: curl/8.14.1
>
< HTTP/1.1 200 OK
< Last-Modified: Mon, 23 Nov 2026 12:18:47 GMT
< Date: Mon, 23 Nov 2026 12:18:48 GMT
< Content-Length: 17
< ETag: "6b042f27-11"
<
{ [17 bytes data]
* Connection #0 to host demo left intact
<h1>node01 a</h1>
"""
Outputs = list[tuple[str, str, str]]  # command, what the text shows, what was observed


def differences(outputs: Outputs, written: tuple[str, ...] = ()) -> list[list[Difference]]:
    """Of each output, when all of them are in one document."""
    vocabulary = Vocabulary(written, NODES)
    comparisons = []
    for command, shown, observed in outputs:
        left, right = shown.splitlines(), observed.splitlines()
        form = form_of(command, left)
        if form(right) is None:
            form = plain
        comparisons.append(compared(form(left) or (), form(right) or (), vocabulary))
    bindings, matches = read_side_by_side(comparisons)
    assert isinstance(bindings, Bindings)
    return [
        list(Differences(comparison, match, bindings, vocabulary, shown.splitlines(), observed.splitlines()))
        for (_, shown, observed), comparison, match in zip(outputs, comparisons, matches, strict=True)
    ]


def lines(outputs: Outputs, written: tuple[str, ...] = ()) -> list[list[int]]:
    return [sorted(each.line for each in found) for found in differences(outputs, written)]


def fixed(outputs: Outputs) -> list[str]:
    """What `--fix` makes of what the text shows."""
    blocks = [f"```sh\n{command}\n{textwrap.indent(shown, '# ', lambda _: True)}```\n" for command, shown, _ in outputs]
    text = "\n".join(blocks)
    steps = [step for part in parts(text) if isinstance(part, Terminal) for step in part.steps]
    edits = {
        step: [edit for each in found for edit in each.edits]
        for step, found in zip(steps, differences(outputs), strict=True)
    }
    mended = [part.steps[0].output for part in parts(edited(text, edits)) if isinstance(part, Terminal)]
    return ["".join(f"{line.text}\n" for line in output) for output in mended]


GET_PODS = ("kubectl get pod -o wide", PODS, OBSERVED_PODS)
GET_SERVICES = ("kubectl get svc", SERVICES, OBSERVED_SERVICES)
NSLOOKUP = ("nslookup demo", LOOKUP, OBSERVED_LOOKUP)
CURL = ("curl --verbose http://demo:8080", TRACE, OBSERVED_TRACE)


def test_other_addresses_ages_names_and_orders_are_the_same_output() -> None:
    assert lines([GET_SERVICES, NSLOOKUP, GET_PODS]) == [[], [], []]


def test_other_versions_of_curl_are_the_same_output() -> None:
    assert lines([CURL]) == [[]]


LIES = [
    (GET_SERVICES, "8080/TCP", "8081/TCP", 1),
    (GET_SERVICES, "ClusterIP   None", "NodePort    None", 1),
    (GET_SERVICES, "CLUSTER-IP ", "CLUSTERIP  ", 0),
    (GET_SERVICES, "8080:30506", "8080:80506", 2),  # no node port
    (GET_SERVICES, "10.106.98.10", "10.106.98.310", 2),  # no address
    (GET_PODS, "2/2     Running   0", "1/2     Running   0", 1),
    (GET_PODS, "7h59m   10.244.2", "7h59n   10.244.2", 1),  # no age
    (GET_PODS, "nginx-546c7dd8cf-t5kws", "nginx-546c7dd8cd-t5kws", 2),  # of another ReplicaSet
    (GET_PODS, "nginx-546c7dd8cf-t5kws", "nginx-546c7dd8cf-tools", 2),  # no generated name has an o
    (GET_PODS, "10.244.1.13", "10.244.2.18", 2),  # one address for two
    (NSLOOKUP, "10.96.0.10#53", "10.96.0.11#53", 1),
    (NSLOOKUP, "demo.default", "dem0.default", 3),
    (CURL, "port 8080", "port 8081", 1),
    (CURL, "200 OK", "201 OK", 6),
    (CURL, "Mon, 29 Dec 2025 04:49:59 GMT\n< Content", "Tue, 29 Dec 2025 04:49:59 GMT\n< Content", 7),  # a Monday
    (CURL, "Content-Length: 17", "Content-Length: 18", 8),
    (CURL, "69520877", "69520878", 10),
    (CURL, '-11"', '-12"', 10),
    (CURL, "10.106.98.10)", "10.106.98.11)", 1),
]


@pytest.mark.parametrize(("output", "true", "lie", "line"), LIES, ids=[each[2] for each in LIES])
def test_a_lie_is_found_on_its_line_and_mended(output: tuple[str, str, str], true: str, lie: str, line: int) -> None:
    command, shown, observed = output
    told = shown.replace(true, lie, 1)
    assert told != shown
    found = lines([(command, told, observed)])[0]
    assert line in found
    [mended] = fixed([(command, told, observed)])
    assert lines([(command, mended, observed)]) == [[]]


def test_a_row_too_many_and_a_row_too_few() -> None:
    header, first, second = SERVICES.splitlines(keepends=True)
    beyond = (
        header + first + "other-svc           ClusterIP   10.96.1.2      <none>        80/TCP           3s\n" + second
    )
    assert lines([("kubectl get svc", beyond, OBSERVED_SERVICES)]) == [[2]]
    [difference] = differences([("kubectl get svc", header + second, OBSERVED_SERVICES)])[0]
    assert "demo-headless-svc   ClusterIP   None" in difference.what


def test_an_address_means_the_same_everywhere() -> None:
    other = LOOKUP.replace("10.244.2.18", "10.244.2.19")
    outputs = [GET_PODS, ("nslookup demo", other, OBSERVED_LOOKUP), NSLOOKUP]
    assert lines(outputs) == [[], [4], []]
    assert fixed(outputs) == [PODS, LOOKUP, LOOKUP]


def test_the_odd_one_out_is_to_blame_even_where_it_comes_first() -> None:
    other = LOOKUP.replace("10.244.2.18", "10.244.2.19")
    outputs = [("nslookup demo", other, OBSERVED_LOOKUP), GET_PODS, NSLOOKUP]
    assert lines(outputs) == [[4], [], []]
    assert fixed(outputs) == [LOOKUP, PODS, LOOKUP]


def test_what_a_manifest_says_is_nobody_elses_choice() -> None:
    command, shown, observed = "dig +short demo", "192.0.2.10\n192.0.2.11\n", "192.0.2.11\n192.0.2.10\n"
    assert lines([(command, shown, observed)], ("192.0.2.10", "192.0.2.11")) == [[]]
    assert lines([(command, shown.replace(".11", ".12"), observed)], ("192.0.2.10", "192.0.2.11")) == [[1]]
    assert lines([(command, shown.replace(".11", ".12"), observed)]) == [[]]


def test_a_dashed_address_is_the_address() -> None:
    services = (
        "0 50 80 10-244-2-18.demo.default.svc.cluster.local.\n",
        "0 50 80 10-244-2-2.demo.default.svc.cluster.local.\n",
    )
    assert lines([GET_PODS, ("dig +short SRV demo", *services)]) == [[], []]
    assert lines([GET_PODS, ("dig +short SRV demo", services[0].replace("18", "13"), services[1])]) == [[], [0]]


STRUCTURED = {
    "keys in another order": ('{"a": 1, "b": [1]}', '{"b": [1], "a": 1}', 0),
    "another number": ('{"a": 1}', '{"a": 2}', 1),
    "a text for a number": ('{"a": "1"}', '{"a": 1}', 2),
    "a key too few": ('{"a": 1}', '{"a": 1, "b": 2}', 1),
    "another uid": (
        'uid: "64506e3d-c87d-4391-ac75-76cfca88bda0"\nname: a',
        'name: a\nuid: "f8a4ef41-6071-4f09-8527-103a327a09ef"',
        0,
    ),
    "no uid": ("uid: 64506e3d\nname: a", 'name: a\nuid: "f8a4ef41-6071-4f09-8527-103a327a09ef"', 1),
}


@pytest.mark.parametrize("name", STRUCTURED)
def test_yaml_and_json_by_path(name: str) -> None:
    shown, observed, count = STRUCTURED[name]
    assert len(differences([("kubectl get svc a -o yaml", shown, observed)])[0]) == count


def test_describe_by_key() -> None:
    shown = "Name:       a\nIP:         10.96.1.2\nEndpoints:  10.244.2.18:80,10.244.1.13:80\nEvents:     <none>\n"
    observed = "Name:  a\nIP:  10.96.7.8\nEndpoints:  10.244.1.2:80,10.244.2.2:80\nEvents:  <none>\n"
    assert lines([("kubectl describe svc a", shown, observed), GET_PODS]) == [[], []]
    lied = shown.replace("13:80", "13:81")
    assert lines([("kubectl describe svc a", lied, observed)]) == [[2]]
    assert fixed([("kubectl describe svc a", lied, observed), GET_PODS])[0] == shown


COMMANDS = st.sampled_from(
    ["kubectl get svc", "kubectl describe svc", "nslookup a", "dig a", "curl -v a", "curl a", "ls"]
)


@given(st.text(), st.text(), COMMANDS)
def test_any_two_texts_can_be_compared(shown: str, observed: str, command: str) -> None:
    vocabulary = Vocabulary((), NODES)
    left, right = shown.split("\n"), observed.split("\n")
    form = form_of(command, left)
    if form(right) is None:
        form = plain
    comparison = compared(form(left) or (), form(right) or (), vocabulary)
    bindings, [match] = read_side_by_side([comparison])
    found = list(Differences(comparison, match, bindings, vocabulary, left, right))
    assert all(0 <= each.line < len(left) for each in found)


@given(st.text(), COMMANDS)
def test_a_text_is_the_same_as_itself(text: str, command: str) -> None:
    assert lines([(command, text, text)]) == [[]]
