"""Names of container images: https://github.com/distribution/reference"""

from __future__ import annotations

import re

# A repository name in lower case, a tag, a digest.
REFERENCE = re.compile(
    r"(?P<name>(?:[a-zA-Z0-9.-]+(?::\d+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


def parse_reference(reference: str) -> tuple[str, str]:
    """`nginx` → ("docker.io/library/nginx", "latest"); ValueError when it is no image name."""
    match = REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(reference)
    name = match["name"]
    head, slash, _ = name.partition("/")
    if not slash:
        name = f"docker.io/library/{name}"
    elif not ("." in head or ":" in head or head == "localhost"):
        name = f"docker.io/{name}"
    return name, match["tag"] or "latest"
