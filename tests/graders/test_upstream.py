"""The cluster's CoreDNS is changed for a lab, and put back whatever happens."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from graders.upstream import Upstream, with_entries, without_entries
from graders.verdict import GraderError
from pocketkube.bootstrap import COREFILE
from pocketkube.cluster import CONTEXT, Cluster

Kubectl = Callable[..., CompletedProcess[str]]
ENTRY = {"example.org": "192.0.2.1"}
HOSTS_OF_THEIR_OWN = COREFILE.replace(
    "    ready\n", "    ready\n    hosts {\n       192.0.2.9 theirs\n       fallthrough\n    }\n"
)


@pytest.mark.parametrize("corefile", [COREFILE, HOSTS_OF_THEIR_OWN], ids=["plain", "with-hosts"])
def test_entries_go_in_and_out(corefile: str) -> None:
    changed = with_entries(corefile, ENTRY)
    assert "192.0.2.1 example.org" in changed
    assert changed.index("hosts {") < changed.index("kubernetes cluster.local")
    assert with_entries(changed, ENTRY) == changed
    assert without_entries(changed) == corefile


def corefile(kubectl: Kubectl) -> str:
    path = "jsonpath={.data.Corefile}"
    return kubectl("get", "configmap", "coredns", "-o", path, namespace="kube-system").stdout


def test_restore_puts_it_back(kubectl: Kubectl, cluster: Cluster, demo: str) -> None:
    before = corefile(kubectl)
    upstream = Upstream(cluster.kubeconfig, CONTEXT, ENTRY)
    try:
        found = kubectl("exec", "tiny-tools", "--", "nslookup", "example.org.", namespace=demo).stdout
        assert "Address: 192.0.2.1" in found
    finally:
        upstream.restore()
    assert corefile(kubectl) == before


def test_kill_of_the_starter_puts_it_back(kubectl: Kubectl, cluster: Cluster) -> None:
    before = corefile(kubectl)
    script = """
import sys
from pathlib import Path
from graders.upstream import Upstream
upstream = Upstream(Path(sys.argv[1]), sys.argv[2], {"example.org": "192.0.2.1"})
print(upstream._keeper.pid, flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", script, str(cluster.kubeconfig), CONTEXT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout
        keeper = os.pidfd_open(int(starter.stdout.readline()))
        assert corefile(kubectl) != before
        starter.send_signal(signal.SIGKILL)
    ended, _, _ = select.select([keeper], [], [], 20)
    os.close(keeper)
    assert ended
    assert corefile(kubectl) == before


def test_a_cluster_without_coredns_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(GraderError, match="CoreDNS could not be changed"):
        Upstream(tmp_path / "nothing", CONTEXT, ENTRY)
