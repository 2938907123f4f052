"""Each rule on a tiny lab that breaks it: the defect, where it is, and what to do."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from graders.course.complete import complete, not_run, valid_manifests
from graders.lab import all_labs, load
from tests.checkout import Course

LAB = """\
title: A tiny lab
given: [ConfigMap page]
kinds: [Service]
kubernetes: 1.32 - 1.37
points: 3
checks:
  exists:
    section: your-task
    hints: [a question, a pointer, a shape]
  is_headless:
    section: what-is-given
    hints: [a question, a pointer, a shape]
"""
MODULE = '''\
"""A tiny lab."""

from graders import check


@check(points=1)
def test_exists(observer):
    """The Service is there."""


@check(points=2, needs=("exists",))
def test_is_headless(observer):
    """It has no cluster IP."""
'''
README = """\
# A tiny lab

## What is given
ConfigMap `page`, with `index.html`.

## Your task
Write the Service `tiny-web-svc`: see [what is given](#what-is-given).

```sh
$ kubectl get svc tiny-web-svc
$ curl http://tiny-web-svc:8080
```
"""
PAGE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: page
data:
  index.html: hello
"""
STARTER = """\
apiVersion: v1
kind: Service
metadata:
  name: tiny-web-svc
spec:
  ports:
    - port: 8080
"""
SOLUTION = STARTER.replace("spec:\n", "spec:\n  clusterIP: None\n")
MISTAKE = "# fails: is_headless\n# diagnosis: not-headless\n" + STARTER

Change = Callable[[Path], object]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A lab that is complete, in a course that has no other."""
    lab = tmp_path / "labs" / "tiny"
    files = {
        "lab.yaml": LAB,
        "test_tiny.py": MODULE,
        "README.md": README,
        "manifests/page.yaml": PAGE,
        "starter/web.yaml": STARTER,
        "solution/web.yaml": SOLUTION,
        **{f"mistakes/port-{number}.yaml": MISTAKE.replace("8080", f"808{number}") for number in range(1, 9)},
    }
    for name, content in files.items():
        path = lab / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return lab


def found(lab: Path) -> list[str]:
    """The defects, with paths within the lab."""
    return [str(defect).replace(f"{lab}/", "") for defect in complete(load(lab))]


def written(name: str, before: str, after: str) -> Change:
    def change(lab: Path) -> None:
        content = (lab / name).read_text()
        assert before in content
        (lab / name).write_text(content.replace(before, after, 1))

    return change


def added(name: str, content: str) -> Change:
    """A file, or more of one that is there."""

    def change(lab: Path) -> None:
        with (lab / name).open("a") as file:
            file.write(content)

    return change


def removed(name: str) -> Change:
    return lambda lab: shutil.rmtree(lab / name) if (lab / name).is_dir() else (lab / name).unlink()


def linked(name: str, target: str) -> Change:
    return lambda lab: (lab / name).symlink_to(target)


def test_nothing_is_wrong_with_the_tiny_lab(tiny: Path) -> None:
    assert found(tiny) == []


@pytest.mark.parametrize(
    ("change", "defect"),
    [
        pytest.param(removed("README.md"), "README.md:1: it is missing. Write the task", id="no-text"),
        pytest.param(removed("test_tiny.py"), "test_tiny.py:1: it is missing. Write the checks.", id="no-module"),
        pytest.param(removed("starter"), "starter:1: it is missing. Put there what a student", id="no-starter"),
        pytest.param(removed("solution"), "solution:1: it is missing. Put there what gets", id="no-solution"),
        pytest.param(removed("mistakes"), "mistakes:1: it is missing.", id="no-mistakes"),
        pytest.param(removed("manifests"), "manifests:1: it is missing. Put there what lab.yaml", id="nothing-given"),
    ],
)
def test_parts(tiny: Path, change: Change, defect: str) -> None:
    change(tiny)
    assert [each for each in found(tiny) if each.startswith(defect)]


@pytest.mark.parametrize(
    ("change", "defect"),
    [
        pytest.param(written("test_tiny.py", "def test_exists(", "def ("), "test_tiny.py:7: it is not", id="module"),
        pytest.param(written("starter/web.yaml", "  name", "\tname"), "starter/web.yaml:4: it is not YAML", id="tab"),
        pytest.param(
            written("solution/web.yaml", "kind: Service", "kind: Pod"),
            "solution/web.yaml:2: Pod is not allowed in this lab, only Service. Take it out.",
            id="kind-not-allowed",
        ),
        pytest.param(
            written("mistakes/port-1.yaml", "spec:", "spec:\n  externalIPs: [10.0.0.1]"),
            "mistakes/port-1.yaml:8: ",
            id="mistake-not-allowed",
        ),
        pytest.param(
            written("manifests/page.yaml", "kind: ConfigMap\n", ""),
            "manifests/page.yaml:1: it is no Kubernetes object",
            id="given",
        ),
    ],
)
def test_what_cannot_be_read_or_is_not_allowed(tiny: Path, change: Change, defect: str) -> None:
    change(tiny)
    assert [each for each in found(tiny) if each.startswith(defect)], found(tiny)


@pytest.mark.parametrize(
    ("change", "defect"),
    [
        pytest.param(
            written("lab.yaml", "points: 3", "points: 4"),
            "lab.yaml:5: the checks sum to 3 points, not to 4. Write `points: 3`, or change what a check is worth.",
            id="sum",
        ),
        pytest.param(
            written("test_tiny.py", "points=2", "points=TWO"),
            "test_tiny.py:12: `is_headless` has no points. Write `@check(points=…)` above it, with a number.",
            id="no-points",
        ),
        pytest.param(
            written("test_tiny.py", '"""It has no cluster IP."""', "..."),
            "test_tiny.py:12: `is_headless` has no title. Begin its docstring with what holds when it passes.",
            id="no-title",
        ),
        pytest.param(
            added("test_tiny.py", '\n\n@check(points=0)\ndef test_more():\n    """More."""\n'),
            "test_tiny.py:17: lab.yaml says nothing of `more`. Give it a `section` and `hints` there, under `checks`.",
            id="not-in-lab-yaml",
        ),
        pytest.param(
            added("lab.yaml", "  more: {section: your-task, hints: [a, b, c]}\n"),
            "lab.yaml:13: test_tiny.py has no check `more`. Write `def test_more`, or take this entry out.",
            id="not-in-module",
        ),
        pytest.param(
            written("lab.yaml", "hints: [a question, a pointer, a shape]", "hints: [a question, a pointer]"),
            "lab.yaml:9: `exists` must have 3 hints: a question, a pointer, the answer's shape.",
            id="two-hints",
        ),
        pytest.param(
            written("lab.yaml", "what-is-given", "what-is-givn"),
            "lab.yaml:11: README.md has no heading whose anchor is `what-is-givn`. Did you mean `what-is-given`? "
            "Write it as GitHub links it.",
            id="section",
        ),
        pytest.param(
            written("test_tiny.py", '("exists",)', '("exist",)'),
            "test_tiny.py:12: `is_headless` needs `exist`, and there is no such check. Did you mean `exists`?",
            id="needs-what-is-not-there",
        ),
        pytest.param(
            written("test_tiny.py", "points=1", 'points=1, needs=("is_headless",)'),
            "test_tiny.py:7: `exists` needs `is_headless`, which does not come before it. Move `test_is_headless` up.",
            id="needs-a-later-one",
        ),
        pytest.param(
            written("lab.yaml", "section: your-task", "hidden: true\n    section: your-task"),
            "test_tiny.py:12: `is_headless` needs `exists`, which is hidden: students do not have it. "
            "Hide both, or neither.",
            id="needs-a-hidden-one",
        ),
        pytest.param(
            removed("mistakes/port-1.yaml"),
            "mistakes:1: it has 7 of at least 8 mistakes. Write what else students get wrong, a file each.",
            id="seven-mistakes",
        ),
        pytest.param(
            written("mistakes/port-1.yaml", "# diagnosis: not-headless\n", ""),
            "mistakes/port-1.yaml:1: its header has no `# diagnosis:`. Say there the code of the cause, or `none`.",
            id="no-diagnosis",
        ),
        pytest.param(
            written("mistakes/port-1.yaml", "# fails: is_headless\n", ""),
            "mistakes/port-1.yaml:1: its header has no `# fails:`. Say there the checks that it fails.",
            id="no-fails",
        ),
        pytest.param(
            written("mistakes/port-1.yaml", "# fails: is_headless", "# fails: is_headles"),
            "mistakes/port-1.yaml:1: there is no check `is_headles`, only exists, is_headless.",
            id="fails-what-is-not-there",
        ),
        pytest.param(
            lambda lab: (lab / "starter" / "web.yaml").write_text(
                "# comments make no difference\n" + SOLUTION.replace("None", '"None"')
            ),
            "starter/web.yaml:2: the starter has the objects of the solution: nothing is left to do. "
            "Take out what the task asks for.",
            id="starter-is-solution",
        ),
        pytest.param(
            written("lab.yaml", "A tiny lab", '"TODO: what this is about"'),
            "lab.yaml:1: it is still to be written: what this is about.",
            id="to-do",
        ),
        pytest.param(added("solution/web.yaml~", "a"), "solution/web.yaml~:1: it is no part", id="backup"),
        pytest.param(added(".DS_Store", "a"), ".DS_Store:1: it is no part of a lab. Remove it", id="ds-store"),
        pytest.param(added("mistakes/notes.txt", "a"), "mistakes/notes.txt:1: it is no part", id="notes"),
        pytest.param(
            added("manifests/no.yaml", ""), "manifests/no.yaml:1: it is empty. Fill or remove it.", id="empty"
        ),
    ],
)
def test_one_defect(tiny: Path, change: Change, defect: str) -> None:
    """And no other."""
    change(tiny)
    (only,) = found(tiny)
    assert only.startswith(defect)


def test_a_link_to_nowhere(tiny: Path) -> None:
    linked("manifests/gone.yaml", "../../gone.yaml")(tiny)
    assert "manifests/gone.yaml:1: it is a link that leads nowhere. Mend or remove it." in found(tiny)


@pytest.mark.parametrize("name", ["submission/mine.txt", "__pycache__/test_tiny.pyc", "picture.svg"])
def test_what_is_no_stray_file(tiny: Path, name: str) -> None:
    """A student's work, what Python leaves behind, what the text shows."""
    (tiny / name).parent.mkdir(exist_ok=True)
    (tiny / name).write_text("a")
    (tiny / "README.md").write_text(README + "\n![a picture](picture.svg)\n" if name == "picture.svg" else README)
    assert found(tiny) == []


def test_what_git_ignores_is_no_stray_file(tiny: Path) -> None:
    (tiny / "notes.bak").write_text("a")
    assert found(tiny) == ["notes.bak:1: it is no part of a lab. Remove it, or let git ignore it."]
    subprocess.run(["git", "init", "-q", tiny.parent.parent], check=True)
    (tiny.parent.parent / ".gitignore").write_text("*.bak\n")
    assert found(tiny) == []


NO_SERVICE = "neither the lab's manifests nor the text have a Service"


@pytest.mark.parametrize(
    ("text", "defect"),
    [
        pytest.param("Look at `tiny-wbe-svc`.", "no object is called `tiny-wbe-svc`. Did you mean", id="a-letter-off"),
        pytest.param("The Service `small` answers.", f"{NO_SERVICE} `small`.", id="after-its-kind"),
        pytest.param("The Services `tiny-web-svc` and `small`.", f"{NO_SERVICE} `small`.", id="second-of-several"),
        pytest.param("`kubectl get svc small`", f"{NO_SERVICE} `small`.", id="kubectl-get"),
        pytest.param("`kubectl -n x describe svc/small`", f"{NO_SERVICE} `small`.", id="kubectl-slash"),
        pytest.param("`kubectl delete configmap pag`", "have a ConfigMap `pag`. Did you mean `page`?", id="configmap"),
        pytest.param("`kubectl exec toys -- ls`", "have a Pod `toys`.", id="kubectl-exec"),
        pytest.param("`kubectl exec tiny-tools -- curl http://small`", f"{NO_SERVICE} `small`.", id="in-a-pod"),
        pytest.param("`curl http://small:8080/x`", f"{NO_SERVICE} `small`.", id="url"),
        pytest.param("`nslookup small`", f"{NO_SERVICE} `small`.", id="nslookup"),
        pytest.param("`dig SRV _http._tcp.small.lab.svc.cluster.local.`", f"{NO_SERVICE} `small`.", id="srv"),
        pytest.param("`nslookup small.default`", f"{NO_SERVICE} `small`.", id="with-namespace"),
        pytest.param("`curl http://pod-0.tiny-web-svc`", "have a Pod `pod-0`.", id="pod-of-a-service"),
        pytest.param("```sh\ncurl http://small\n```", f"{NO_SERVICE} `small`.", id="block"),
        pytest.param("`labs start tny`", "there is no lab `tny`. Mend the name.", id="lab"),
        pytest.param("`pytest labs/tny/`", "there is no file `labs/tny/` in the lab or the course.", id="folder"),
        pytest.param("`kubectl apply -f wob.yaml`", "there is no file `wob.yaml` in the lab or", id="file"),
        pytest.param("See [there](there.md).", "the link to there.md leads nowhere. Mend it.", id="link"),
        pytest.param("See [that](#that).", "README.md has no heading whose anchor is `that`. Mend", id="anchor"),
        pytest.param(
            "```\n$ nslookup gone\n** server can't find gone: NXDOMAIN\n$ nslookup small\n```",
            f"{NO_SERVICE} `small`.",
            id="after-what-is-shown-to-be-absent",
        ),
    ],
)
def test_a_name_that_does_not_exist(tiny: Path, text: str, defect: str) -> None:
    """At its line: the last one of the text, but for the fence of a block."""
    (tiny / "README.md").write_text(f"{README}\n{text}\n")
    (only,) = found(tiny)
    line = len(f"{README}\n{text}".splitlines()) - text.endswith("```")
    assert only.startswith(f"README.md:{line}: ")
    assert defect in only


@pytest.mark.parametrize(
    "text",
    [
        "The Service's `port`, and a Service `port`, and `targetPort: 80`.",
        "`kubectl get pods -o wide`, `kubectl get svc NAME`, `kubectl explain svc.spec.type`",
        "`kubectl get endpointslices tiny-web-svc-x2x4z`",
        "`kubectl delete pod $POD`, `kubectl label svc tiny-web-svc tier-`",
        "`nslookup tiny-web-svc.NAMESPACE.svc.cluster.local.`, `nslookup kubernetes.default`, `dig tiny-web-svc`",
        "`curl http://NODE:PORT`, `curl http://10.1.2.3:80`, `curl http://example.com/x.yaml`, `curl -s tiny-web-svc`",
        "`nginx:1.29`, `giantswarm/tiny-tools`, `apps/v1`, `kubernetes.io/service-name`, `text/html`, `10.0.0.0/24`",
        "`starter/`, `solution/web.yaml`, `web.yaml`, `labs/tiny/README.md`, `.venv/bin/labs start tiny`",
        "Where nothing is called `small`, `nslookup small` says NXDOMAIN.",
        "```sh\nkubectl run box --image=busybox\nkubectl get pod box\nkubectl exec -it box -- sh\n```",
        "```yaml\n# more.yaml\napiVersion: v1\nkind: Service\nmetadata:\n  name: more\n```\n\n"
        "`kubectl apply -f more.yaml`\n\n`curl http://more`",
        "<!-- labs: skip it is wrong on purpose -->\n```sh\ncurl http://small\n```",
        "```sh\ncurl http://small\n# curl: (6) Could not resolve host: small\n```",
        "[elsewhere](https://kubernetes.io/docs/x.md), [the task](#your-task), [the lab](lab.yaml)",
    ],
)
def test_no_false_alarm(tiny: Path, text: str) -> None:
    (tiny / "README.md").write_text(f"{README}\n{text}\n")
    assert found(tiny) == []


needs_schemas = pytest.mark.skipif(
    not importlib.util.find_spec("kubernetes_validate"), reason="kubernetes-validate is missing: make .venv/validate"
)


@needs_schemas
@pytest.mark.parametrize(
    ("change", "defects"),
    [
        pytest.param(
            written("starter/web.yaml", "  ports:", "  protocoll: TCP\n  ports:"),
            ["starter/web.yaml:6: `spec.protocoll` is no field of a Service (Kubernetes 1.32 - 1.37). Mend it."],
            id="no-such-field",
        ),
        pytest.param(
            written("solution/web.yaml", "8080", '"8080"'),
            [
                "solution/web.yaml:8: `spec.ports[0].port`: '8080' is not of type 'integer' (Kubernetes 1.32 - 1.37). "
                "Mend it."
            ],
            id="type",
        ),
        pytest.param(
            written("manifests/page.yaml", "v1", "v2"),
            ["manifests/page.yaml:1: there is no ConfigMap in `apiVersion: v2` (Kubernetes 1.32 - 1.37). Mend it."],
            id="no-such-version",
        ),
        pytest.param(
            added(
                "manifests/set.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - {}\n"
            ),
            ["manifests/set.yaml:6: `spec.ports[0]`: 'port' is a required property (Kubernetes 1.32 - 1.37). Mend it."],
            id="required",
        ),
        pytest.param(written("starter/web.yaml", "port: 8080", "name: a"), [], id="a-starter-may-leave-out"),
    ],
)
def test_manifests_and_schemas(tiny: Path, change: Change, defects: list[str]) -> None:
    change(tiny)
    assert found(tiny) == defects


@needs_schemas
def test_a_field_that_only_some_minors_have(tiny: Path) -> None:
    """`serviceName` of a StatefulSet need not be there since 1.33."""
    (tiny / "manifests" / "set.yaml").write_text(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n"
        "  selector: {matchLabels: {a: b}}\n  template: {metadata: {labels: {a: b}}}\n"
    )
    assert found(tiny) == [
        "manifests/set.yaml:4: `spec`: 'serviceName' is a required property (Kubernetes 1.32). Mend it."
    ]


def test_without_the_schemas_it_is_said(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no defect of the course, and no secret."""
    monkeypatch.setattr(valid_manifests, "PACKAGE", "not_installed")
    written("solution/web.yaml", "8080", '"8080"')(tiny)
    assert found(tiny) == []
    assert not_run().endswith("kubernetes-validate is not installed. Install it: make .venv/validate")


def test_every_lab_of_this_course_is_complete() -> None:
    assert [str(defect) for lab in all_labs() for defect in complete(lab)] == []


def test_a_new_lab_lacks_only_what_its_author_has_to_write(course: Course) -> None:
    assert course.labs("new", "mine").returncode == 0
    defects = found(course.path / "labs" / "mine")
    assert "mistakes:1: it has 1 of at least 8 mistakes. Write what else students get wrong, a file each." in defects
    asked = [each for each in defects if ": it is still to be written: " in each]
    assert {each.partition(":")[0] for each in asked} == {"lab.yaml", "README.md", "test_mine.py"}
    assert len(asked) == len(defects) - 1 - sum("is a link, not a file" in each for each in defects)
