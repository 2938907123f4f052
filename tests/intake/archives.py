"""Archives as strangers make them."""

from __future__ import annotations

import io
import tarfile
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

MANIFEST = b"kind: Service\nmetadata: {name: a}\n"
Files = Mapping[str, bytes] | Iterable[tuple[str, bytes]]


def pack_zip(files: Files, mode: int = 0) -> bytes:
    """`mode`: of each file, as Unix knows it. A sequence of pairs may have a name twice."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, content in dict(files).items() if isinstance(files, Mapping) else files:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def pack_tar(files: Files, compression: str = "", **fields: Any) -> bytes:
    """`compression`: as tarfile calls it. `fields`: of each entry's header."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=f"w:{compression}") as archive:
        for name, content in dict(files).items() if isinstance(files, Mapping) else files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()
