"""From a lab's solution to its mutants."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from graders import submission
from graders.course.mutants.mutant import Edit, Mutant
from graders.course.mutants.operators import (
    case,
    documents,
    drop,
    external_name,
    indentation,
    kind,
    name,
    namespace,
    nothing,
    number_or_text,
    ports,
    selector,
    slices,
    spelling,
    workloads,
)
from graders.course.trials import trial_of
from graders.lab import Lab
from graders.submission import Document, InvalidSubmission, SourceFile
from graders.verdict import GraderError

Operator = Callable[[Document], Iterator[Edit]]

MOST = 4  # of an operator in a lab
OPERATORS: tuple[Operator, ...] = (
    drop.edits,
    spelling.edits,
    case.edits,
    number_or_text.edits,
    nothing.edits,
    name.edits,
    kind.edits,
    documents.edits,
    ports.edits,
    selector.edits,
    external_name.edits,
    slices.edits,
    workloads.edits,
)


def mutants(lab: Lab) -> list[Mutant]:
    """Each is another than the solution and than every other; the same each time.

    GraderError for a solution that cannot be read.
    """
    files = trial_of("", lab.directory / "solution").files
    try:
        solution = _read(files)
    except InvalidSubmission as error:
        raise GraderError(f"{lab.directory / 'solution'} cannot be read: {error}") from error
    found: dict[str, list[tuple[Document, Edit]]] = defaultdict(list)
    for document in solution:
        for edit in _edits(lab, document, files):
            found[edit.operator].append((document, edit))
    made = [
        _mutant(lab, files, solution, *edit)
        for turn, edits in enumerate(found.values())
        for edit in _thinned(edits, turn)
    ]
    return _named_apart(_different(files, made))


def _read(files: dict[str, bytes]) -> list[Document]:
    return submission.objects([SourceFile(name, content) for name, content in files.items()])


def _edits(lab: Lab, document: Document, files: dict[str, bytes]) -> Iterator[Edit]:
    text = files[document.file].decode("utf-8-sig")
    for operator in OPERATORS:
        yield from operator(document)
    yield from namespace.edits(document, lab.namespaces)
    yield from indentation.edits(document, text)


def _thinned(edits: Sequence[tuple[Document, Edit]], turn: int) -> list[tuple[Document, Edit]]:
    """At most MOST, of one operator: no two that are alike, and of more some of each part."""
    unlike = list(_unlike(edits, turn))
    step = max(1.0, len(unlike) / MOST)
    return [unlike[int(number * step)] for number in range(min(MOST, len(unlike)))]


def _unlike(edits: Sequence[tuple[Document, Edit]], first_turn: int) -> Iterator[tuple[Document, Edit]]:
    """Of what is alike in several objects, one, each time in the next object."""
    alike: dict[tuple[object, ...], list[tuple[Document, Edit]]] = defaultdict(list)
    several: Counter[tuple[object, ...]] = Counter()  # at one field
    for document, edit in edits:
        place = (document.where, edit.path)
        several[place] += 1
        alike[document.content["kind"], edit.path, several[place]].append((document, edit))
    for turn, same in enumerate(alike.values(), start=first_turn):
        yield same[turn % len(same)]


def _mutant(lab: Lab, files: dict[str, bytes], solution: Sequence[Document], document: Document, edit: Edit) -> Mutant:
    text = edit.text
    if text is None:
        beside = (
            edit.contents if each is document else (each.content,) for each in solution if each.file == document.file
        )
        text = "".join(f"---\n{json.dumps(content, indent=2)}\n" for contents in beside for content in contents)
    return Mutant(
        edit.operator,
        edit.name_in(document),
        lab.directory / "solution" / document.file,
        int(document.at(*edit.path).rpartition(":")[2]),
        {**files, document.file: text.encode()},
    )


def _different(files: dict[str, bytes], made: Sequence[Mutant]) -> Iterator[Mutant]:
    """From the solution, and each from those before it."""
    seen = {_meaning(files)}
    for mutant in made:
        meaning = _meaning(mutant.files)
        if meaning not in seen:
            seen.add(meaning)
            yield mutant


def _meaning(files: dict[str, bytes]) -> str:
    """What is in the files, however it is written; the text itself where it cannot be read."""
    try:
        return json.dumps([document.content for document in _read(files)], sort_keys=True)
    except InvalidSubmission:
        return repr(sorted(files.items()))


def _named_apart(made: Iterator[Mutant]) -> list[Mutant]:
    """The second of a name becomes `NAME (2)`."""
    names: Counter[str] = Counter()
    apart = []
    for mutant in made:
        names[mutant.name] += 1
        number = names[mutant.name]
        apart.append(replace(mutant, name=f"{mutant.name} ({number})") if number > 1 else mutant)
    return apart
