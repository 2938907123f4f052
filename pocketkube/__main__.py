"""`pocketkube up|down|status|kubeconfig`: a cluster that stays; `load|images|unload`: images that a user has."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pocketkube import cluster
from pocketkube.archives import kept
from pocketkube.archives.archive import ArchiveError
from pocketkube.archives.load import load
from pocketkube.failure import CannotRun
from pocketkube.image_reference import parse_reference


def main() -> int:
    parser = argparse.ArgumentParser(prog="pocketkube", description="A Kubernetes for Service networking.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="start a cluster that stays until `down`")
    up.add_argument("--internet", action="store_true", help="let its DNS ask this machine's resolvers")
    commands.add_parser("down", help="end it")
    commands.add_parser("status", help="is one up? exit 1 if not")
    commands.add_parser("kubeconfig", help="print the path of its kubeconfig")
    taking_in = commands.add_parser("load", help="take in the images of an archive, for this cluster and later ones")
    taking_in.add_argument("file", type=Path, metavar="FILE", help="what `docker save` wrote, or an OCI image layout")
    commands.add_parser("images", help="list the images that were loaded")
    unload = commands.add_parser("unload", help="forget an image that was loaded")
    unload.add_argument("image", metavar="IMAGE")
    arguments = parser.parse_args()
    match arguments.command:
        case "up":
            return _up(internet=arguments.internet)
        case "load":
            return _load(arguments.file)
        case "images":
            return _images()
        case "unload":
            return _unload(arguments.image)
    return _of_running(arguments.command)


def _up(*, internet: bool) -> int:
    found = cluster.running()
    if found is None:
        try:
            found = cluster.up(internet=internet)
        except (CannotRun, cluster.ClusterFailed) as error:
            print(error, file=sys.stderr)
            return 1
        print("pocketkube is up.")
    else:
        print("pocketkube is up already.")
    print(f"export KUBECONFIG={found.kubeconfig}")
    return 0


def _of_running(command: str) -> int:
    found = cluster.running()
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


def _load(path: Path) -> int:
    try:
        images = load(path)
    except ArchiveError as error:
        print(error, file=sys.stderr)
        return 1
    for image in images:
        for reference in image.references:
            print(f"Loaded image: {reference}")
            if reference.endswith(":latest"):
                print(
                    "  Its Pods need imagePullPolicy: IfNotPresent. With :latest the default is Always, and pulls it."
                )
    return 0


def _images() -> int:
    for image in kept.all_images():
        for reference in image.references:
            print(f"{reference}\t{image.id[:12]}\t{image.size / 1e6:.1f} MB")
    return 0


def _unload(name: str) -> int:
    try:
        repository, tag = parse_reference(name)
    except ValueError:
        print(f"{name!r} is no image name", file=sys.stderr)
        return 1
    if not kept.forget(f"{repository}:{tag}"):
        print(f"No image {repository}:{tag} was loaded. See: pocketkube images", file=sys.stderr)
        return 1
    print(f"Forgot image: {repository}:{tag}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
