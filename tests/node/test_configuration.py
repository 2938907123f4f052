"""Secrets, ConfigMaps and the Pod's own fields, as files and as variables."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Kubectl
from tests.node.pods import container, create, events, output, status, wait, wait_for_event

SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "secret"},
    "data": {"user": "YWRtaW4="},
    "stringData": {"password": "pass word"},
}
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "config"}, "data": {"a": "1", "b": "2"}}
LIMITS = {"requests": {"cpu": "250m", "memory": "32Mi"}, "limits": {"cpu": "500m", "memory": "64Mi"}}


@pytest.fixture
def configured(kubectl: Kubectl, namespace: str) -> str:
    kubectl("apply", "-f", "-", namespace=namespace, stdin=f"{json.dumps(SECRET)}\n---\n{json.dumps(CONFIG)}")
    return namespace


def ref(kind: str, **fields: Any) -> dict[str, Any]:
    return {"valueFrom": {kind: fields}}


@pytest.mark.parametrize(
    ("fields", "printed"),
    [
        pytest.param({"env": [{"name": "X", **ref("secretKeyRef", name="secret", key="user")}]}, "admin", id="key"),
        pytest.param(
            {"env": [{"name": "X", **ref("secretKeyRef", name="secret", key="no", optional=True)}]},
            "",
            id="optional-key",
        ),
        pytest.param(
            {"env": [{"name": "X", **ref("configMapKeyRef", name="no", key="a", optional=True)}]}, "", id="optional-map"
        ),
        pytest.param(
            {
                "envFrom": [{"secretRef": {"name": "secret"}, "prefix": "S_"}],
                "env": [{"name": "X", "value": "$(S_user)"}],
            },
            "admin",
            id="env-from",
        ),
        pytest.param(
            {"envFrom": [{"configMapRef": {"name": "config"}}], "env": [{"name": "X", "value": "$(a)$(b)$$(a)$(c)"}]},
            "12$(a)$(c)",
            id="references",
        ),
        pytest.param(
            {"resources": LIMITS, "env": [{"name": "X", **ref("resourceFieldRef", resource="limits.cpu")}]},
            "1",
            id="cpu-rounds-up",
        ),
        pytest.param(
            {
                "resources": LIMITS,
                "env": [{"name": "X", **ref("resourceFieldRef", resource="requests.cpu", divisor="1m")}],
            },
            "250",
            id="milli-cpu",
        ),
        pytest.param(
            {"resources": LIMITS, "env": [{"name": "X", **ref("resourceFieldRef", resource="limits.memory")}]},
            "67108864",
            id="memory",
        ),
        pytest.param(
            {
                "resources": LIMITS,
                "env": [{"name": "X", **ref("resourceFieldRef", resource="limits.memory", divisor="1Mi")}],
            },
            "64",
            id="memory-in-mebibytes",
        ),
        pytest.param(
            {"env": [{"name": "X", **ref("resourceFieldRef", resource="limits.cpu")}]}, "2", id="what-the-node-has"
        ),
        pytest.param(
            {"env": [{"name": "X", **ref("fieldRef", fieldPath="metadata.labels['app']")}]}, "p", id="one-label"
        ),
        pytest.param(
            {"env": [{"name": "X", **ref("fieldRef", fieldPath="spec.serviceAccountName")}]}, "default", id="account"
        ),
    ],
)
def test_a_variable(kubectl: Kubectl, configured: str, fields: dict[str, Any], printed: str) -> None:
    create(kubectl, configured, container('echo "$X"', **fields))
    assert output(kubectl, configured) == f"{printed}\n"


@pytest.mark.parametrize(("links", "printed"), [(True, "10.96.0.1 443 yes\n"), (False, "10.96.0.1 443\n")])
def test_the_api_is_told_of_even_without_service_links(
    kubectl: Kubectl, namespace: str, links: bool, printed: str
) -> None:
    kubectl("create", "service", "clusterip", "web", "--tcp=80", namespace=namespace)
    script = "echo $KUBERNETES_SERVICE_HOST $KUBERNETES_SERVICE_PORT ${WEB_SERVICE_HOST:+yes}"
    create(kubectl, namespace, container(script), enableServiceLinks=links)
    assert output(kubectl, namespace) == printed


def test_command_and_arguments_are_expanded(kubectl: Kubectl, namespace: str) -> None:
    fields = {"command": ["echo"], "args": ["$(WHO)", "$$(WHO)", "$(NOBODY)"], "env": [{"name": "WHO", "value": "me"}]}
    create(kubectl, namespace, {"name": "c", "image": "busybox:1.36", **fields})
    assert output(kubectl, namespace) == "me $(WHO) $(NOBODY)\n"


MOUNT = [{"name": "v", "mountPath": "/v"}]


@pytest.mark.parametrize(
    ("volume", "printed"),
    [
        pytest.param(
            {"secret": {"secretName": "secret"}},
            {"password": ("644", "pass word"), "user": ("644", "admin")},
            id="secret",
        ),
        pytest.param(
            {"secret": {"secretName": "secret", "defaultMode": 0o400, "items": [{"key": "user", "path": "a/b"}]}},
            {"a/b": ("400", "admin")},
            id="items-and-mode",
        ),
        pytest.param(
            {"configMap": {"name": "config", "items": [{"key": "a", "path": "x", "mode": 0o600}]}},
            {"x": ("600", "1")},
            id="mode-of-one",
        ),
        pytest.param({"secret": {"secretName": "no", "optional": True}}, {}, id="optional"),
        pytest.param(
            {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
            {"labels": ("644", 'app="p"')},
            id="downward",
        ),
        pytest.param(
            {
                "downwardAPI": {
                    "items": [{"path": "m", "resourceFieldRef": {"containerName": "c", "resource": "limits.memory"}}]
                }
            },
            {"m": ("644", "67108864")},
            id="downward-resource",
        ),
        pytest.param(
            {
                "projected": {
                    "sources": [
                        {"secret": {"name": "secret", "items": [{"key": "user", "path": "s/user"}]}},
                        {"configMap": {"name": "config"}},
                        {"downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.name"}}]}},
                    ]
                }
            },
            {"a": ("644", "1"), "b": ("644", "2"), "n": ("644", "p"), "s/user": ("644", "admin")},
            id="projected",
        ),
    ],
)
def test_a_volume(
    kubectl: Kubectl, configured: str, volume: dict[str, Any], printed: dict[str, tuple[str, str]]
) -> None:
    """printed: {path: (mode, content)}"""
    script = (
        "cd /v; find -L . -type f ! -path './..*' | sort | while read f; do stat -Lc '%n %a' $f; cat $f; echo; done"
    )
    create(
        kubectl,
        configured,
        container(script, volumeMounts=MOUNT, resources=LIMITS),
        volumes=[{"name": "v", **volume}],
    )
    expected = "".join(f"./{path} {mode}\n{text}\n" for path, (mode, text) in sorted(printed.items()))
    assert output(kubectl, configured) == expected


@pytest.mark.parametrize(
    ("volume", "printed"),
    [
        ({"configMap": {"name": "config"}}, "777\nRead-only file system\n"),
        ({"secret": {"secretName": "secret"}}, "1777\nRead-only file system\n"),
        ({"projected": {"sources": [{"configMap": {"name": "config"}}]}}, "1777\nRead-only file system\n"),
        ({"emptyDir": {}}, "777\n"),
    ],
)
def test_nobody_writes_where_the_kubelet_does(
    kubectl: Kubectl, configured: str, volume: dict[str, Any], printed: str
) -> None:
    script = "stat -c %a /v; touch /v/x 2>&1 | grep -o 'Read-only file system'"
    create(kubectl, configured, container(f"{script}; :", volumeMounts=MOUNT), volumes=[{"name": "v", **volume}])
    assert output(kubectl, configured) == printed


def test_a_directory_below_a_volume_is_as_open_as_the_volume(kubectl: Kubectl, namespace: str) -> None:
    mounts = [*MOUNT, {"name": "v", "mountPath": "/below", "subPath": "a/b"}]
    script = "stat -c %a /v/a /below"
    create(kubectl, namespace, container(script, volumeMounts=mounts), volumes=[{"name": "v", "emptyDir": {}}])
    assert output(kubectl, namespace) == "777\n777\n"


def test_a_volume_follows_its_config_map(kubectl: Kubectl, configured: str) -> None:
    """All at once; a file that was mounted alone, by subPath, stays as it was."""
    alone = {"name": "v", "mountPath": "/alone", "subPath": "a"}
    create(
        kubectl,
        configured,
        container("until test -e /v/c; do sleep 0.05; done; ls /v; cat /v/a /alone", volumeMounts=[*MOUNT, alone]),
        volumes=[{"name": "v", "configMap": {"name": "config"}}],
    )
    wait(kubectl, configured, "Ready")
    changed = json.dumps({**CONFIG, "data": {"a": "new", "c": "3"}})
    kubectl("replace", "-f", "-", namespace=configured, stdin=changed)
    assert output(kubectl, configured) == "a\nc\nnew1"


@pytest.mark.parametrize(
    ("volume", "told"),
    [
        pytest.param({"secret": {"secretName": "no"}}, 'secret "no" not found', id="secret"),
        pytest.param({"configMap": {"name": "no"}}, 'configmap "no" not found', id="config-map"),
        pytest.param(
            {"secret": {"secretName": "secret", "items": [{"key": "no", "path": "x"}]}},
            "references non-existent secret key: no",
            id="key-of-secret",
        ),
        pytest.param(
            {"configMap": {"name": "config", "items": [{"key": "no", "path": "x"}]}},
            "configmap references non-existent config key: no",
            id="key-of-config-map",
        ),
    ],
)
def test_what_is_missing_is_told_and_waited_for(
    kubectl: Kubectl, configured: str, volume: dict[str, Any], told: str
) -> None:
    create(kubectl, configured, container("echo ok", volumeMounts=MOUNT), volumes=[{"name": "v", **volume}])
    wait(kubectl, configured, "phase=Pending")
    message = f'MountVolume.SetUp failed for volume "v" : {told}'
    assert wait_for_event(kubectl, configured, "FailedMount") == message
    waiting = status(kubectl, configured)
    assert "podIP" not in waiting
    begun = next(each for each in waiting["conditions"] if each["type"] == "PodReadyToStartContainers")
    assert begun["status"] == "False"
    for kind, name in (("Secret", "no"), ("ConfigMap", "no"), ("Secret", "secret"), ("ConfigMap", "config")):
        data = {"no": "bm8="} if kind == "Secret" else {"no": "no"}
        made = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "data": data}
        kubectl("apply", "-f", "-", namespace=configured, stdin=json.dumps(made))
    assert output(kubectl, configured) == "ok\n"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        pytest.param(
            {"env": [{"name": "X", **ref("secretKeyRef", name="no", key="a")}]}, 'secret "no" not found', id="secret"
        ),
        pytest.param(
            {"env": [{"name": "X", **ref("configMapKeyRef", name="config", key="no")}]},
            "couldn't find key no in ConfigMap NAMESPACE/config",
            id="key",
        ),
        pytest.param({"envFrom": [{"configMapRef": {"name": "no"}}]}, 'configmap "no" not found', id="env-from"),
        pytest.param(
            {"securityContext": {"runAsNonRoot": True}},
            'container has runAsNonRoot and image will run as root (pod: "p_NAMESPACE(UID)", container: c)',
            id="root",
        ),
        pytest.param(
            {"securityContext": {"runAsNonRoot": True, "runAsUser": 0}},
            'container\'s runAsUser breaks non-root policy (pod: "p_NAMESPACE(UID)", container: c)',
            id="root-asked-for",
        ),
    ],
)
def test_a_container_that_cannot_be_made(kubectl: Kubectl, configured: str, fields: dict[str, Any], told: str) -> None:
    create(kubectl, configured, container("echo ok", **fields))
    wait(kubectl, configured, "containerStatuses[0].state.waiting.reason=CreateContainerConfigError")
    uid = kubectl("get", "pod", "p", "-o", "jsonpath={.metadata.uid}", namespace=configured).stdout
    told = told.replace("NAMESPACE", configured).replace("UID", uid)
    assert status(kubectl, configured)["containerStatuses"][0]["state"]["waiting"]["message"] == told
    assert ("Warning", "Failed", f"Error: {told}") in events(kubectl, configured)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        pytest.param({"path": "/no", "type": "Directory"}, "/no is not a directory", id="directory"),
        pytest.param({"path": "/no", "type": "File"}, "/no is not a file", id="file"),
        pytest.param({"path": "/no", "type": "Socket"}, "/no is not a socket file", id="socket"),
    ],
)
def test_a_host_path_that_is_not_what_it_should_be(
    kubectl: Kubectl, namespace: str, path: dict[str, str], told: str
) -> None:
    create(kubectl, namespace, container(volumeMounts=MOUNT), volumes=[{"name": "v", "hostPath": path}])
    message = wait_for_event(kubectl, namespace, "FailedMount")
    assert message == f'MountVolume.SetUp failed for volume "v" : hostPath type check failed: {told}'


def test_a_host_path_is_of_the_node(kubectl: Kubectl, namespace: str) -> None:
    volumes = [{"name": "v", "hostPath": {"path": f"/data/{namespace}", "type": "DirectoryOrCreate"}}]
    for name, node, script in (
        ("writes", "node01", "echo kept > /v/file"),
        ("reads", "node01", "cat /v/file"),
        ("elsewhere", "node02", "ls /v"),
    ):
        create(kubectl, namespace, container(script, volumeMounts=MOUNT), name=name, volumes=volumes, nodeName=node)
        wait(kubectl, namespace, "phase=Succeeded", name)
    assert kubectl("logs", "reads", namespace=namespace).stdout == "kept\n"
    assert kubectl("logs", "elsewhere", namespace=namespace).stdout == ""


def test_a_missing_pull_secret_is_told_of(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, container("echo ok"), imagePullSecrets=[{"name": "no"}])
    assert output(kubectl, namespace) == "ok\n"
    what = "Unable to retrieve some image pull secrets (no); attempting to pull the image may not succeed."
    assert ("Warning", "FailedToRetrieveImagePullSecret", what) in events(kubectl, namespace)


def test_a_link_does_not_lead_out_of_the_node(kubectl: Kubectl, namespace: str) -> None:
    here = {"path": f"/data/{namespace}"}
    script = "ln -s / /v/out; ln -s ../../../../../.. /v/up"
    volumes = [{"name": "v", "hostPath": here}]
    create(kubectl, namespace, container(script, volumeMounts=MOUNT), name="a", volumes=volumes, nodeName="node01")
    wait(kubectl, namespace, "phase=Succeeded", "a")
    for link in ("out", "up"):
        volumes = [{"name": "v", "hostPath": {"path": f"/data/{namespace}/{link}/etc"}}]
        create(kubectl, namespace, container(volumeMounts=MOUNT), name=link, volumes=volumes, nodeName="node01")
        assert "leaves the node" in wait_for_event(kubectl, namespace, "FailedMount", link)
