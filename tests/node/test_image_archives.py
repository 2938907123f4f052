"""Images from archives: what layers make, what hostile ones cannot, and containers that run them."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from pocketkube import cluster as pocket
from pocketkube.archives import kept
from pocketkube.archives.archive import ArchiveError
from pocketkube.archives.load import load
from pocketkube.archives.users import User, resolve
from pocketkube.node.images import ImageError, Images
from tests.graders.unprivileged import UnprivilegedCourse
from tests.node.archive_builder import (
    Entry,
    busybox,
    config,
    directory,
    docker_save,
    file,
    hard_link,
    oci_members,
    special,
    symlink,
    tar,
)

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
}
NAME = "docker.io/library/demo:1"
SECONDS = 30


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where images are kept in this test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return kept.directory()


def unpacked(tmp_path: Path, *layers: list[Entry]) -> dict[str, str]:
    """What the layers make: {path: content, "→ target" of a symbolic link, or "/" for a directory}."""
    (image,) = load(docker_save(tmp_path / "image.tar", *(tar(*layer) for layer in layers)))
    root = kept.rootfs(image)
    found = {}
    for path in root.rglob("*"):
        kind = f"→ {path.readlink()}" if path.is_symlink() else "/" if path.is_dir() else path.read_text()
        found[str(path.relative_to(root))] = kind
    return found


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize(
    ("layers", "made"),
    [
        pytest.param([[file("a", "1")]], {"a": "1"}, id="file"),
        pytest.param([[file("./a", "1")]], {"a": "1"}, id="dot-slash"),
        pytest.param([[file("/a", "1")]], {"a": "1"}, id="absolute"),
        pytest.param([[file("d/e/a", "1")]], {"d": "/", "d/e": "/", "d/e/a": "1"}, id="without-its-directories"),
        pytest.param([[file("a", "1")], [file("a", "2")]], {"a": "2"}, id="upper-wins"),
        pytest.param(
            [[file("a", "1")], [directory("a"), file("a/b", "2")]], {"a": "/", "a/b": "2"}, id="file-to-directory"
        ),
        pytest.param([[file("a/b", "1")], [file("a", "2")]], {"a": "2"}, id="file-for-directory"),
        pytest.param([[file("a", "1"), file("b", "2")], [file(".wh.a")]], {"b": "2"}, id="whiteout"),
        pytest.param([[file("d/a", "1"), file("d/b", "2")], [file("d/.wh.a")]], {"d": "/", "d/b": "2"}, id="below"),
        pytest.param([[file("d/a", "1")], [file(".wh.d")]], {}, id="whiteout-of-a-directory"),
        pytest.param([[file("a", "1")], [file(".wh.a")], [file("a", "3")]], {"a": "3"}, id="made-again"),
        pytest.param([[file("b", "1")], [file(".wh.a")]], {"b": "1"}, id="whiteout-of-nothing"),
        pytest.param(
            [[file("d/a", "1"), file("d/e/b", "2")], [directory("d"), file("d/.wh..wh..opq"), file("d/c", "3")]],
            {"d": "/", "d/c": "3"},
            id="opaque",
        ),
        pytest.param(
            [[file("d/a", "1"), file("d/e/b", "2")], [file("d/e/c", "3"), file("d/.wh..wh..opq")]],
            {"d": "/", "d/e": "/", "d/e/c": "3"},
            id="opaque-said-last",
        ),
        pytest.param([[file("a", "1"), hard_link("b", "a")]], {"a": "1", "b": "1"}, id="hard-link"),
        pytest.param([[file("a", "1")], [hard_link("b", "a")]], {"a": "1", "b": "1"}, id="hard-link-to-a-lower-layer"),
        pytest.param([[symlink("l", "/etc")]], {"l": "→ /etc"}, id="symlink-stays-as-it-is"),
        pytest.param(
            [[directory("usr/lib"), symlink("lib", "usr/lib"), file("lib/a", "1")]],
            {"usr": "/", "usr/lib": "/", "usr/lib/a": "1", "lib": "→ usr/lib"},
            id="through-a-symlink",
        ),
        pytest.param(
            [[symlink("out", "/outside"), file("out/a", "1")]],
            {"out": "→ /outside", "outside": "/", "outside/a": "1"},
            id="absolute-symlink-stays-inside",
        ),
        pytest.param(
            [[symlink("out", "../../../outside"), file("out/a", "1")]],
            {"out": "→ ../../../outside", "outside": "/", "outside/a": "1"},
            id="symlink-upwards-stays-inside",
        ),
        pytest.param([[symlink("out", "/outside")], [file("out", "1")]], {"out": "1"}, id="a-file-replaces-a-symlink"),
        pytest.param(
            [[file("a", "1"), symlink("l", "a")], [file(".wh.l")]], {"a": "1"}, id="whiteout-of-a-symlink-is-of-itself"
        ),
        pytest.param(
            [[special("null", tarfile.CHRTYPE), special("disk", tarfile.BLKTYPE), file("a", "1")]],
            {"a": "1"},
            id="devices-are-left-out",
        ),
    ],
)
def test_layers(tmp_path: Path, layers: list[list[Entry]], made: dict[str, str]) -> None:
    assert unpacked(tmp_path, *layers) == made


@pytest.mark.usefixtures("images")
def test_permissions(tmp_path: Path) -> None:
    layer = [file("x", "1", 0o4755), file("r", "1", 0o400), directory("closed", 0o555), file("closed/a", "1")]
    unpacked(tmp_path, layer)
    root = kept.rootfs(kept.all_images()[0])
    modes = {name: (root / name).stat().st_mode & 0o7777 for name in ("x", "r", "closed")}
    assert modes == {"x": 0o755, "r": 0o400, "closed": 0o555}
    assert kept.forget(NAME), "a directory that cannot be written to can be removed"
    assert not root.exists()


def damaged(compress: Callable[[bytes], bytes]) -> bytes:
    packed = compress(tar(file("a", os.urandom(4000))))
    return packed[:1000] + bytes(100) + packed[1100:]


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize("name", COMPRESSIONS)
def test_compressed_layers(tmp_path: Path, name: str) -> None:
    """Of several frames too, which is how zstd:chunked and others write them."""
    layer = tar(file("a", b"1" * 9000))
    packed = COMPRESSIONS[name](layer[:5000]) + COMPRESSIONS[name](layer[5000:])
    members = oci_members(layer, packed=packed)
    (tmp_path / "image.tar").write_bytes(tar(*members))
    (image,) = load(tmp_path / "image.tar")
    assert (kept.rootfs(image) / "a").read_text() == "1" * 9000


@pytest.mark.parametrize(
    ("layer", "problem"),
    [
        pytest.param(tar(file("../evil", "1")), "'../evil' leads out of the image", id="upwards"),
        pytest.param(tar(file("a/../../evil", "1")), "'a/../../evil' leads out of the image", id="upwards-inside"),
        pytest.param(tar(hard_link("a", "../../etc/passwd")), "'../../etc/passwd' leads out of the image", id="link"),
        pytest.param(
            tar(hard_link("a", "/etc/passwd")),
            "'a' is a hard link to '/etc/passwd', which the image does not have",
            id="link-to-the-host",
        ),
        pytest.param(
            tar(symlink("a", "b"), symlink("b", "a"), file("a/c", "1")), "'a' leads in circles", id="ring-of-symlinks"
        ),
        pytest.param(tar(file("d/.wh...", "")), "the whiteout '.wh...' names no file", id="whiteout-upwards"),
        *(pytest.param(damaged(how), "layer 1 ", id=f"damaged-{name}") for name, how in COMPRESSIONS.items()),
        pytest.param(tar(file("a", b"x" * 4000))[:2000], "is damaged: unexpected end of data", id="cut"),
        pytest.param(b"no tar at all" * 100, "is damaged: ", id="no-tar"),
    ],
)
def test_hostile_layers(tmp_path: Path, images: Path, layer: bytes, problem: str) -> None:
    with pytest.raises(ArchiveError) as refused:
        load(docker_save(tmp_path / "image.tar", layer))
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)
    assert [path.name for path in images.iterdir()] == [], "nothing is left"
    assert not (tmp_path / "data" / "evil").exists()


LAYER = tar(file("a", "1"))


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize(
    ("members", "problem"),
    [
        pytest.param([], "is no image: it has neither manifest.json", id="empty"),
        pytest.param([file("manifest.json", "{")], "'manifest.json' is no JSON", id="no-json"),
        pytest.param([file("manifest.json", "[1]")], "manifest.json is no list of objects", id="wrong-type"),
        pytest.param([file("manifest.json", "[]")], "has no image for linux/", id="none"),
        pytest.param([file("manifest.json", '[{"Config": "x", "Layers": []}]')], "it has no 'x'", id="no-config"),
        pytest.param(
            [file("manifest.json", '[{"Config": "../../x", "Layers": []}]')], "it has no '../../x'", id="config-outside"
        ),
        pytest.param(
            [file("manifest.json", '[{"Config": "c", "Layers": ["l"]}]'), file("c", "{}"), file("l", LAYER)],
            "'c' does not list its 1 layers",
            id="no-diff-ids",
        ),
        pytest.param(
            [
                file("manifest.json", '[{"Config": "c", "RepoTags": ["Not A Name"], "Layers": []}]'),
                file("c", json.dumps(config())),
            ],
            "'Not A Name' is no image name",
            id="name",
        ),
        pytest.param(
            [file("manifest.json", '[{"Config": "c", "Layers": []}]'), file("c", json.dumps(config()))],
            "an image in it has no name",
            id="no-name",
        ),
        pytest.param(
            [
                file("manifest.json", '[{"Config": "c", "RepoTags": ["a:1"], "Layers": ["l"]}]'),
                file("c", json.dumps(config(b"another layer"))),
                file("l", LAYER),
            ],
            "layer 1 does not have the digest",
            id="digest",
        ),
        pytest.param(
            [
                file("manifest.json", '[{"Config": "c", "RepoTags": ["a:1"], "Layers": []}]'),
                file("c", json.dumps({**config(), "architecture": "pdp11"})),
            ],
            "is for linux/pdp11, and this machine is linux/",
            id="architecture",
        ),
        pytest.param(
            [
                file("manifest.json", '[{"Config": "c", "RepoTags": ["a:1"], "Layers": []}]'),
                file("c", json.dumps(config(Cmd="sh"))),
            ],
            "Cmd of the image's configuration is no list of words",
            id="cmd",
        ),
        pytest.param(
            [file("index.json", '{"manifests": [{"digest": "sha256:../../x"}]}')], "names no sha256 digest", id="blob"
        ),
        pytest.param(
            [
                *(entry for entry in oci_members(LAYER) if not entry[0].name.startswith("blobs")),
                *(file(info.name, b"{}") for info, _ in oci_members(LAYER) if info.name.startswith("blobs")),
            ],
            "does not have the digest that it is named by",
            id="blob-digest",
        ),
    ],
)
def test_archives_that_are_refused(tmp_path: Path, members: list[Entry], problem: str) -> None:
    (tmp_path / "image.tar").write_bytes(tar(*members))
    with pytest.raises(ArchiveError) as refused:
        load(tmp_path / "image.tar")
    assert problem in str(refused.value)
    assert not kept.all_images()


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize("form", ["docker", *COMPRESSIONS, "oci", "oci-index", "oci-directory", "oci-tag"])
def test_forms_of_an_archive(tmp_path: Path, form: str) -> None:
    path = tmp_path / "demo.tar"
    settings: dict[str, Any] = {"Entrypoint": ["/bin/sh", "-c"], "Cmd": ["true"], "Env": ["A=1"], "WorkingDir": "/w"}
    if form in ("docker", *COMPRESSIONS):
        docker_save(path, LAYER, **settings)
        path.write_bytes(COMPRESSIONS.get(form, bytes)(path.read_bytes()))
    else:
        members = oci_members(
            LAYER, name="1" if form == "oci-tag" else "demo:1", nested=form == "oci-index", **settings
        )
        if form == "oci-directory":
            for info, content in members:
                (path / info.name).parent.mkdir(parents=True, exist_ok=True)
                (path / info.name).write_bytes(content)
        else:
            path.write_bytes(tar(*members))
    (image,) = load(path)
    assert image.references == (NAME,)
    assert (image.entrypoint, image.command) == (("/bin/sh", "-c"), ("true",))
    assert (image.environment, image.working_directory) == (("A=1",), "/w")
    assert (kept.rootfs(image) / "a").read_text() == "1"


@pytest.mark.usefixtures("images")
def test_a_name_is_of_the_image_that_was_loaded_last(tmp_path: Path) -> None:
    load(docker_save(tmp_path / "1.tar", LAYER, names=["demo:1", "demo:old"]))
    load(docker_save(tmp_path / "2.tar", tar(file("b", "2")), names=["demo:1"]))
    load(docker_save(tmp_path / "2.tar", tar(file("b", "2")), names=["demo:1"]))
    names = [image.references for image in kept.all_images()]
    assert names == [(NAME,), ("docker.io/library/demo:old",)]
    assert kept.forget(NAME)
    assert not kept.forget(NAME)
    assert len(kept.all_images()) == 1


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize(
    ("image", "policy"), [("demo:1", "IfNotPresent"), ("demo:1", "Never"), ("docker.io/library/demo:1", "Never")]
)
def test_a_loaded_image_is_present(tmp_path: Path, image: str, policy: str) -> None:
    (loaded,) = load(docker_save(tmp_path / "demo.tar", LAYER))
    assert Images().find(image, policy).layers == (kept.rootfs(loaded),)


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize(
    ("image", "policy", "reason"),
    [
        ("demo:1", "Always", "ErrImagePull"),  # there is no registry that it could be pulled from
        ("demo:2", "Never", "ErrImageNeverPull"),
        ("demo:2", "IfNotPresent", "ErrImagePull"),
        ("demo", "Never", "ErrImageNeverPull"),
        ("Demo:1", "Never", "InvalidImageName"),
    ],
)
def test_an_image_that_is_not_to_be_had(tmp_path: Path, image: str, policy: str, reason: str) -> None:
    load(docker_save(tmp_path / "demo.tar", LAYER))
    with pytest.raises(ImageError) as refused:
        Images().find(image, policy)
    assert refused.value.reason == reason


PASSWD, GROUP = "root:x:0:0::/:\napp:x:1000:1001::/:\n", "root:x:0:\napp:x:1001:\nextra:x:7:root,app\n"


@pytest.mark.parametrize(
    ("user", "who"),
    [
        ("", User(0, 0, (7,))),
        ("app", User(1000, 1001, (7,))),
        ("1000", User(1000, 1001, (7,))),
        ("app:extra", User(1000, 7, ())),
        ("app:99", User(1000, 99, ())),
        ("2000", User(2000, 0, ())),
        ("2000:3000", User(2000, 3000, ())),
    ],
)
def test_users(user: str, who: User) -> None:
    assert resolve(user, PASSWD, GROUP) == who


@pytest.mark.parametrize(("user", "missing"), [("nobody", "'nobody'"), ("app:nobody", "'nobody'")])
def test_users_that_there_are_not(user: str, missing: str) -> None:
    with pytest.raises(ArchiveError, match=missing):
        resolve(user, PASSWD, GROUP)


def pocketkube(*arguments: str | Path, data: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pocketkube", *map(str, arguments)]
    environment = {"XDG_DATA_HOME": str(data), "XDG_STATE_HOME": str(data / "state"), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)


def test_the_command(tmp_path: Path) -> None:
    docker_save(tmp_path / "demo.tar", LAYER, names=["demo:1", "demo:latest"])
    loaded = pocketkube("load", tmp_path / "demo.tar", data=tmp_path)
    assert loaded.stdout.startswith(
        "Loaded image: docker.io/library/demo:1\nLoaded image: docker.io/library/demo:latest\n"
    )
    assert pocketkube("images", data=tmp_path).stdout.startswith("docker.io/library/demo:1\t")
    assert pocketkube("unload", "demo:1", data=tmp_path).stdout == "Forgot image: docker.io/library/demo:1\n"
    assert pocketkube("unload", "demo:1", data=tmp_path).returncode == 1
    missing = pocketkube("load", tmp_path / "none.tar", data=tmp_path)
    assert (missing.returncode, missing.stderr) == (1, f"{tmp_path / 'none.tar'}: no such file\n")


@pytest.fixture(scope="module")
def own_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[pocket.Cluster, Path]]:
    """A cluster whose user has no images yet, and where that user keeps them."""
    data = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_DATA_HOME", str(data))
        with pocket.start(tmp_path_factory.mktemp("pocketkube")) as running:
            yield running, data


def run(running: pocket.Cluster, name: str, **container: Any) -> str:
    """The log of a Pod with this container, once it has ended."""
    kubectl = [str(Path(sys.executable).parent / "kubectl"), "--kubeconfig", str(running.kubeconfig)]
    spec = {"restartPolicy": "Never", "containers": [{"name": "c", **container}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    subprocess.run([*kubectl, "create", "-f", "-"], input=json.dumps(pod), text=True, check=True, timeout=SECONDS)
    ended = "--for=jsonpath={.status.phase}=Succeeded"
    subprocess.run([*kubectl, "wait", ended, f"pod/{name}", f"--timeout={SECONDS}s"], check=True, timeout=SECONDS)
    return subprocess.run([*kubectl, "logs", name], capture_output=True, text=True, check=True).stdout


def test_a_running_cluster_runs_it_as_it_is(own_cluster: tuple[pocket.Cluster, Path], tmp_path: Path) -> None:
    running, data = own_cluster
    script = 'echo "$0 $1 $GREETING $(pwd) $(cat /etc/motd)"'
    archive = docker_save(
        tmp_path / "demo.tar",
        tar(*busybox(), file("etc/motd", "old"), file("etc/gone", "")),
        tar(file("etc/motd", "hello"), file("etc/.wh.gone"), directory("srv/app")),
        Entrypoint=["/bin/sh", "-c", script],
        Cmd=["from-the-image", "one"],
        Env=["PATH=/bin", "GREETING=hi"],
        WorkingDir="/srv/app",
        ExposedPorts={"80/tcp": {}},
    )
    assert pocketkube("load", archive, data=data).returncode == 0
    assert run(running, "as-it-is", image="demo:1") == "from-the-image one hi /srv/app hello\n"
    changed = {"args": ["given", "two"], "env": [{"name": "GREETING", "value": "ho"}], "workingDir": "/etc"}
    assert run(running, "changed", image="demo:1", **changed) == "given two ho /etc hello\n"
    own = {"command": ["/bin/busybox", "test", "!", "-e", "/etc/gone"], "imagePullPolicy": "Never"}
    assert run(running, "own-command", image="demo:1", **own) == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="the cluster of an ordinary user has one id alone: run this as root")
def test_its_user_runs_it_and_owns_its_files(own_cluster: tuple[pocket.Cluster, Path], tmp_path: Path) -> None:
    running, data = own_cluster
    home, content = directory("home"), file("home/notes", "one\n")
    for info, _ in (home, content):
        info.uid, info.gid = 1000, 1001
    script = (
        "busybox id -u; busybox id -g; echo two >> /home/notes; cat /home/notes; busybox touch /forbidden 2>&1; echo $?"
    )
    archive = docker_save(
        tmp_path / "demo.tar",
        tar(*busybox(), file("etc/passwd", PASSWD), file("etc/group", GROUP), home, content),
        names=["with-user:1"],
        User="app",
        Cmd=["/bin/sh", "-c", script],
        Env=["PATH=/bin"],
    )
    assert pocketkube("load", archive, data=data).returncode == 0
    said = run(running, "with-user", image="with-user:1")
    assert said == "1000\n1001\none\ntwo\ntouch: /forbidden: Permission denied\n1\n"


def test_an_ordinary_users_cluster_has_one_user(tmp_path: Path) -> None:
    """Whoever a program names is the user that there is: with a number of its own nobody could be given a file."""
    course = UnprivilegedCourse(tmp_path)
    script = "busybox id -u; busybox touch /x && busybox chown app:extra /x && busybox stat -c '%u %g' /x"
    archive = docker_save(
        tmp_path / "demo.tar",
        tar(*busybox(), file("etc/passwd", PASSWD), file("etc/group", GROUP)),
        User="app",
        Cmd=["/bin/sh", "-c", script],
    )
    archive.chmod(0o644)
    state = {"XDG_DATA_HOME": str(tmp_path / "data")}
    assert course.pocketkube("load", archive, **state).returncode == 0
    assert course.pocketkube("up", **state).returncode == 0
    try:
        running = pocket.Cluster(tmp_path / "state" / "pocketkube", None)
        assert run(running, "one-user", image="demo:1") == "0\n0 0\n"
    finally:
        course.pocketkube("down", **state)
