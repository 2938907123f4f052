"""Requests that the API server refuses for their form: bodies, options, selectors, patches, preconditions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pocketkube.label_selector_text import parse
from tests.conftest import Kubectl

Http = Callable[..., Any]
REFUSED = yaml.safe_load((Path(__file__).parent / "data" / "refused.yaml").read_text())
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
SELECTED = [
    ("", {}, True),
    ("a=b", {"a": "b"}, True),
    ("a==b", {"a": "c"}, False),
    ("a!=b", {}, True),
    ("a", {"a": ""}, True),
    ("!a", {"a": ""}, False),
    ("a in (b, c)", {"a": "c"}, True),
    ("a in ()", {"a": ""}, True),
    ("a notin (b,c)", {"a": "b"}, False),
    ("a notin (b)", {}, True),
    ("a=", {"a": ""}, True),
    ("in", {"in": "x"}, True),
    ("a>1", {"a": "2"}, True),
    ("a lt 2", {"a": "x"}, False),
    ("a=b,!c , d in (e)", {"a": "b", "d": "e"}, True),
]
NO_SELECTOR = [
    ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
    ("a===b", "unable to parse requirement: found '=', expected: identifier"),
    ("a in b", "unable to parse requirement: found 'b' expected: '('"),
    ("a in (b", "unable to parse requirement: found '', expected: ',', or ')'"),
    (",a", "found ',', expected: !, identifier, or 'end of string'"),
    ("a,", "found '', expected: identifier after ','"),
    ("a=b!c", "found '!', expected: ',' or 'end of string'"),
    ("!", "unable to parse requirement: found '', expected: identifier"),
    (
        "a gt b",
        "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an "
        "integer",
    ),
]


@pytest.mark.parametrize(("text", "labels", "chosen"), SELECTED)
def test_selector(text: str, labels: dict[str, str], chosen: bool) -> None:
    assert parse(text)(labels) is chosen


@pytest.mark.parametrize(("text", "says"), NO_SELECTOR)
def test_no_selector(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse(text)
    assert str(caught.value) == says


@pytest.mark.parametrize("case", REFUSED)
def test_refused(http: Http, demo: str, case: Any) -> None:
    body = case["text"].encode() if "text" in case else case.get("body")
    answer = http(case["method"], f"/api/v1/namespaces/{demo}/{case['path']}", body)
    assert (answer.status, answer.body["message"]) == (case["status"], case["says"])


PATCHES = [
    (MERGE, b"{x", 400, "error decoding patch: invalid character 'x' looking for beginning of object key string"),
    (
        MERGE,
        [],
        400,
        "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
    ),
    (STRATEGIC, b"{x", 400, "invalid character 'x' looking for beginning of object key string"),
    (
        JSON_PATCH,
        {},
        400,
        "error decoding patch: json: cannot unmarshal object into Go value of type []interface {}",
    ),
    (JSON_PATCH, [5], 400, "json: cannot unmarshal number into Go value of type jsonpatch.Operation"),
    (
        JSON_PATCH,
        [{"op": "test", "path": "/metadata/name", "value": "another"}],
        422,
        "the server rejected our request due to an error in our request",
    ),
    (
        JSON_PATCH,
        [{"op": "remove", "path": "/data/none"}],
        422,
        "the server rejected our request due to an error in our request",
    ),
    (
        MERGE,
        {"metadata": {"name": "b"}},
        400,
        "the name of the object (b) does not match the name on the URL (patched)",
    ),
    (
        MERGE,
        {"metadata": {"uid": "x"}},
        422,
        'ConfigMap "patched" is invalid: metadata.uid: Invalid value: "x": field is immutable',
    ),
    (
        MERGE,
        {"metadata": {"name": None}},
        400,
        "the name of the object (patched based on URL) was undeterminable: name must be provided",
    ),
    (
        MERGE,
        {"metadata": {"namespace": "elsewhere"}},
        400,
        "the namespace of the object (elsewhere) does not match the namespace on the request ({namespace})",
    ),
    (
        STRATEGIC,
        {"data": "a"},
        422,
        ' "" is invalid: patch: Invalid value: "map[data:a]": cannot restore map from string',
    ),
    (
        STRATEGIC,
        {"data": {"a": 1}},
        422,
        ' "" is invalid: patch: Invalid value: "map[data:map[a:1]]": cannot convert int64 to string',
    ),
    (
        STRATEGIC,
        {"dta": None, "date": {"a": [True]}},
        422,
        ' "" is invalid: patch: Invalid value: "map[date:map[a:[true]] dta:<nil>]": '
        'strict decoding error: unknown field "date"',
    ),
]


@pytest.mark.parametrize(("content_type", "patch", "status", "says"), PATCHES)
def test_patch_refused(http: Http, namespace: str, content_type: str, patch: Any, status: int, says: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    http("POST", path, {"metadata": {"name": "patched"}})
    answer = http("PATCH", f"{path}/patched?fieldValidation=Strict", patch, content_type=content_type)
    assert (answer.status, answer.body["message"]) == (status, says.replace("{namespace}", namespace))


BAD_MERGES = [
    ([{"image": "x"}], "map: map[image:x] does not contain declared merge key: name"),
    ([{"name": "nginx", "$patch": "drop"}], "unknown patch type: drop in map: map[$patch:drop name:nginx]"),
    ({"$patch": "merge"}, "unknown patch type: merge in map: map[$patch:merge]"),
]


@pytest.mark.parametrize(("containers", "says"), BAD_MERGES)
def test_a_patch_that_cannot_be_merged(http: Http, demo: str, containers: Any, says: str) -> None:
    inner = {"securityContext": containers} if isinstance(containers, dict) else {"containers": containers}
    patch = {"spec": {"template": {"spec": inner}}}
    answer = http("PATCH", f"/apis/apps/v1/namespaces/{demo}/deployments/nginx", patch, content_type=STRATEGIC)
    assert (answer.status, answer.body["message"], answer.body.get("reason")) == (500, says, None)


def test_a_patch_of_lists_of_other_things(http: Http, demo: str) -> None:
    patch = {"spec": {"template": {"spec": {"containers": ["x"]}}}}
    answer = http("PATCH", f"/apis/apps/v1/namespaces/{demo}/deployments/nginx", patch, content_type=STRATEGIC)
    assert answer.status == 500
    assert answer.body["message"].startswith("list element types are not identical: [[map[")


APPLIED = [
    ({}, "Incorrect version specified in apply patch. Specified patch version: , expected: v1"),
    ({"apiVersion": "v1", "metadata": {"managedFields": [{"manager": "x"}]}}, "metadata.managedFields must be nil"),
    (
        [],
        "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value "
        "of type map[string]interface {}",
    ),
]


@pytest.mark.parametrize(("applied", "says"), APPLIED)
def test_nothing_to_apply(http: Http, demo: str, applied: Any, says: str) -> None:
    path = f"/api/v1/namespaces/{demo}/configmaps/applied?fieldManager=me"
    answer = http("PATCH", path, applied, content_type="application/apply-patch+yaml")
    assert (answer.status, answer.body["message"]) == (400, says)


def test_a_kind_that_nobody_knows(http: Http, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    says = (
        'no kind "Foo" is registered for version "v1" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"'
    )
    made = http("POST", path, {"kind": "Foo", "apiVersion": "v1", "metadata": {"name": "a"}})
    assert made.body["message"] == f'Foo in version "v1" cannot be handled as a ConfigMap: {says}'
    http("POST", path, {"metadata": {"name": "a"}})
    patched = http("PATCH", f"{path}/a", {"kind": "Foo"}, content_type=MERGE)
    assert (patched.status, patched.body["message"].endswith(says)) == (422, True)


def test_an_update_of_what_has_another_uid(http: Http, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/services"
    made = http("POST", path, {"metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}]}}).body
    uid = made["metadata"].pop("uid")
    answer = http("PUT", f"{path}/a", {**made, "metadata": {**made["metadata"], "uid": "another"}})
    assert (answer.status, answer.body["message"]) == (
        409,
        'Operation cannot be fulfilled on services "a": StorageError: invalid object, Code: 4, Key: '
        f"/registry/services/specs/{namespace}/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: "
        f"UID in precondition: another, UID in object meta: {uid}",
    )


def test_preconditions_of_a_deletion(http: Http, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    metadata = http("POST", path, {"metadata": {"name": "kept"}}).body["metadata"]
    other = http("DELETE", f"{path}/kept", {"preconditions": {"uid": "another"}})
    assert other.body["message"] == (
        'Operation cannot be fulfilled on ConfigMap "kept": the UID in the precondition (another) '
        f"does not match the UID in record ({metadata['uid']}). The object might have been deleted and then recreated"
    )
    mine = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
    assert http("DELETE", f"{path}/kept", {"preconditions": mine}).body["status"] == "Success"


@pytest.mark.parametrize(
    ("plural", "spec", "answered"),
    [
        ("services", {"ports": [{"port": 80}]}, "Service"),
        ("serviceaccounts", None, "ServiceAccount"),
        ("resourcequotas", {}, "ResourceQuota"),
        ("configmaps", None, "Status"),
        ("secrets", None, "Status"),
    ],
)
def test_what_a_deletion_answers_with(http: Http, namespace: str, plural: str, spec: Any, answered: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/{plural}"
    http("POST", path, {"metadata": {"name": "it"}, **({"spec": spec} if spec is not None else {})})
    assert http("DELETE", f"{path}/it").body["kind"] == answered


def test_a_deletion_that_is_only_tried(http: Http, kubectl: Kubectl, namespace: str) -> None:
    """What would have been taken away at once is answered with a Status, what would have stayed with the object."""
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    for name, finalizers in (("goes", []), ("stays", ["a.example/held"])):
        http("POST", path, {"metadata": {"name": name, "finalizers": finalizers}})
    by_body, by_query = http("DELETE", f"{path}/goes", {"dryRun": ["All"]}), http("DELETE", f"{path}/goes?dryRun=All")
    assert [by_body.body["kind"], by_query.body["kind"]] == ["Status", "Status"]
    assert http("DELETE", f"{path}/stays", {"dryRun": ["All"]}).body["kind"] == "ConfigMap"
    kubectl("delete", "configmaps", "--all", "--dry-run=server", namespace=namespace)
    assert "deletionTimestamp" not in http("GET", f"{path}/stays").body["metadata"]
    assert http("GET", f"{path}/goes").status == 200
    http("PATCH", f"{path}/stays", {"metadata": {"finalizers": None}}, content_type=MERGE)


def test_no_finalizer_for_what_is_being_deleted(http: Http, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    http("POST", path, {"metadata": {"name": "a", "finalizers": ["a.example/one"]}})
    http("DELETE", f"{path}/a")
    more = {"metadata": {"finalizers": ["a.example/one", "a.example/two"]}}
    answer = http("PATCH", f"{path}/a", more, content_type=MERGE)
    assert answer.body["message"] == (
        'ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is '
        'being deleted, found new finalizers []string{"a.example/two"}'
    )
    http("PATCH", f"{path}/a", {"metadata": {"finalizers": None}}, content_type=MERGE)
    assert http("GET", f"{path}/a").status == 404


def test_only_the_subresource_finalizes_a_namespace(http: Http, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}"
    kept = ["kubernetes", "a.example/held"]
    whole = {"metadata": {"name": namespace, "labels": {"a": "b"}}, "spec": {"finalizers": kept}}
    made = http("PUT", f"{path}/finalize", whole).body
    assert (made["spec"]["finalizers"], "a" in made["metadata"]["labels"]) == (kept, False)
    patched = http("PATCH", path, {"spec": {"finalizers": []}}, content_type=MERGE).body
    assert patched["spec"]["finalizers"] == kept
    http("PUT", f"{path}/finalize", {**whole, "spec": {"finalizers": ["kubernetes"]}})
    assert http("GET", f"{path}/status").body["spec"]["finalizers"] == ["kubernetes"]


def test_a_pod_is_bound_once(http: Http, kubectl: Kubectl, namespace: str) -> None:
    """It asks for more than any node has, so that the scheduler leaves it alone."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    container = {"name": "c", "image": "busybox:1.36", "resources": {"requests": {"cpu": "1k"}}}
    http("POST", path, {"metadata": {"name": "a"}, "spec": {"containers": [container]}})
    nowhere = http("POST", f"{path}/a/binding", {"metadata": {"name": "a"}, "target": {"kind": "Node"}})
    assert (nowhere.status, nowhere.body["details"]["causes"][0]["field"]) == (422, "target.name")
    bound = http("POST", f"{path}/a/binding", {"metadata": {"name": "a"}, "target": {"name": "node01"}})
    assert (bound.status, bound.body["status"]) == (201, "Success")
    kubectl("wait", "pod/a", "--for=jsonpath={.spec.nodeName}=node01", "--timeout=60s", namespace=namespace)
    again = http("POST", f"{path}/a/binding", {"metadata": {"name": "a"}, "target": {"name": "node02"}})
    says = 'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "node01"'
    assert (again.status, again.body["message"]) == (409, says)


def test_a_scale_of_another_name(http: Http, demo: str) -> None:
    path = f"/apis/apps/v1/namespaces/{demo}/deployments/nginx/scale"
    answer = http("PUT", path, {"metadata": {"name": "web"}, "spec": {"replicas": 1}})
    says = "the name of the object (web) does not match the name on the URL (nginx)"
    assert (answer.status, answer.body["message"]) == (400, says)
    assert http("POST", path, {}).status == 405


def test_scale_below_nothing(http: Http, demo: str) -> None:
    path = f"/apis/apps/v1/namespaces/{demo}/deployments/nginx/scale"
    answer = http("PATCH", path, {"spec": {"replicas": -1}}, content_type=MERGE)
    wanted = (
        'Scale.autoscaling "nginx" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0'
    )
    assert (answer.status, answer.body["message"]) == (422, wanted)


CHANGES = [
    (
        "{type: ClusterIP, clusterIP: None}",
        "{clusterIP: 10.96.8.8}",
        'spec.clusterIPs[0]: Invalid value: ["10.96.8.8"]: may not change once set',
    ),
    ("{type: ClusterIP}", "{clusterIP: None}", 'spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set'),
    (
        "{type: ClusterIP}",
        "{externalTrafficPolicy: Local}",
        'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
    ),
]


@pytest.mark.parametrize(("before", "after", "says"), CHANGES)
def test_what_of_a_service_may_not_change(kubectl: Kubectl, namespace: str, before: str, after: str, says: str) -> None:
    head = "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: "
    ports = ", ports: [{port: 80}]}"
    kubectl("create", "-f", "-", namespace=namespace, stdin=head + before.removesuffix("}") + ports + "}")
    refused = kubectl("patch", "svc", "s", "-p", f"spec: {after}", namespace=namespace, fails=True)
    assert refused.stderr == f'The Service "s" is invalid: {says}\n'


def test_a_new_type_takes_with_it_what_only_the_old_one_had(kubectl: Kubectl, namespace: str) -> None:
    kubectl("create", "service", "nodeport", "s", "--tcp=80", namespace=namespace)
    kubectl("patch", "svc", "s", "-p", "spec: {type: ClusterIP}", namespace=namespace)
    path = "jsonpath={.spec.ports[0].nodePort}{.spec.externalTrafficPolicy}"
    assert kubectl("get", "svc", "s", "-o", path, namespace=namespace).stdout == ""
    kubectl("patch", "svc", "s", "-p", "spec: {type: ExternalName, externalName: a.example}", namespace=namespace)
    kubectl("patch", "svc", "s", "-p", "spec: {type: ClusterIP}", namespace=namespace)
    path = "jsonpath={.spec.externalName}{.spec.clusterIP}"
    assert kubectl("get", "svc", "s", "-o", path, namespace=namespace).stdout.startswith("10.96.")


def test_a_config_map_that_is_immutable(kubectl: Kubectl, namespace: str) -> None:
    manifest = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: b}, immutable: true}"
    kubectl("create", "-f", "-", namespace=namespace, stdin=manifest)
    refused = kubectl("patch", "cm", "c", "-p", "data: {a: c}\nimmutable: false", namespace=namespace, fails=True)
    frozen = "Forbidden: field is immutable when `immutable` is set"
    assert refused.stderr == f'The ConfigMap "c" is invalid: \n* immutable: {frozen}\n* data: {frozen}\n'


def test_a_claim_of_a_stateful_set_without_metadata(http: Http, namespace: str) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "busybox"}]}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template, "volumeClaimTemplates": [{}]}
    body = {"metadata": {"name": "s"}, "spec": spec}
    assert http("POST", f"/apis/apps/v1/namespaces/{namespace}/statefulsets?dryRun=All", body).status == 201


def test_managed_fields_that_are_none_are_left_out(http: Http, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    metadata = {"name": "managed", "managedFields": [{"manager": "me", "operation": "Guess"}]}
    made = http("POST", path, {"metadata": metadata, "data": {"a": "b"}})
    assert [entry["operation"] for entry in made.body["metadata"]["managedFields"]] == ["Update"]


def test_what_nobody_has_set_has_no_managed_fields(http: Http, namespace: str) -> None:
    made = http("POST", f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": "a"}})
    assert "managedFields" not in made.body["metadata"]


def test_managed_fields_are_cleared(http: Http, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    http("POST", path, {"metadata": {"name": "managed"}, "data": {"a": "b"}})
    cleared = http("PATCH", f"{path}/managed", {"metadata": {"managedFields": [{}]}}, content_type=MERGE)
    assert "managedFields" not in cleared.body["metadata"]
