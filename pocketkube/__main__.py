"""`python -m pocketkube up|down|status|kubeconfig`: a cluster that stays until it is taken down."""

from __future__ import annotations

import argparse
import sys

from pocketkube import cluster
from pocketkube.failure import CannotRun


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m pocketkube", description=__doc__)
    parser.add_argument(
        "command",
        choices=["up", "down", "status", "kubeconfig"],
        help="up: start a cluster; down: end it; status: is one up? (exit 1 if not); kubeconfig: print its path",
    )
    command = parser.parse_args().command
    found = cluster.running()
    if command == "up":
        return _up(found)
    if found is None:
        print("No pocketkube is up. Start one: python -m pocketkube up", file=sys.stderr)
        return 0 if command == "down" else 1
    if command == "down":
        found.stop()
        print("pocketkube is down.")
    elif command == "status":
        print(f"pocketkube is up.\nkubeconfig: {found.kubeconfig}\nlog:        {found.log}")
    else:
        print(found.kubeconfig)
    return 0


def _up(found: cluster.Cluster | None) -> int:
    if found is None:
        try:
            found = cluster.up()
        except (CannotRun, cluster.ClusterFailed) as error:
            print(error, file=sys.stderr)
            return 1
        print("pocketkube is up.")
    else:
        print("pocketkube is up already.")
    print(f"export KUBECONFIG={found.kubeconfig}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
