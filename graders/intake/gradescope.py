"""Who a Gradescope export says handed in which folder.

`submission_metadata.yml` maps each folder to `:submitters`, a list of `:name`, `:sid` and `:email`, besides what Ruby
wrote of scores and history. It is read as events: nothing in it, whatever its tag, becomes an object.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

METADATA = "submission_metadata.yml"
LARGEST = 50 << 20  # bytes; about 10 KiB a submission
DEEPEST = 50
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where it is built in: 20 times faster


@dataclass(frozen=True, slots=True)
class Submitter:
    """`id`: the student's number at the institution; the e-mail address where there is none."""

    name: str
    id: str


def submitters(directory: Path) -> dict[str, list[Submitter]]:
    """{folder: who handed it in together}; empty without the file, or when it cannot be read."""
    path = next((each / METADATA for each in (directory, directory.parent) if (each / METADATA).is_file()), None)
    if path is None:
        return {}
    fields: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
        if len(text) > LARGEST:
            return {}
        for where, value in _scalars(text):
            match where:
                case (folder, ":submitters", number, (":name" | ":sid" | ":email") as field):
                    fields[folder, number][field] = value.strip().encode(errors="replace").decode()
    except (OSError, yaml.YAMLError, ValueError):
        return {}
    found: defaultdict[str, list[Submitter]] = defaultdict(list)
    for (folder, _), each in fields.items():
        name, number, email = (each.get(field, "") for field in (":name", ":sid", ":email"))
        found[folder].append(Submitter(name or email or number or folder, number or email))
    return dict(found)


@dataclass(slots=True)
class _Collection:
    """A mapping or a sequence that is open. `key`: of the value that comes next; a sequence counts them."""

    is_mapping: bool
    key: str = ""
    count: int = 0

    def begins(self, text: str) -> bool:
        """Take the next node; whether it is a value."""
        self.count += 1
        if not self.is_mapping:
            self.key = str(self.count)
        elif self.count % 2:
            self.key = text
            return False
        return True


def _scalars(text: bytes) -> Iterator[tuple[tuple[str, ...], str]]:
    """(keys that lead there, value) of every scalar. An element of a sequence has its number as key."""
    open_collections: list[_Collection] = []
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.NodeEvent):
            scalar = event.value if isinstance(event, yaml.ScalarEvent) else ""
            is_value = not open_collections or open_collections[-1].begins(scalar)
            if is_value and isinstance(event, yaml.ScalarEvent):
                yield tuple(each.key for each in open_collections[-6:]), scalar
        if len(open_collections) > DEEPEST:
            raise ValueError("nested too deep")  # libyaml's time grows with the square of the depth
        if isinstance(event, yaml.CollectionStartEvent):
            open_collections.append(_Collection(isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            open_collections.pop()
