"""What a document has beside it: `NAME.errors.yaml`, with what is given and which errors are known.

given:                    # manifests that are applied before the first command
  manifests: [nginx.yaml]
outside:                  # names outside the cluster, and the Services of these manifests that play them
  manifests: [world-time.yaml]
  names: {worldtimeapi.org: world-time}
errors:
  - line: 110             # or 110-112
    differs: "80...)"     # what the message on that line says, among other things
    reason: a bracket has moved to another line
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from graders.course.defect import Defect
from graders.verdict import GraderError


@dataclass(frozen=True, slots=True)
class KnownError:
    """`lines`: of the document. `differs`: a part of the defect's sentence. `at`: its own line in the file."""

    lines: range
    differs: str
    at: int

    def accepts(self, defect: Defect) -> bool:
        return defect.line in self.lines and self.differs in defect.what


@dataclass(frozen=True, slots=True)
class Declared:
    """`given`, `outside`: manifests. `names`: {name outside the cluster: Service in `outside` that plays it}."""

    file: Path
    given: tuple[Path, ...] = ()
    outside: tuple[Path, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    errors: tuple[KnownError, ...] = ()

    def beyond(self, found: list[Defect]) -> list[Defect]:
        """Those that are not known."""
        return [defect for defect in found if not any(error.accepts(defect) for error in self.errors)]

    def judged(self, found: list[Defect]) -> list[Defect]:
        """Those that are not known, and what is known but is no longer there."""
        gone = [error for error in self.errors if not any(error.accepts(defect) for defect in found)]
        what = "the text has no such error at that line any more. Take it off the list."
        return self.beyond(found) + [Defect(self.file, error.at, what) for error in gone]


def declared(document: Path) -> Declared:
    """Nothing where there is no such file; GraderError for one that cannot be read."""
    path = document.with_suffix(".errors.yaml")
    if not path.exists():
        return Declared(path)
    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.safe_load(text) or {}
        outside = content.get("outside") or {}
        return Declared(
            path,
            given=_paths(path, content.get("given") or {}),
            outside=_paths(path, outside),
            names={str(name): str(service) for name, service in (outside.get("names") or {}).items()},
            errors=tuple(_errors(yaml.compose(text), content.get("errors") or [])),
        )
    except OSError as error:
        raise GraderError(f"{path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise GraderError(f"{path}: it is no YAML: {' '.join(str(error).split())}") from error
    except KeyError as error:
        raise GraderError(f"{path}: an error wants `line`, `differs` and `reason`; {error} is missing") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise GraderError(f"{path}: it is not as docs/course.md says: {error}") from error


def _paths(file: Path, content: dict[str, Any]) -> tuple[Path, ...]:
    return tuple((file.parent / str(each)).resolve() for each in content.get("manifests") or ())


def _errors(root: Any, content: list[dict[str, Any]]) -> list[KnownError]:
    nodes = next((value for key, value in root.value if key.value == "errors"), None) if content else None
    found = []
    for number, each in enumerate(content):
        first, _, last = str(each["line"]).partition("-")
        if not str(each["reason"]).strip():
            raise ValueError("an error wants a reason")
        lines = range(int(first), int(last or first) + 1)
        at = nodes.value[number].start_mark.line + 1 if nodes else 1
        found.append(KnownError(lines, str(each["differs"]), at))
    return found
