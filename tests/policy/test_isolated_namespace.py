"""A stranger's namespace as a grader sets one up: everything bounded, and the lab's own traffic still flows."""

from __future__ import annotations

from tests.conftest import Kubectl, apply_demo

RULES = """
apiVersion: v1
kind: ResourceQuota
metadata: {name: submission}
spec: {hard: {pods: 10, services: 10, services.nodeports: 2, limits.memory: 2Gi}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: submission}
spec: {limits: [{type: Container, default: {memory: 128Mi}, defaultRequest: {memory: 16Mi}, max: {memory: 256Mi}}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: submission}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{podSelector: {}}]}]
  egress:
  - to: [{podSelector: {}}]
  - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
    ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
"""


def test_a_lab_in_an_isolated_namespace(kubectl: Kubectl, namespace: str, demo: str) -> None:
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=baseline")
    kubectl("create", "-f", "-", namespace=namespace, stdin=RULES)
    apply_demo(kubectl, namespace)
    curl = ("exec", "tiny-tools", "--", "curl", "-s", "-o", "/dev/null", "--max-time", "2")
    kubectl(*curl, "http://demo-headless-svc", namespace=namespace)
    kubectl(*curl, f"http://demo-headless-svc.{namespace}.svc.cluster.local", namespace=namespace)
    assert kubectl(*curl, f"http://demo-headless-svc.{demo}", namespace=namespace, fails=True).returncode == 28
    assert kubectl(*curl, f"http://demo-headless-svc.{namespace}", namespace=demo, fails=True).returncode == 28
    assert kubectl(*curl, "https://10.96.0.1", namespace=namespace, fails=True).returncode == 28
    pods = kubectl("get", "pods", "-o", "name", namespace=namespace).stdout.split()
    used = kubectl("get", "quota", "submission", "-o", "jsonpath={.status.used.pods}", namespace=namespace).stdout
    assert used == str(len(pods))
    kubectl("delete", "namespace", namespace, "--timeout=60s")
    kubectl("create", "-f", "-", stdin=f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n")
