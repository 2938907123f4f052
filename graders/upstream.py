"""Names outside the cluster that a lab's own Services play, by a `hosts` block in the cluster's CoreDNS.

A process of its own puts the entries in and takes them out again: when it is told to, or when its starter has ended in
whatever way. Tried on kind: CoreDNS has to be restarted, or a change takes minutes.
Source: https://coredns.io/plugins/hosts/
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graders.api import call
from graders.patience import wait_until
from graders.verdict import GraderError

CONFIG_MAP = "/api/v1/namespaces/kube-system/configmaps/coredns"
DEPLOYMENT = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
ROLLOUT_SECONDS = 60
END_SECONDS = 90
BLOCK = re.compile(r"[ \t]*hosts \{ # service-labs\n.*?\n[ \t]*\}\n", re.DOTALL)


class Upstream:
    """Entries that are there until `restore`, or until this process ends. GraderError when they cannot be made."""

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


def with_entries(corefile: str, addresses: dict[str, str]) -> str:
    """The Corefile with a `hosts` block of ours in its first server block, in place of an older one."""
    clean = without_entries(corefile)
    rows = "".join(f"       {address} {name}\n" for name, address in addresses.items())
    block = f"    hosts {{ # service-labs\n{rows}       fallthrough\n    }}\n"
    head, opening, rest = clean.partition("{\n")
    return head + opening + block + rest


def without_entries(corefile: str) -> str:
    return BLOCK.sub("", corefile)


def _write(api: Any, addresses: dict[str, str]) -> None:
    found = call(api, "GET", CONFIG_MAP)
    if found is None:
        raise GraderError("there is no ConfigMap kube-system/coredns in this cluster")
    corefile = found["data"]["Corefile"]
    wanted = with_entries(corefile, addresses) if addresses else without_entries(corefile)
    call(api, "PATCH", CONFIG_MAP, {"data": {"Corefile": wanted}}, "application/merge-patch+json")
    stamp = {"kubectl.kubernetes.io/restartedAt": datetime.now(UTC).isoformat()}
    restart = {"spec": {"template": {"metadata": {"annotations": stamp}}}}
    call(api, "PATCH", DEPLOYMENT, restart, "application/merge-patch+json")
    wait_until(lambda: _rolled_out(call(api, "GET", DEPLOYMENT)), "CoreDNS has restarted", ROLLOUT_SECONDS)


def _rolled_out(deployment: dict[str, Any]) -> bool:
    status = deployment["status"]
    current = status.get("observedGeneration") == deployment["metadata"]["generation"]
    counts = {status.get(each, 0) for each in ("replicas", "updatedReplicas", "availableReplicas")}
    return current and counts == {deployment["spec"]["replicas"]}


def _main(kubeconfig: str, context: str, addresses: str) -> None:
    from kubernetes import client, config  # noqa: PLC0415

    config.load_kube_config(kubeconfig, context)  # type: ignore[no-untyped-call]
    with client.ApiClient() as api:
        try:
            _write(api, json.loads(addresses))
            print("in place", flush=True)
            sys.stdin.read()
        finally:
            _write(api, {})


if __name__ == "__main__":
    _main(*sys.argv[1:])
