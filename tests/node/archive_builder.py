"""Image archives made of this machine's own programs, as `docker save` and OCI tools write them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from pocketkube.archives.manifest import architecture

Entry = tuple[tarfile.TarInfo, bytes]


def file(name: str, content: bytes | str = b"", mode: int = 0o644) -> Entry:
    content = content.encode() if isinstance(content, str) else content
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), mode
    return info, content


def special(name: str, kind: bytes, target: str = "", mode: int = 0o755) -> Entry:
    """A directory, a link or a device: `kind` is tarfile's."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, mode
    return info, b""


def directory(name: str, mode: int = 0o755) -> Entry:
    return special(name, tarfile.DIRTYPE, mode=mode)


def symlink(name: str, target: str) -> Entry:
    return special(name, tarfile.SYMTYPE, target)


def hard_link(name: str, target: str) -> Entry:
    return special(name, tarfile.LNKTYPE, target)


def tar(*entries: Entry) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as made:
        for info, content in entries:
            made.addfile(info, io.BytesIO(content))
    return out.getvalue()


def busybox() -> list[Entry]:
    """busybox, the libraries it needs, and two of its names."""
    found = [
        file("bin/busybox", Path("/usr/bin/busybox").read_bytes(), 0o755),
        symlink("bin/sh", "busybox"),
        symlink("bin/cat", "busybox"),
    ]
    needed = subprocess.run(["ldd", "/usr/bin/busybox"], capture_output=True, text=True, check=False).stdout
    for path in re.findall(r"(/\S+) \(0x", needed):
        found.append(file(path.lstrip("/"), Path(path).read_bytes(), 0o755))
    return found


def config(*layers: bytes, **settings: Any) -> dict[str, Any]:
    diff_ids = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    return {
        "architecture": architecture(),
        "os": "linux",
        "config": settings,
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    }


def docker_save(path: Path, *layers: bytes, names: list[str] | None = None, **settings: Any) -> Path:
    """`path`, written as `docker save` does: settings are those of the configuration (Cmd, Env, ...)."""
    described = json.dumps(config(*layers, **settings)).encode()
    identity = hashlib.sha256(described).hexdigest()
    members = [file(f"{number}/layer.tar", layer) for number, layer in enumerate(layers)]
    manifest = {
        "Config": f"{identity}.json",
        "RepoTags": names or ["demo:1"],
        "Layers": [info.name for info, _ in members],
    }
    members += [file(f"{identity}.json", described), file("manifest.json", json.dumps([manifest]))]
    path.write_bytes(tar(*members))
    return path


def oci_members(
    *layers: bytes,
    name: str = "demo:1",
    described: dict[str, Any] | None = None,
    nested: bool = False,
    packed: bytes | None = None,
    **settings: Any,
) -> list[Entry]:
    """The files of an OCI layout with gzipped layers; `nested`: its index leads to one with several platforms.

    `packed`: the only layer as it is compressed, if not with gzip.
    """
    blobs: list[Entry] = []

    def blob(content: bytes, media_type: str, **more: Any) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        blobs.append(file(f"blobs/sha256/{digest}", content))
        return {"mediaType": f"application/vnd.oci.image.{media_type}", "digest": f"sha256:{digest}", **more}

    described = described or config(*layers, **settings)
    manifest = {
        "schemaVersion": 2,
        "config": blob(json.dumps(described).encode(), "config.v1+json"),
        "layers": [blob(packed or gzip.compress(layer), "layer.v1.tar") for layer in layers],
    }
    made_for = {"os": "linux", "architecture": architecture()}
    leads_to = blob(json.dumps(manifest).encode(), "manifest.v1+json", platform=made_for)
    if nested:
        other = {**leads_to, "platform": {"os": "linux", "architecture": "pdp11"}}
        attestation = {**leads_to, "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
        index = {"schemaVersion": 2, "manifests": [other, attestation, leads_to]}
        leads_to = blob(json.dumps(index).encode(), "index.v1+json")
    leads_to = {**leads_to, "annotations": {"org.opencontainers.image.ref.name": name}}
    return [
        *blobs,
        file("oci-layout", '{"imageLayoutVersion": "1.0.0"}'),
        file("index.json", json.dumps({"schemaVersion": 2, "manifests": [leads_to]})),
    ]
