"""pocketkube: the embedded cluster."""

from __future__ import annotations

from pathlib import Path

from graders.clusters import EMBEDDED, NoCluster, RunningCluster
from graders.digest import of_files
from pocketkube import cluster as pocket
from pocketkube.failure import CannotRun
from pocketkube.version import KUBERNETES


def identity() -> str:
    """Without starting one; the source is part of it, since it decides what a check sees."""
    source = Path(pocket.__file__).parent
    return f"pocketkube {KUBERNETES} {of_files(source, source.rglob('*.py'))[:12]}"


def start(why: str, *, own: bool = False) -> RunningCluster:
    """The pocketkube that is up, else one for this session; with `own` always one for this session."""
    found = None if own else pocket.running()
    if found:
        up = f"{why}; it is up"
        return RunningCluster(EMBEDDED, up, found.kubeconfig, pocket.CONTEXT, ours=False, identity=identity())
    made = pocket.start()

    def wait() -> None:
        try:
            made.wait_ready()
        except (CannotRun, pocket.ClusterFailed) as error:
            raise NoCluster(str(error)) from error

    return RunningCluster(
        EMBEDDED,
        why,
        made.kubeconfig,
        pocket.CONTEXT,
        ours=True,
        wait=wait,
        stop=made.stop,
        log=made.log_tail,
        identity=identity(),
    )
