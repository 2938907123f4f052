"""Names outside the cluster that a lab's own Services play, by a `hosts` block in the cluster's CoreDNS.

A process of its own puts the entries in and takes them out again: when it is told to, or when its starter has ended in
whatever way. A name has one meaning in a cluster, so one grading at a time has its entries there; the others wait.
Tried on kind: CoreDNS has to be restarted, or a change takes minutes.
Source: https://coredns.io/plugins/hosts/
"""

from __future__ import annotations

import json
import os
import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graders.api import Refused, call
from graders.lease import RENEW, Lease
from graders.patience import wait_until
from graders.verdict import GraderError

CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps/coredns"
DEPLOYMENT = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
LEASE = "service-labs-dns"
TURN_SECONDS = 120.0  # to wait for others, each of which takes some seconds
LOOK = 0.2  # seconds between two looks whether it is our turn
ROLLOUT_SECONDS = 60
END_SECONDS = 90
BLOCK = re.compile(r"[ \t]*hosts \{ # service-labs\n.*?\n[ \t]*\}\n", re.DOTALL)


class Upstream:
    """Entries that are there until `restore`, or until this process ends. GraderError when they cannot be made.

    Waits for its turn while another grading has entries in this cluster.
    """

    def __init__(self, kubeconfig: Path, context: str, addresses: dict[str, str]) -> None:
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "graders.upstream", str(kubeconfig), context, json.dumps(addresses)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a Ctrl-C is for the grading; this has still to clear up
        )
        assert self._keeper.stdout
        if self._keeper.stdout.readline() != "in place\n":
            raise GraderError(f"the cluster's CoreDNS could not be changed: {self._end()}")

    def restore(self) -> None:
        """Put CoreDNS back as it was; returns when that is done. GraderError when it could not be."""
        said = self._end()
        if self._keeper.returncode != 0:
            raise GraderError(f"CoreDNS could not be put back: {said}")

    def _end(self) -> str:
        """Close its standard input, wait until it has put everything back, and return the last that it said."""
        _, said = self._keeper.communicate(timeout=END_SECONDS)
        return (said.strip().splitlines() or ["it did not say why"])[-1]


class OwnUpstream:
    """The same in a cluster that this process alone uses, and that ends with it: nobody's turn, nothing left behind."""

    def __init__(self, api: Any, addresses: dict[str, str]) -> None:
        self._api = api
        _write(api, addresses)

    def restore(self) -> None:
        _write(self._api, {})


def with_entries(corefile: str, addresses: dict[str, str]) -> str:
    """The Corefile with a `hosts` block of ours in its first server block, in place of an older one."""
    clean = without_entries(corefile)
    rows = "".join(f"       {address} {name}\n" for name, address in addresses.items())
    block = f"    hosts {{ # service-labs\n{rows}       fallthrough\n    }}\n"
    head, opening, rest = clean.partition("{\n")
    return head + opening + block + rest


def without_entries(corefile: str) -> str:
    return BLOCK.sub("", corefile)


def _keep(api: Any, lease: Lease, addresses: dict[str, str]) -> None:
    """The entries are there from "in place" on, until standard input ends."""
    try:
        _write(api, addresses, lease.renew)
        print("in place", flush=True)
        while not _told_to_end(RENEW):
            lease.renew()
    finally:
        if lease.held:  # else it is another's by now, who clears up
            try:
                _write(api, {}, lease.renew)
            finally:
                lease.release()


def _wait_for_turn(lease: Lease) -> None:
    deadline = time.monotonic() + TURN_SECONDS
    while not lease.try_to_acquire():
        if time.monotonic() > deadline:
            what = f"for {TURN_SECONDS:.0f} s {lease.holder} has not given it free. One grading at a time may change it"
            raise GraderError(f"{what}: let that one, or its `labs shell`, end first")
        if _told_to_end(LOOK):
            raise GraderError("the grading ended while it waited for its turn")


def _told_to_end(seconds: float) -> bool:
    """Whether standard input has ended, after waiting at most `seconds` for that."""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


def _write(api: Any, addresses: dict[str, str], meanwhile: Callable[[], object] = lambda: None) -> None:
    """Returns when CoreDNS has restarted; `meanwhile` is called again and again until then."""
    found = call(api, "GET", CONFIG_MAP)
    if found is None:
        raise GraderError("there is no ConfigMap kube-system/coredns in this cluster")
    corefile = found["data"]["Corefile"]
    wanted = with_entries(corefile, addresses) if addresses else without_entries(corefile)
    call(api, "PATCH", CONFIG_MAP, {"data": {"Corefile": wanted}}, "application/merge-patch+json")
    stamp = {"kubectl.kubernetes.io/restartedAt": datetime.now(UTC).isoformat()}
    restart = {"spec": {"template": {"metadata": {"annotations": stamp}}}}
    call(api, "PATCH", DEPLOYMENT, restart, "application/merge-patch+json")

    def restarted() -> bool:
        meanwhile()
        return _rolled_out(call(api, "GET", DEPLOYMENT))

    wait_until(restarted, "CoreDNS has restarted", ROLLOUT_SECONDS)


def _rolled_out(deployment: dict[str, Any]) -> bool:
    status = deployment["status"]
    current = status.get("observedGeneration") == deployment["metadata"]["generation"]
    counts = {status.get(each, 0) for each in ("replicas", "updatedReplicas", "availableReplicas")}
    return current and counts == {deployment["spec"]["replicas"]}


def _main(kubeconfig: str, context: str, addresses: str) -> None:
    from kubernetes import client, config  # noqa: PLC0415

    config.load_kube_config(kubeconfig, context)  # type: ignore[no-untyped-call]
    owner = f"the grading {os.getppid()} on {socket.gethostname()}"
    try:
        with client.ApiClient() as api:
            lease = Lease(api, LEASE, owner)
            _wait_for_turn(lease)
            _keep(api, lease, json.loads(addresses))
    except (GraderError, Refused) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    _main(*sys.argv[1:])
