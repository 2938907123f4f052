"""Images in the sandbox of an ordinary user, which has one id: every name that a program switches to is that one."""

from __future__ import annotations

from pathlib import Path

LARGEST = 1 << 20  # characters of a file that is read


def lay_over(rootfs: Path, layer: Path) -> Path | None:
    """A layer in `layer` with an /etc/passwd and /etc/group in which all are root; None where the image has neither."""
    if (rootfs / "etc").is_symlink() or not (rootfs / "etc").is_dir():
        return None
    for name, numbers in (("passwd", 2), ("group", 1)):
        file = rootfs / "etc" / name
        if file.is_symlink() or not file.is_file():
            continue
        (layer / "etc").mkdir(parents=True, exist_ok=True)
        with file.open(errors="replace") as text:
            (layer / "etc" / name).write_text(_all_root(text.read(LARGEST), numbers))
    return layer if layer.exists() else None


def _all_root(text: str, numbers: int) -> str:
    """passwd(5), group(5): the third field is the id, in passwd the fourth the group's."""
    lines = []
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) > 2:
            fields[2 : 2 + numbers] = ["0"] * numbers
        lines.append(":".join(fields))
    return "\n".join([*lines, ""])
