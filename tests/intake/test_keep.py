"""What is kept comes to the same files or the same refusal, and is the same bytes for the same submission."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.intake import collect
from graders.intake.keep import content_digest, digest, keep, raw_digest
from graders.submission import InvalidSubmission, SourceFile
from tests.intake.archives import MANIFEST, pack_tar, pack_zip
from tests.intake.test_collect import HOSTILE, put

Outcome = list[SourceFile] | str


def outcome(*paths: Path) -> Outcome:
    try:
        return collect(paths)
    except InvalidSubmission as error:
        return str(error)


def test_archive_stays_as_it_is(tmp_path: Path) -> None:
    content = pack_zip({"a.yaml": MANIFEST})
    kept = keep([put(tmp_path, "whatever", content)], tmp_path / "grades" / "submission.v1")
    assert kept == tmp_path / "grades" / "submission.v1.zip"
    assert kept.read_bytes() == content
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_kept_directory(tmp_path: Path) -> None:
    directory = tmp_path / "in"
    put(directory, "k8s/demo.yaml", MANIFEST)
    put(directory, "work.tgz", pack_tar({"a.yaml": MANIFEST}, "gz"))
    put(directory, "notes.txt", b"notes")
    (directory / "link").symlink_to("/etc")
    os.mkfifo(directory / "pipe")
    kept = keep([directory], tmp_path / "out")
    assert outcome(kept) == outcome(directory) == collect([directory])
    first = kept.read_bytes()
    os.utime(directory / "k8s/demo.yaml", (0, 0))
    assert keep([directory], tmp_path / "out").read_bytes() == first
    assert raw_digest([directory]) == raw_digest([kept])


def test_manifest_keeps_its_name(tmp_path: Path) -> None:
    kept = keep([put(tmp_path, "demo.yaml", MANIFEST)], tmp_path / "out")
    assert collect([kept]) == [SourceFile("demo.yaml", MANIFEST)]


def test_several_paths(tmp_path: Path) -> None:
    paths = [
        put(tmp_path, "doejane_7_1_demo.yaml", MANIFEST),
        put(tmp_path, "doejane_7_2_more.zip", pack_zip({"a.yaml": b""})),
        put(tmp_path, "folder/b.yaml", b"").parent,
    ]
    kept = keep(paths, tmp_path / "out")
    assert outcome(kept) == outcome(*paths)
    assert [file.name for file in collect([kept])] == ["demo.yaml", "folder/b.yaml", "more.zip/a.yaml"]


@pytest.mark.parametrize(("content", "_says"), HOSTILE)
@pytest.mark.parametrize("folder", [pytest.param("in", id="in-a-folder"), pytest.param("", id="alone")])
def test_refusal_stays_the_same(tmp_path: Path, content: bytes, _says: str, folder: str) -> None:
    path = put(tmp_path, f"{folder}/a.zip".lstrip("/"), content)
    given_path = path.parent if folder else path
    kept = keep([given_path], tmp_path / "out")
    assert outcome(kept) == outcome(given_path)
    assert isinstance(outcome(kept), str)
    assert raw_digest([kept]) == raw_digest([given_path])


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"a.zip": os.urandom(11 << 20)}, id="an-archive-of-11-mib"),
        pytest.param({f"{n}.zip": pack_zip({"x": os.urandom(3 << 20)}) for n in range(4)}, id="archives-of-12-mib"),
        pytest.param({"a.yaml": b"#" * (30 << 20)}, id="a-manifest-of-30-mib"),
        pytest.param({f"{n}.txt": b"" for n in range(1200)}, id="1200-files"),
        pytest.param({"/".join("a" * 25) + "/b.yaml": b""}, id="25-folders-deep"),
        pytest.param({}, id="nothing"),
    ],
)
def test_refusal_beyond_the_limits_stays_the_same(tmp_path: Path, files: dict[str, bytes]) -> None:
    directory = tmp_path / "in"
    directory.mkdir()
    for name, content in files.items():
        put(directory, name, content)
    kept = keep([directory], tmp_path / "out")
    assert isinstance(outcome(directory), str)
    assert outcome(kept) == outcome(directory)
    assert kept.stat().st_size < 12 << 20


def test_nothing_is_left_of_what_could_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError("the disk is full")

    path = put(tmp_path, "in/a.yaml", MANIFEST)
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="the disk is full"):
        keep([path], tmp_path / "out" / "a")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("at", [pytest.param("in", id="the-path"), pytest.param("in/folder", id="a-folder-in-it")])
def test_what_cannot_be_read_is_refused_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    def scan(path: Path) -> object:
        if Path(path) == tmp_path / at:
            raise PermissionError(13, "Permission denied")
        return real(path)

    real = os.scandir
    directory = put(tmp_path, "in/folder/a.yaml", MANIFEST).parent.parent
    monkeypatch.setattr(os, "scandir", scan)
    assert "a folder of it cannot be read: Permission denied" in str(outcome(directory))
    assert (
        outcome(keep([directory], tmp_path / "out"))
        == "the submission: no manifest is in it. Put a .yaml or .yml file there."
    )
    assert len(raw_digest([directory])) == 64


def test_path_that_is_gone(tmp_path: Path) -> None:
    assert "there is no such directory" in str(outcome(tmp_path / "gone"))
    assert keep([tmp_path / "gone"], tmp_path / "out").name == "out.tar"


def test_digests() -> None:
    one, other = SourceFile("a.yaml", b"1"), SourceFile("b.yaml", b"2")
    renamed = [SourceFile("c.yaml", b"2"), SourceFile("d.yaml", b"1")]
    assert digest([one, other]) == digest([other, one])
    assert digest([one, other]) != digest(renamed)
    assert content_digest([one, other]) == content_digest(renamed)
    assert content_digest([one]) != content_digest([one, one])
    assert digest([SourceFile("ab", b"c")]) != digest([SourceFile("a", b"bc")])


PARTS = st.one_of(
    st.sampled_from(["a", "k8s", ".git", "x.zip", "b.yaml", "c.yml", "d.JSON", "=cmd()", "ü", "a\n\x1b[m"]),
    st.binary(min_size=1, max_size=8).map(os.fsdecode),
).filter(lambda part: part not in (".", "..") and not set(part) & {"/", "\0"})


@settings(deadline=None)
@given(
    st.dictionaries(
        st.tuples(PARTS, PARTS),
        st.sampled_from([b"", MANIFEST, b"a: [", pack_zip({"a.yaml": MANIFEST}), pack_tar({"b.yaml": b""}, "gz")]),
        max_size=5,
    )
)
def test_any_directory_is_kept(tmp_path_factory: pytest.TempPathFactory, files: dict[tuple[str, str], bytes]) -> None:
    directory = tmp_path_factory.mktemp("any") / "in"
    directory.mkdir()
    for (folder, name), content in files.items():
        put(directory, f"{folder}{'.d' if folder.endswith('.yaml') else ''}/{name}", content)
    kept = keep([directory], directory.parent / "out")
    assert outcome(kept) == outcome(directory)
    assert raw_digest([kept]) == raw_digest([directory])
