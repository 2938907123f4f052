"""The cluster's CoreDNS is changed for a lab, and put back whatever happens."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from graders.lease import Lease
from graders.patience import wait_until
from graders.upstream import LEASE, Upstream, _wait_for_turn, with_entries, without_entries
from graders.verdict import GraderError
from pocketkube.bootstrap import COREFILE
from pocketkube.cluster import CONTEXT, Cluster
from tests.conftest import Kubectl

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


def test_the_second_waits_until_the_first_has_put_it_back(kubectl: Kubectl, cluster: Cluster) -> None:
    before = corefile(kubectl)
    first = Upstream(cluster.kubeconfig, CONTEXT, ENTRY)
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(Upstream, cluster.kubeconfig, CONTEXT, {"example.org": "192.0.2.2"})
        with pytest.raises(TimeoutError):
            begun.result(timeout=1.5)
        assert "192.0.2.2" not in corefile(kubectl)
        first.restore()
        second = begun.result(timeout=20)
    assert "192.0.2.2" in corefile(kubectl)
    second.restore()
    assert corefile(kubectl) == before


def test_one_that_waits_ends_with_its_starter(cluster: Cluster, api: Any) -> None:
    lease = Lease(api, LEASE, "a test")
    assert lease.try_to_acquire()
    command = [sys.executable, "-m", "graders.upstream", str(cluster.kubeconfig), CONTEXT, "{}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
    lease.release()
    assert done.returncode == 1
    assert done.stderr == "the grading ended while it waited for its turn\n"


def test_a_turn_that_does_not_come_is_told(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graders.upstream.TURN_SECONDS", 0.0)
    lease = Lease(api, "service-labs-test", "the grading 1 on here")
    assert lease.try_to_acquire()
    with pytest.raises(GraderError, match=r"the grading 1 on here has not given it free.* end first"):
        _wait_for_turn(Lease(api, "service-labs-test", "the grading 2 on here"))
    lease.release()


def test_a_dead_holder_gives_way_and_a_live_one_does_not(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graders.lease.EXPIRES", 0.4)
    monkeypatch.setattr("graders.lease.RENEW", 0.0)
    first, second = (Lease(api, "service-labs-test", owner) for owner in ("first", "second"))
    assert first.try_to_acquire()
    end = time.monotonic() + 1
    while time.monotonic() < end:
        first.renew()
        assert not second.try_to_acquire()
    wait_until(second.try_to_acquire, "the lease has expired", 5)
    with pytest.raises(GraderError, match="another grading has taken service-labs-test over"):
        first.renew()
    first.release()  # not its own any more: nothing happens
    second.renew()
    second.release()
    assert first.try_to_acquire()
    first.release()


def test_a_cluster_without_coredns_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(GraderError, match="CoreDNS could not be changed"):
        Upstream(tmp_path / "nothing", CONTEXT, ENTRY)
