"""`labs shell NAME`: a prompt inside the cluster, in the lab's namespace, with your work applied."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from graders import interrupt
from graders.admit import admit
from graders.cli.choose import lab_named
from graders.cli.warm import warm_cluster
from graders.clusters import RunningCluster
from graders.clusters.existing import connect
from graders.clusters.kubeconfig import in_namespace, kubectl, write
from graders.run import Run
from graders.tools import POD
from graders.verdict import GraderError
from pocketkube.cluster import CONTEXT

PROGRAMS, CONFIG = "/tmp/bin", "/tmp/kubeconfig"  # in the Pod, where anybody may write
INSIDE = "https://kubernetes.default.svc"  # the API server's name in every cluster


def shell(
    name: Annotated[str, typer.Argument(help="The lab, as in `labs list`.")],
    kubeconfig: Annotated[str, typer.Option(help="A cluster of yours, instead of the embedded one.")] = "",
    context: Annotated[str, typer.Option(help="The context of --kubeconfig.")] = "",
) -> None:
    """A tiny-tools prompt in the lab's namespace, where `kubectl` works too; it is gone when you leave."""
    lab = lab_named(name)
    interrupt.clear_up_when_told_to_end()
    path = lab.default_submission()
    run = Run(lab, admit(lab, path))
    if kubeconfig or context:
        _open(run, path, connect(kubeconfig, context))
        return
    with warm_cluster() as warm:
        _open(run, path, RunningCluster("pocketkube", "labs shell", warm.kubeconfig, CONTEXT, ours=False))


def _open(run: Run, path: Path, cluster: RunningCluster) -> None:
    try:
        cluster.connect()
        run.begin(cluster)
        with tempfile.TemporaryDirectory(prefix="labs-") as directory:
            outside = in_namespace(cluster, run.namespace)
            here, there = Path(directory, "kubeconfig"), Path(directory, "config")
            write(here, outside)
            write(there, _from_inside(outside))
            _give_kubectl(here, there)
            for where, words in run.refusals.items():
                typer.secho(f"{where}: the API server refused this: {words}", fg="red")
            typer.echo(f"{path} is applied in the namespace {run.namespace}. `exit` ends this and removes it.")
            typer.echo(f"In another terminal: export KUBECONFIG={here}")
            prompt = f"KUBECONFIG={CONFIG} PATH={PROGRAMS}:$PATH exec sh"
            interrupt.run([*_kubectl(here), "exec", "-it", POD, "--", "sh", "-c", prompt])
    finally:
        interrupt.let_nothing_interrupt()
        run.end()
        cluster.end()


def _give_kubectl(here: Path, there: Path) -> None:
    """kubectl and its configuration into the Pod, by its standard input: `kubectl cp` wants a tar there."""
    for source, target, mode in ((kubectl(), f"{PROGRAMS}/kubectl", "755"), (there, CONFIG, "600")):
        script = f"mkdir -p {Path(target).parent} && cat > {target} && chmod {mode} {target}"
        with source.open("rb") as content:
            done = subprocess.run(
                [*_kubectl(here), "exec", "-i", POD, "--", "sh", "-c", script], stdin=content, check=False
            )
        if done.returncode != 0:
            raise GraderError(
                f"{target} could not be put into the {POD} Pod: kubectl exec ended with {done.returncode}"
            )


def _from_inside(config: dict[str, Any]) -> dict[str, Any]:
    clusters = [{**each, "cluster": {**each["cluster"], "server": INSIDE}} for each in config["clusters"]]
    return {**config, "clusters": clusters}


def _kubectl(kubeconfig: Path) -> list[str]:
    return [str(kubectl()), "--kubeconfig", str(kubeconfig)]
