"""A document's parts, carried out one after the other, each output compared with the one that the text shows."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from graders.course.document.bindings import Bindings
from graders.course.document.compare import form_of
from graders.course.document.compare.lines import parse as plain
from graders.course.document.explain import explained
from graders.course.document.matching import Comparison, Match, compared, matches
from graders.course.document.place import Place
from graders.course.document.reading import only_looks
from graders.course.document.session import session
from graders.course.document.shell import Printed, Shell, ShellEnded
from graders.course.document.step import File, Part, Step, Terminal
from graders.course.document.values import Vocabulary
from graders.patience import PATIENCE, pause

NAMESPACE = "default"  # what a text calls the namespace in which its reader works
OWN_NAMESPACE = re.compile(rf"\.{NAMESPACE}(?=\.(?:svc|pod)\b)|(?<=-n ){NAMESPACE}\b|(?<=--namespace[ =]){NAMESPACE}\b")
OPEN_SECONDS = 90.0  # for a session to open: kubectl itself gives up after 60
NUMBER = re.compile(r"\d+")
NO_METER = "printf 'no-progress-meter\\n' > ~/.curlrc"  # curl's, which a terminal does not get and a pipe would


@dataclass(frozen=True, slots=True)
class Observation:
    """A step and what came of it. `problem`: why it could not be run. `comparison`: where the text shows an output.

    `others`: what else was printed while it was asked again, by another Pod for instance.
    """

    step: Step
    status: int = 0
    lines: tuple[str, ...] = ()
    comparison: Comparison | None = None
    problem: str = ""
    others: tuple[Observation, ...] = ()


Distance = Callable[[Observation, Match], float]  # how far from what the text shows, known errors apart: 0 if not


class Reader:
    """Does in `place` what the document says."""

    def __init__(self, place: Place, vocabulary: Vocabulary, distance: Distance) -> None:
        self._place = place
        self._vocabulary = vocabulary
        self._distance = distance
        self._known = [Bindings()]
        self._comparisons: list[Comparison] = []
        self._shell = self._open(["bash"])
        self._session: Shell | None = None

    def carry_out(self, parts: Iterable[Part]) -> list[Observation]:
        """Up to the first step after which nothing further can be run."""
        found: list[Observation] = []
        try:
            for part in parts:
                if isinstance(part, File):
                    self._write(part)
                    continue
                found += self._terminal(part)
                if found and found[-1].problem:
                    break
        finally:
            self._shell.kill()
        return found

    def _write(self, file: File) -> None:
        path = self._place.directory / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content, encoding="utf-8")

    def _terminal(self, terminal: Terminal) -> list[Observation]:
        found: list[Observation] = []
        try:
            for step in terminal.steps:
                found.append(self._step(step))
                if found[-1].problem:
                    break
        finally:
            self._end_session()
        return found

    def _step(self, step: Step) -> Observation:
        try:
            words = session(step.command)
            if words:
                self._end_session()
                self._session = self._open(words)
                self._session.run(NO_METER, OPEN_SECONDS)
                return Observation(step)
            if step.command.strip() == "exit" and self._session:
                self._end_session()
                return Observation(step)
            return self._observed(step)
        except ShellEnded as error:
            return Observation(step, problem=str(error))

    def _observed(self, step: Step) -> Observation:
        """What only looks is asked again for a while, as long as the text shows something else."""
        command = self._command(step.command)
        began = time.monotonic()
        seen: dict[str, tuple[float, Observation]] = {}
        while True:
            observation = self._compared(step, (self._session or self._shell).run(command))
            distance = self._distance(observation, self._match(observation))
            alike = NUMBER.sub("", "\n".join(observation.lines))
            seen[alike] = min(seen.get(alike, (distance, observation)), (distance, observation), key=itemgetter(0))
            waited = time.monotonic() - began
            if distance == 0 or not only_looks(command) or waited > PATIENCE:
                break
            time.sleep(pause(waited))
        _, best = min(seen.values(), key=itemgetter(0))
        self._learn(best.comparison)
        others = tuple(each for _, each in seen.values() if each is not best)
        return best if distance == 0 else replace(best, others=others)

    def _match(self, observation: Observation) -> Match:
        if observation.comparison is None:
            return Match(self._known[0], {})
        return matches(observation.comparison, self._known)[1][0]

    def _learn(self, comparison: Comparison | None) -> None:
        """What stands for what, from the next output on."""
        if comparison is None:
            return
        self._comparisons.append(comparison)
        contradicting, found = matches(comparison, self._known)
        self._known = explained(self._comparisons)[0] if contradicting else [each.bindings for each in found]

    def _compared(self, step: Step, printed: Printed) -> Observation:
        """Both in the form that fits what the text shows, or line by line where the command prints something else."""
        lines = tuple(_as_shown(printed.output, self._place.namespace))
        shown = [line.text for line in step.output]
        if not shown:
            return Observation(step, printed.status, lines)
        form = form_of(step.command, shown)
        left, right = form(shown), form(lines)
        if left is None or right is None:
            left, right = plain(shown), plain(lines)
        return Observation(step, printed.status, lines, compared(left, right, self._vocabulary))

    def _command(self, command: str) -> str:
        """With the namespace that this is, and with what was observed for each value that the text has shown before."""
        here = OWN_NAMESPACE.sub(lambda found: found[0].replace(NAMESPACE, self._place.namespace), command)
        parts, at = [], 0
        for value in self._vocabulary.values(here):
            parts += [here[at : value.start], self._value(value.kind.name, value.text)]
            at = value.end
        return "".join(parts) + here[at:]

    def _value(self, kind: str, text: str) -> str:
        dashed = kind == "address in a name"
        key = ("address", text.replace("-", ".")) if dashed else (kind, text)
        known = [each for each in self._known if key in each.observed]
        if not known:
            return text
        observed = known[0].observed[key]
        self._known = [each for each in known if each.observed[key] == observed]
        return observed.replace(".", "-") if dashed else observed

    def _open(self, words: Sequence[str]) -> Shell:
        return Shell(words, self._place.directory, self._place.environment)

    def _end_session(self) -> None:
        if self._session:
            self._session.end()
            self._session = None


def _as_shown(output: str, namespace: str) -> list[str]:
    lines = output.replace(namespace, NAMESPACE).replace("\r\n", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return lines
