"""The hashes in names, against those that real clusters have given."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pocketkube.controllers.go_print import printed
from pocketkube.controllers.hashes import revision_hash
from tests.conftest import Kubectl
from tests.controllers.objects import get

DEMO = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx}
spec:
  replicas: 0
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec:
      containers:
      - name: nginx
        image: nginx:1.29
        imagePullPolicy: IfNotPresent
        ports: [{name: http, containerPort: 80}]
        readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
        volumeMounts: [{name: page, mountPath: /usr/share/nginx/html}]
      - name: page-writer
        image: busybox:1.36
        imagePullPolicy: IfNotPresent
        command:
        - /bin/sh
        - -c
        - |
          while true; do
            echo "<h1>$NODE_NAME:$POD_NAME - $(date)</h1>" > /page/index.html.new
            mv /page/index.html.new /page/index.html
            sleep 1
          done
        env:
        - {name: NODE_NAME, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
        - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        volumeMounts: [{name: page, mountPath: /page}]
      volumes: [{name: page, emptyDir: {}}]
"""


def test_hash_of_recorded_deployment(kubectl: Kubectl, namespace: str) -> None:
    """Recorded on 1.36.2: the ReplicaSet of the nginx demo."""
    kubectl("apply", "-f", "-", namespace=namespace, stdin=DEMO)
    kubectl("rollout", "status", "deployment/nginx", "--timeout=60s", namespace=namespace)
    names = [each["metadata"]["name"] for each in get(kubectl, namespace, "replicasets")["items"]]
    assert names == ["nginx-8fc798bbf"]


def test_hash_of_revision() -> None:
    """From pkg/controller/statefulset/testdata/compatibility_revision_1.34.0.json."""
    container = {
        "image": "test",
        "imagePullPolicy": "Always",
        "name": "test",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }
    spec = {
        "containers": [container],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
    }
    metadata = {"labels": {"app": "foo"}, "annotations": {"test": "value"}}
    data = {"spec": {"template": {"metadata": metadata, "spec": spec, "$patch": "replace"}}}
    assert revision_hash(json.loads(json.dumps(data)), 0) == "776999688b"


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("quantity", "10m", "value:(int64)10 scale:(resource.Scale)-3"),
        ("quantity", "16Mi", "value:(int64)16777216 scale:(resource.Scale)0"),
        ("quantity", "2k", "value:(int64)2 scale:(resource.Scale)3"),
        ("int-or-string", 80, "{Type:(intstr.Type)0 IntVal:(int32)80 StrVal:(string)}"),
        ("core/v1.ExecAction", {"command": ["sh", "-c"]}, "{Command:([]string)[sh -c]}"),
        ("core/v1.Capabilities", {"add": ["ALL"]}, "{Add:([]v1.Capability)[ALL] Drop:([]v1.Capability)<nil>}"),
    ],
)
def test_printed(kind: str, value: Any, text: str) -> None:
    assert text in printed(kind, value)
