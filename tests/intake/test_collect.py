"""Whatever is handed in is read within the limits, or refused in one sentence; nothing is written anywhere."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import stat
import struct
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.intake import collect
from graders.intake.limits import ENTRIES
from graders.submission import InvalidSubmission, SourceFile, parse, read
from tests.intake.archives import MANIFEST, pack_tar, pack_zip

TWO = {"k8s/demo.yaml": MANIFEST, "other.yml": b"kind: Pod\n"}


def collected(path: Path) -> dict[str, bytes]:
    return {file.name: file.content for file in collect([path])}


def put(directory: Path, name: str, content: bytes) -> Path:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("a.zip", pack_zip(TWO), id="zip"),
        pytest.param("a.tar", pack_tar(TWO), id="tar"),
        pytest.param("a.tar.gz", pack_tar(TWO, "gz"), id="tar.gz"),
        pytest.param("a.tar.bz2", pack_tar(TWO, "bz2"), id="tar.bz2"),
        pytest.param("a.tar.xz", pack_tar(TWO, "xz"), id="tar.xz"),
        pytest.param("a.tar.xz", lzma.compress(pack_tar(TWO), preset=9), id="xz -9"),
        pytest.param("a.zip", pack_tar(TWO, "gz"), id="a-name-that-lies"),
        pytest.param("a", pack_zip(TWO), id="without-a-suffix"),
        pytest.param("a.zip", pack_zip({f"./{name}": content for name, content in TWO.items()}), id="dots"),
        pytest.param("a.zip", pack_zip({"k8s\\demo.yaml": MANIFEST, "other.yml": b"kind: Pod\n"}), id="old-dot-net"),
        pytest.param("a.zip", pack_zip({**TWO, "big.bin": bytes(5 << 20)}), id="what-is-ignored-is-not-unpacked"),
        pytest.param(
            "a.zip",
            pack_zip(
                {
                    **TWO,
                    "__MACOSX/._demo.yaml": b"\0",
                    ".git/config.yaml": b"\0",
                    "node_modules/a/b.json": b"\0",
                    "notes.txt": b"\0",
                    ".hidden.yaml": b"\0",
                }
            ),
            id="junk",
        ),
    ],
)
def test_manifests_of_an_archive(tmp_path: Path, name: str, content: bytes) -> None:
    assert collected(put(tmp_path, name, content)) == TWO


def test_manifests_of_a_directory(tmp_path: Path) -> None:
    for name, content in {**TWO, ".git/a.yaml": b"", "notes.txt": b"", "venv/x.yaml": b""}.items():
        put(tmp_path, name, content)
    assert collected(tmp_path) == TWO


def test_archive_in_a_directory_is_unpacked(tmp_path: Path) -> None:
    put(tmp_path, "work.zip", pack_zip(TWO))
    assert collected(tmp_path) == {f"work.zip/{name}": content for name, content in TWO.items()}


def test_single_manifest(tmp_path: Path) -> None:
    assert collected(put(tmp_path, "DEMO.YAML", MANIFEST)) == {"DEMO.YAML": MANIFEST}


def test_several_paths(tmp_path: Path) -> None:
    paths = [put(tmp_path, "doejane_7_1_demo.yaml", MANIFEST), put(tmp_path, "doejane_7_2_more.zip", pack_zip(TWO))]
    assert [file.name for file in collect(paths)] == ["demo.yaml", "more.zip/k8s/demo.yaml", "more.zip/other.yml"]


def test_names_as_the_user_wrote_them(tmp_path: Path) -> None:
    put(tmp_path, "a/k8s/demo.yaml", MANIFEST)
    put(tmp_path, "b.zip", pack_zip({"demo.yaml": b"kind: [\n"}))
    (document,) = read(tmp_path / "a")
    assert document.where == f"{tmp_path}/a/k8s/demo.yaml:1"
    with pytest.raises(InvalidSubmission, match=r"b\.zip/demo\.yaml:2: it is not YAML"):
        read(tmp_path / "b.zip")


@pytest.mark.parametrize(
    "name", [pytest.param("k8s/ü\n\x1b[2J\u202e.yaml", id="controls"), pytest.param("=cmd().yaml", id="formula")]
)
@pytest.mark.parametrize("pack", [pytest.param(pack_zip, id="zip"), pytest.param(pack_tar, id="tar")])
def test_names_are_kept_and_shown_harmlessly(tmp_path: Path, name: str, pack: Callable[..., bytes]) -> None:
    files = collect([put(tmp_path, "a.zip", pack({name: b"kind: ["}))])
    assert files == [SourceFile(name, b"kind: [")]
    with pytest.raises(InvalidSubmission) as refused:
        parse("a", files)
    assert str(refused.value).isprintable()


def overlapping() -> bytes:
    """500 entries that are all the same bytes of the file."""
    packed = pack_zip({"a.yaml": MANIFEST * 1000})
    start, end = packed.index(b"PK\x01\x02"), packed.index(b"PK\x05\x06")
    record = bytearray(packed[end:])
    struct.pack_into("<HHI", record, 8, 500, 500, (end - start) * 500)
    return packed[:start] + packed[start:end] * 500 + bytes(record)


def lying(size: int) -> bytes:
    """A zip that says its file has that many bytes."""
    packed = bytearray(pack_zip({"a.yaml": MANIFEST * 100}))
    struct.pack_into("<I", packed, packed.index(b"PK\x01\x02") + 24, size)
    return bytes(packed)


def encrypted() -> bytes:
    packed = bytearray(pack_zip({"a.yaml": MANIFEST}))
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def extended_header(size: int) -> bytes:
    header = tarfile.TarInfo("pax")
    header.type = tarfile.XHDTYPE
    header.size = size
    return header.tobuf(tarfile.USTAR_FORMAT) + b"1" * size


ZIP, TAR = pack_zip(TWO), pack_tar(TWO)
DAMAGED_ZIP, DAMAGED_TAR = "the submission: the zip is damaged", "the submission: the tar is damaged"
HOSTILE = [
    pytest.param(b"", "a.zip: it is empty. Pack it again", id="empty-file"),
    pytest.param(b"hello", "a.zip: it is no archive, whatever its name says", id="no-zip"),
    pytest.param(ZIP[:-30], DAMAGED_ZIP, id="truncated-zip"),
    pytest.param(ZIP[:100], DAMAGED_ZIP, id="half-a-zip"),
    pytest.param(TAR[:700], DAMAGED_TAR, id="truncated-tar"),
    pytest.param(TAR[:1024], DAMAGED_TAR, id="tar-without-an-end"),
    pytest.param(pack_tar(TWO, "gz")[:-20], "k8s/demo.yaml: the tar is damaged", id="truncated-gzip"),
    pytest.param(pack_tar(TWO, "xz")[:-20], DAMAGED_TAR, id="truncated-xz"),
    pytest.param(encrypted(), "a.yaml: it is encrypted. Pack it again without", id="encrypted"),
    pytest.param(pack_zip({}), "the submission: no manifest is in it", id="zip-of-nothing"),
    pytest.param(gzip.compress(MANIFEST), "the submission: no tar is in this gzip file", id="gzip-of-no-tar"),
    pytest.param(bz2.compress(MANIFEST), "no tar is in this bzip2 file", id="bzip2-of-no-tar"),
    pytest.param(b"Rar!\x1a\x07\x01\x00", "it is a .rar archive, which is not read here", id="rar"),
    pytest.param(b"7z\xbc\xaf\x27\x1c", "it is a .7z archive", id="7z"),
    pytest.param(pack_tar({"../../a.yaml": MANIFEST}), "../../a.yaml: its name leads out", id="tar-slip"),
    pytest.param(pack_zip({"../a.yaml": MANIFEST}), "../a.yaml: its name leads out", id="zip-slip"),
    pytest.param(pack_zip({"..\\a.yaml": MANIFEST}), "../a.yaml: its name leads out", id="zip-slip-by-backslash"),
    pytest.param(pack_zip({"../passwd": b""}), "its name leads out", id="zip-slip-of-what-is-ignored"),
    pytest.param(pack_tar({"/etc/a.yaml": MANIFEST}), "begins at the root of a disk", id="absolute"),
    pytest.param(pack_tar({"C:\\x\\a.yaml": MANIFEST}), "begins at the root of a disk", id="windows-in-tar"),
    pytest.param(pack_zip({"C:\\a.yaml": MANIFEST}), "begins at the root of a disk", id="windows-in-zip"),
    pytest.param(
        pack_zip({"a.yaml": b"/etc/passwd"}, stat.S_IFLNK | 0o777), "a.yaml: it is a link, not a file", id="zip-link"
    ),
    pytest.param(
        pack_tar({"a.yaml": b""}, type=tarfile.SYMTYPE, linkname="/etc/passwd"), "it is a link", id="symbolic-link"
    ),
    pytest.param(pack_tar({"a.yaml": b""}, type=tarfile.LNKTYPE, linkname="b"), "it is a link", id="hard-link"),
    pytest.param(pack_tar({"a.yaml": b""}, type=tarfile.CHRTYPE), "a.yaml: it is no plain file", id="device"),
    pytest.param(pack_tar({"a.yaml": b""}, type=tarfile.FIFOTYPE), "it is no plain file", id="pipe"),
    pytest.param(pack_tar({"a.yaml": MANIFEST}, type=tarfile.GNUTYPE_SPARSE), "it is no plain file", id="sparse"),
    pytest.param(
        pack_tar(
            {"a.yaml": MANIFEST}, pax_headers={"GNU.sparse.map": "0,10,99999999999,9", "GNU.sparse.size": "99999999999"}
        ),
        "it is no plain file",
        id="sparse-of-100-gb",
    ),
    pytest.param(pack_tar({"a.yaml": MANIFEST}, pax_headers={"size": "99999999999"}), "damaged", id="size-that-lies"),
    pytest.param(extended_header(8 << 20), "a header of this tar is too long", id="huge-header"),
    pytest.param(lying(10), "a.yaml: the zip is damaged", id="zip-says-less"),
    pytest.param(overlapping(), "two files of this zip share the same bytes", id="overlapping"),
    pytest.param(pack_zip([("a.yaml", b""), ("./a.yaml", b"")]), "two files have this name", id="same-name-in-zip"),
    pytest.param(pack_tar([("a.yaml", b""), ("a.yaml", b"")]), "two files have this name", id="same-name-in-tar"),
    pytest.param(pack_zip({"a.yaml": b"#" * 900_000}), "unpacks to more than 200 times", id="ratio-zip"),
    pytest.param(pack_tar({"a.bin": bytes(30 << 20)}, "gz"), "unpacks to more than 200 times", id="ratio-gzip"),
    pytest.param(
        pack_tar({"b": os.urandom(300_000), "a.bin": bytes(60 << 20)}, "gz"), "unpacks to more than 50 MiB", id="total"
    ),
    pytest.param(pack_zip({"a.yaml": os.urandom(2 << 20)}), "manifests have more than 1 MiB", id="large-manifest"),
    pytest.param(pack_tar({"a.yaml/.": b"#" * (2 << 20)}), "manifests have more than 1 MiB", id="odd-name"),
    pytest.param(
        pack_zip({f"{n}.yaml": b"a: %d" % n for n in range(51)}), "more than 50 manifests", id="many-manifests"
    ),
    pytest.param(pack_zip({f"{n}": b"" for n in range(10_000)}), "more than 1,000 files and fol", id="10000-in-zip"),
    pytest.param(pack_tar({f"{n}": b"" for n in range(10_000)}, "gz"), "more than 1,000 files", id="10000-in-tar"),
    pytest.param(b"PK\x03\x04" + bytes(11 << 20), "more than 10 MiB are in it", id="11-mib"),
    pytest.param(
        pack_zip({"a.zip": pack_zip({"b.zip": pack_zip(TWO)})}), "a.zip/b.zip: it is an archive in an", id="nested"
    ),
    pytest.param(
        pack_zip({f"{n}.tar.gz": pack_tar({"a.bin": bytes(40 << 20)}, "gz") for n in range(20)}),
        "0.tar.gz: it unpacks to more than 200 times its size",
        id="nested-bombs",
    ),
    pytest.param(pack_zip({"a.yaml": ZIP}), "a.yaml: it is an archive. Name it .zip", id="zip-called-yaml"),
    pytest.param(pack_zip({"/".join("a" * 30) + ".yaml": b""}), "more than 20 folders deep", id="deep"),
    pytest.param(pack_zip({"a" * 600 + ".yaml": b""}), "more than 500 characters", id="long-name"),
]


@pytest.mark.parametrize(("content", "says"), HOSTILE)
def test_hostile_archive(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(InvalidSubmission) as refused:
        collect([put(tmp_path, "a.zip", content)])
    assert says in str(refused.value)
    assert str(refused.value).isprintable()
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def link_out(directory: Path) -> None:
    (directory / "a.yaml").symlink_to("/etc/passwd")


def link_to_nowhere(directory: Path) -> None:
    (directory / "a.yaml").symlink_to("nowhere")


def link_to_itself(directory: Path) -> None:
    (directory / "a.yaml").symlink_to("a.yaml")


def pipe(directory: Path) -> None:
    os.mkfifo(directory / "a.yaml")


def many_names(directory: Path) -> None:
    for number in range(ENTRIES + 1):
        (directory / str(number)).touch()


def deep(directory: Path) -> None:
    (directory / "/".join("a" * 30)).mkdir(parents=True)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(link_out, "a.yaml: it is a link, not a file", id="link-out"),
        pytest.param(link_to_nowhere, "it is a link", id="link-to-nowhere"),
        pytest.param(link_to_itself, "it is a link", id="link-to-itself"),
        pytest.param(pipe, "a.yaml: it is no plain file", id="pipe"),
        pytest.param(many_names, "the submission: more than 1,000 files and folders", id="many-names"),
        pytest.param(deep, "more than 20 folders deep", id="deep"),
        pytest.param(Path.exists, "the submission: no manifest is in it", id="empty"),
    ],
)
def test_hostile_directory(tmp_path: Path, make: Callable[[Path], None], says: str) -> None:
    make(tmp_path)
    with pytest.raises(InvalidSubmission) as refused:
        collect([tmp_path])
    assert says in str(refused.value)


def test_links_within_a_directory_are_followed(tmp_path: Path) -> None:
    put(tmp_path, "real/a.yaml", MANIFEST)
    (tmp_path / "b.yaml").symlink_to("real/a.yaml")
    (tmp_path / "folder").symlink_to("real")  # folders are not: they could go round in circles
    assert collected(tmp_path) == {"b.yaml": MANIFEST, "real/a.yaml": MANIFEST}


def test_link_among_submissions_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "alice.yaml", MANIFEST)
    (tmp_path / "bob.yaml").symlink_to("alice.yaml")
    with pytest.raises(InvalidSubmission, match=r"bob\.yaml: it is a link"):
        collect([tmp_path / "bob.yaml"])


def test_a_tar_may_not_lead_through_its_own_link(tmp_path: Path) -> None:
    link, behind = tarfile.TarInfo("out"), tarfile.TarInfo("out/a.yaml")
    link.type, link.linkname, behind.size = tarfile.SYMTYPE, str(tmp_path / "secret"), len(MANIFEST)
    put(tmp_path, "secret/a.yaml", b"secret")
    content = link.tobuf() + behind.tobuf() + MANIFEST.ljust(512, b"\0") + bytes(1024)
    assert collected(put(tmp_path, "a.tar", content)) == {"out/a.yaml": MANIFEST}


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    directory = tmp_path_factory.mktemp("any")
    for beginning in (b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\x00"):
        with suppress(InvalidSubmission):
            collect([put(directory, "a.zip", beginning + content)])


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([ZIP, TAR, *(pack_tar(TWO, compression) for compression in ("gz", "bz2", "xz"))]),
    st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(max_size=8), st.integers(0, 600)), max_size=4),
)
def test_damaged_archives_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, packed: bytes, damage: list[tuple[int, bytes, int]]
) -> None:
    for place, bytes_instead, removed in damage:
        at = place % (len(packed) + 1)
        packed = packed[:at] + bytes_instead + packed[at + removed :]
    with suppress(InvalidSubmission):
        files = collect([put(tmp_path_factory.mktemp("damaged"), "a.zip", packed)])
        parse("a", files)
