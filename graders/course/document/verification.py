"""A document against a cluster: what it says and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from graders import lab
from graders.clusters import RunningCluster
from graders.course.defect import Defect
from graders.course.document.bindings import Bindings
from graders.course.document.carry_out import Observation, Reader
from graders.course.document.declared import Declared, declared
from graders.course.document.differences import Difference, Differences
from graders.course.document.edit import Edit
from graders.course.document.explain import read_side_by_side
from graders.course.document.markdown import Unreadable
from graders.course.document.matching import Match, matches
from graders.course.document.parts import parts
from graders.course.document.place import place
from graders.course.document.source import NoText, text_of
from graders.course.document.step import File, Part, Step, Terminal
from graders.course.document.values import Vocabulary
from graders.submission import printable


@dataclass(frozen=True, slots=True)
class Verified:
    """`edits`: {step: what would make its output right, known errors apart}."""

    defects: list[Defect]
    edits: dict[Step, list[Edit]] = field(default_factory=dict)


def verify(path: Path, cluster: RunningCluster) -> list[Defect]:
    """What is wrong with a Markdown document, by the line; `cluster` is connected.

    A README beside a lab.yaml is carried out in a copy of the course, with the lab's own objects. GraderError where it
    cannot be found out.
    """
    return verified(path, cluster).defects


def verified(path: Path, cluster: RunningCluster) -> Verified:
    try:
        found = parts(text_of(path))
    except NoText as error:
        return Verified([Defect(path, 1, str(error))])
    except Unreadable as error:
        return Verified([Defect(path, error.line, error.what)])
    if not any(isinstance(each, Terminal) for each in found):
        what = "it has no command that could be carried out: no block of `sh` or `console`."
        return Verified([Defect(path, 1, what)])
    return _carried_out(path, found, declared(path), cluster)


def _carried_out(path: Path, found: list[Part], known: Declared, cluster: RunningCluster) -> Verified:
    directory = path.resolve().parent
    of = lab.load(directory) if (directory / "lab.yaml").exists() else None
    with place(cluster, known, of) as here:
        vocabulary = Vocabulary(_written(here.manifests, found), here.nodes)

        def distance(observation: Observation, match: Match) -> float:
            found = _differences(observation, match, match.bindings, vocabulary)
            far = sum(each.size for each in found if known.beyond([_defect(path, observation.step, each)]))
            return far or float(bool(observation.status) and not observation.step.output)

        observations = Reader(here, vocabulary, distance).carry_out(found)
    return assessed(path, observations, known, vocabulary)


def assessed(path: Path, observations: list[Observation], known: Declared, vocabulary: Vocabulary) -> Verified:
    """What the text gets wrong, by all that was observed."""
    outputs = [each for each in observations if each.comparison]
    bindings, read = read_side_by_side([each.comparison for each in outputs if each.comparison])
    match_of = {each.step: match for each, match in zip(outputs, read, strict=True)}
    defects: list[Defect] = []
    edits: dict[Step, list[Edit]] = {}
    for each in observations:
        match = match_of.get(each.step)
        differences = _least(each, match, bindings, vocabulary) if match else []
        defects += _defects(path, each, differences)
        unknown = [one for one in differences if known.beyond([_defect(path, each.step, one)])]
        edits[each.step] = [edit for one in unknown for edit in one.edits]
    return Verified(sorted(known.judged(defects), key=lambda each: (str(each.file), each.line)), edits)


def _least(observation: Observation, match: Match, bindings: Bindings, vocabulary: Vocabulary) -> list[Difference]:
    """Of all that was printed while it was asked again, what differs least when it is known what stands for what."""
    least = _differences(observation, match, bindings, vocabulary)
    for other in observation.others if least else ():
        if other.comparison:
            [first, *_] = matches(other.comparison, [bindings])[1]
            found = _differences(other, first, bindings, vocabulary)
            least = min(least, found, key=lambda each: sum(one.size for one in each))
    return least


def _differences(
    observation: Observation, match: Match, bindings: Bindings, vocabulary: Vocabulary
) -> list[Difference]:
    if observation.comparison is None:
        return []
    shown = [line.text for line in observation.step.output]
    return list(Differences(observation.comparison, match, bindings, vocabulary, shown, observation.lines))


def _defects(path: Path, observation: Observation, differences: list[Difference]) -> list[Defect]:
    step = observation.step
    command = printable(step.command.partition("\n")[0])
    if observation.problem:
        what = f"`{command}` cannot be run, and nothing after it: {observation.problem}."
        return [Defect(path, step.line, what)]
    if not step.output and observation.status:
        said = next((line for line in reversed(observation.lines) if line.strip()), "it prints nothing")
        return [Defect(path, step.line, f"`{command}` ends with exit status {observation.status}: {said}")]
    return [_defect(path, step, each) for each in differences]


def _defect(path: Path, step: Step, difference: Difference) -> Defect:
    command = printable(step.command.partition("\n")[0])
    return Defect(path, step.output[difference.line].line, f"`{command}`: {difference.what}.")


def _written(manifests: tuple[Path, ...], found: list[Part]) -> set[str]:
    """Every value that a manifest says."""
    texts = [path.read_text(encoding="utf-8") for path in manifests]
    texts += [part.content for part in found if isinstance(part, File)]
    return {value.text for text in texts for value in Vocabulary().values(text)}
