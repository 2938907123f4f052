"""A class that never was: submissions as students hand them in, the same for the same seed.

    python -m benchmarks.synthetic_class DIRECTORY [COUNT] [SEED]

Of ten, four are right, four have one of the lab's named mistakes, one cannot be read, and one is hostile; as folders,
zips, tarballs and single files.
"""

from __future__ import annotations

import io
import random
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

LAB = Path(__file__).parent.parent / "labs" / "headless"
NAMES = (
    "Åsa",
    "Bruno",
    "Chloé",
    "Dmitri",
    "Eve",
    "Farah",
    "Goran",
    "Haruto",
    "Inês",
    "=cmd()",
    "Jo\u202ehn",
    "Kim\x1b[31m",
)
UNREADABLE = (
    b"apiVersion: v1\nkind: Service\nmetadata:\n\tname: demo-headless-svc\n",
    b"apiVersion: v1\nkind: Service\nkind: Pod\n",
    b"\xff\xfea\x00p\x00i\x00",
    b"a: &a [x, x]\nb: [" + b"*a, " * 100 + b"]\n",
    b"kind: !!python/object/apply:os.system [id]\n",
    b"",
)


def main() -> None:
    directory, *rest = sys.argv[1:]
    make(Path(directory), *(int(each) for each in rest))


def make(directory: Path, count: int = 200, seed: int = 1) -> None:
    """Write `count` submissions into the new `directory`."""
    chance = random.Random(seed)
    directory.mkdir(parents=True)
    solution = (LAB / "solution" / "demo-headless-svc.yaml").read_bytes()
    mistakes = [path.read_bytes() for path in sorted((LAB / "mistakes").glob("*.yaml"))]
    for number in range(count):
        name = f"{chance.choice(NAMES)} {number:04}"
        kind = number % 10
        if kind < 8:
            text = solution if kind < 4 else mistakes[(number // 10 * 4 + kind) % len(mistakes)]
            chance.choice(SHAPES)(directory, name, f"# {number}\n".encode() + text)
        elif kind == 8:
            chance.choice(SHAPES)(directory, name, chance.choice(UNREADABLE))
        else:
            chance.choice(HOSTILE)(directory, name)


def folder(directory: Path, name: str, content: bytes) -> None:
    (directory / name).mkdir()
    (directory / name / "demo-headless-svc.yaml").write_bytes(content)


def file(directory: Path, name: str, content: bytes) -> None:
    (directory / f"{name}.yaml").write_bytes(content)


def zipped(directory: Path, name: str, content: bytes) -> None:
    with zipfile.ZipFile(directory / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("homework/demo-headless-svc.yaml", content)


def tarred(directory: Path, name: str, content: bytes) -> None:
    with tarfile.open(directory / f"{name}.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("homework/demo-headless-svc.yaml")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))


def zip_slip(directory: Path, name: str) -> None:
    with zipfile.ZipFile(directory / f"{name}.zip", "w") as archive:
        archive.writestr("../../../tmp/out.yaml", b"kind: Service\n")


def bomb(directory: Path, name: str) -> None:
    zipped(directory, name, b" " * (64 << 20))


def link_out(directory: Path, name: str) -> None:
    (directory / name).mkdir()
    (directory / name / "demo-headless-svc.yaml").symlink_to("/etc/passwd")


def takes_over(directory: Path, name: str) -> None:
    pod = b"apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {hostNetwork: true, containers: []}\n"
    folder(directory, name, pod)


def other_namespace(directory: Path, name: str) -> None:
    file(directory, name, b"apiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: kube-system}\n")


SHAPES: tuple[Callable[[Path, str, bytes], None], ...] = (folder, file, zipped, tarred)
HOSTILE: tuple[Callable[[Path, str], None], ...] = (zip_slip, bomb, link_out, takes_over, other_namespace)


if __name__ == "__main__":
    main()
