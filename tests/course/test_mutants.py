"""From manifests to mutants."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graders import submission
from graders.course.mutants import Mutant, mutants
from graders.lab import Lab, all_labs
from graders.submission import InvalidSubmission, SourceFile
from graders.verdict import GraderError

HEADLESS = """\
apiVersion: v1
kind: Service
metadata:
  name: web-svc
spec:
  clusterIP: None
  selector:
    app: web
  ports:
    - name: http
      port: 8080
      targetPort: 80
"""
ALIAS = """\
apiVersion: v1
kind: Service
metadata:
  name: clock
spec:
  type: ExternalName
  externalName: time.example.org
"""
SLICE = """\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: db-1
  labels:
    kubernetes.io/service-name: db
addressType: IPv4
endpoints:
  - addresses: [192.0.2.10]
  - addresses: [192.0.2.11]
ports:
  - name: postgres
    port: 5432
"""
WORKLOAD = """\
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: web
spec:
  serviceName: web
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: nginx
          image: nginx:1.29
          readinessProbe:
            httpGet:
              path: /
              port: 80
"""


def lab_with(directory: Path, *manifests: str) -> Lab:
    """A lab of nothing but a solution, a file a manifest."""
    solution = directory / "solution"
    solution.mkdir()
    for number, text in enumerate(manifests):
        (solution / f"{number}.yaml").write_text(text)
    return Lab(directory, title="", kinds=("Service",), points=1, namespaces=("staging",))


def changed(mutant: Mutant) -> list[dict[str, object]]:
    """The objects of its submission."""
    return [each.content for each in submission.objects([SourceFile(*file) for file in mutant.files.items()])]


@pytest.mark.parametrize(
    ("manifest", "name", "line", "place", "value"),
    [
        (HEADLESS, "case-field Service/web-svc spec.clusterIP called clusterIp", 6, "spec.clusterIp", "None"),
        (HEADLESS, 'case-value Service/web-svc spec.clusterIP as "none"', 6, "spec.clusterIP", "none"),
        (HEADLESS, 'nothing Service/web-svc spec.clusterIP as ""', 6, "spec.clusterIP", ""),
        (HEADLESS, "nothing Service/web-svc spec.clusterIP as null", 6, "spec.clusterIP", None),
        (HEADLESS, "drop-field Service/web-svc spec.selector", 7, "spec.selector", KeyError),
        (HEADLESS, "rename-field Service/web-svc spec.selector called matchLabels", 7, "spec.matchLabels.app", "web"),
        (HEADLESS, 'text-for-number Service/web-svc spec.ports[0].port as "8080"', 11, "spec.ports.0.port", "8080"),
        (HEADLESS, "port Service/web-svc spec.ports[0].port as 8081", 11, "spec.ports.0.port", 8081),
        (HEADLESS, "port Service/web-svc spec.ports[0].port as 80", 11, "spec.ports.0.port", 80),
        (HEADLESS, "target-port Service/web-svc spec.ports[0].targetPort as 8080", 12, "spec.ports.0.targetPort", 8080),
        (HEADLESS, 'port-name Service/web-svc spec.ports[0].name as "https"', 10, "spec.ports.0.name", "https"),
        (HEADLESS, 'protocol Service/web-svc spec.ports[0].protocol as "UDP"', 10, "spec.ports.0.protocol", "UDP"),
        (HEADLESS, "selector-key Service/web-svc spec.selector.app called name", 8, "spec.selector.name", "web"),
        (HEADLESS, 'selector-value Service/web-svc spec.selector.app as "we"', 8, "spec.selector.app", "we"),
        (
            HEADLESS,
            "extra-label Service/web-svc spec.selector with tier: frontend",
            7,
            "spec.selector.tier",
            "frontend",
        ),
        (HEADLESS, 'service-type Service/web-svc spec.type as "NodePort"', 5, "spec.type", "NodePort"),
        (HEADLESS, 'namespace Service/web-svc metadata.namespace as "staging"', 3, "metadata.namespace", "staging"),
        (HEADLESS, 'api-version Service/web-svc apiVersion as "apps/v1"', 1, "apiVersion", "apps/v1"),
        (HEADLESS, "indentation Service/web-svc spec further in", 5, "metadata.spec.clusterIP", "None"),
        (
            ALIAS,
            'external-name-as-url Service/clock spec.externalName as "http://time.example.org"',
            7,
            "spec.externalName",
            "http://time.example.org",
        ),
        (
            ALIAS,
            'external-name-dot Service/clock spec.externalName as "time.example.org."',
            7,
            "spec.externalName",
            "time.example.org.",
        ),
        (SLICE, 'address-type EndpointSlice/db-1 addressType as "IPv6"', 7, "addressType", "IPv6"),
        (SLICE, "slice-label EndpointSlice/db-1 metadata.labels as annotations", 5, "metadata.labels", KeyError),
        (
            SLICE,
            'slice-address EndpointSlice/db-1 endpoints[0].addresses[0] as "192.0.2.10:80"',
            9,
            "endpoints.0.addresses.0",
            "192.0.2.10:80",
        ),
        (
            SLICE,
            "slice-endpoints EndpointSlice/db-1 endpoints in one endpoint",
            8,
            "endpoints.0.addresses.1",
            "192.0.2.11",
        ),
        (WORKLOAD, "replicas StatefulSet/web spec.replicas as 3", 7, "spec.replicas", 3),
        (WORKLOAD, 'service-name StatefulSet/web spec.serviceName as "webs"', 6, "spec.serviceName", "webs"),
        (WORKLOAD, "match-labels StatefulSet/web spec.selector.matchLabels left out", 9, "spec.selector.app", "web"),
        (
            WORKLOAD,
            'pod-labels StatefulSet/web spec.template.metadata.labels.app as "webs"',
            14,
            "spec.template.metadata.labels.app",
            "webs",
        ),
    ],
)
def test_what_is_mutated(tmp_path: Path, manifest: str, name: str, line: int, place: str, value: object) -> None:
    made = {mutant.name: mutant for mutant in mutants(lab_with(tmp_path, manifest))}
    assert name in made
    mutant = made[name]
    assert (mutant.file, mutant.line) == (tmp_path / "solution" / "0.yaml", line)
    at: object = changed(mutant)[0]
    *parents, last = (int(key) if key.isdigit() else key for key in place.split("."))
    for key in parents:
        at = at[key]  # type: ignore[index]
    if value is KeyError:
        assert last not in at  # type: ignore[operator]
    else:
        assert at[last] == value  # type: ignore[index]


def test_documents_are_missing_and_doubled(tmp_path: Path) -> None:
    made = {mutant.name: mutant for mutant in mutants(lab_with(tmp_path, f"{HEADLESS}---\n{SLICE}"))}
    assert [each["kind"] for each in changed(made["missing-document Service/web-svc"])] == ["EndpointSlice"]
    with pytest.raises(InvalidSubmission, match="'db-1' is there twice"):
        changed(made["doubled-document EndpointSlice/db-1"])


def test_what_is_alike_in_several_objects_is_mutated_in_one_of_them(tmp_path: Path) -> None:
    others = [HEADLESS.replace("web-svc", f"web-{number}") for number in range(5)]
    made = mutants(lab_with(tmp_path, *others))
    assert len([mutant for mutant in made if mutant.operator == "extra-label"]) == 1
    assert len({re.findall(r"Service/web-\d", mutant.name)[0] for mutant in made}) == len(others)


@pytest.mark.parametrize("lab", all_labs(), ids=lambda lab: lab.name)
def test_mutants_of_every_lab(lab: Lab) -> None:
    made = mutants(lab)
    assert made == mutants(lab)
    assert 40 <= len(made) <= 110
    assert len({mutant.name for mutant in made}) == len(made)
    meanings = {meaning(mutant.files) for mutant in made}
    assert len(meanings) == len(made)
    assert meaning({path.name: path.read_bytes() for path in (lab.directory / "solution").iterdir()}) not in meanings
    assert lab.equivalent.keys() <= {mutant.name for mutant in made}
    for mutant in made:
        assert 1 <= mutant.line <= len(mutant.file.read_text().splitlines())


def meaning(files: dict[str, bytes]) -> str:
    try:
        return json.dumps([list(yaml.safe_load_all(files[name])) for name in sorted(files)], sort_keys=True)
    except (yaml.YAMLError, ValueError):
        return repr(sorted(files.items()))


def test_a_solution_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GraderError, match=r"solution cannot be read: 0.yaml:1: it is not YAML"):
        mutants(lab_with(tmp_path, "kind: ["))


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-99, 99_999)
    | st.text(max_size=5)
    | st.sampled_from(["None", "http", "TCP"])
)
words = st.text(max_size=3) | st.sampled_from(
    ["spec", "selector", "ports", "port", "name", "labels", "template", "endpoints", "addresses", "type", "matchLabels"]
)
values = st.recursive(scalars, lambda each: st.lists(each, max_size=3) | st.dictionaries(words, each, max_size=4))
kinds = st.sampled_from(["Service", "EndpointSlice", "Deployment", "Other"])
names = st.fixed_dictionaries({}, optional={"name": scalars, "labels": values})


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(words, values, max_size=5), kinds, names)
def test_whatever_a_manifest_holds_its_mutants_differ(
    tmp_path_factory: pytest.TempPathFactory, fields: dict[str, object], kind: str, metadata: dict[str, object]
) -> None:
    content = {**fields, "kind": kind, "metadata": metadata}
    lab = lab_with(tmp_path_factory.mktemp("lab"), json.dumps(content))
    made = mutants(lab)
    assert len({mutant.name for mutant in made}) == len(made)
    assert all(mutant.files != {"0.yaml": json.dumps(content).encode()} for mutant in made)


def test_names_stay_when_lines_move(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    before = mutants(lab_with(tmp_path / "a", HEADLESS))
    after = mutants(lab_with(tmp_path / "b", f"# a comment\n\n{HEADLESS}"))
    assert [mutant.name for mutant in before] == [mutant.name for mutant in after]
    assert [mutant.line + 2 for mutant in before] == [mutant.line for mutant in after]
