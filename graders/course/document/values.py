"""What in an output is the cluster's own choice, and so differs from run to run: addresses, ages, dates, names.

A value of the text has to be of the same kind as the one that was observed. Most kinds are bound besides: in the whole
document the text has one value for each one observed. What a manifest says is nobody's choice, and has to be equal.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property

SAFE = "[bcdfghjklmnpqrstvwxz2456789]"  # of generated names: k8s.io/apimachinery/pkg/util/rand
CLUSTER_DNS, KUBERNETES = "10.96.0.10", "10.96.0.1"  # of kubeadm's default service network, in every text
DURATION = r"(?:\d+(?:y|d|h|m|s)){1,3}"
IPV4 = r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d]|\.\d)"
DAYS, MONTHS = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
CLOCK = r"\d\d:\d\d:\d\d"


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_dashed_address(text: str) -> bool:
    return _is_address(text.replace("-", "."))


def _is_iso_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_mail_date(text: str) -> bool:
    try:
        return parsedate_to_datetime(text).strftime("%a") == text[:3]
    except ValueError:
        return False


def _is_unix_date(text: str) -> bool:
    """As date(1) writes it: Mon Dec 29 04:47:53 UTC 2025."""
    day, month, date, clock, _, year = text.split()
    return _is_mail_date(f"{day}, {date} {month} {year} {clock} +0000")


def _is_node_port(text: str) -> bool:
    return 30000 <= int(text) <= 32767


def _any(_: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Kind:
    """`pattern`: how it looks. `bound`: the same value means the same thing everywhere in the document."""

    name: str
    pattern: str
    bound: bool = True
    valid: Callable[[str], bool] = _any


# In a text anywhere, the first that fits.
ANYWHERE = (
    Kind("date", rf"{DAYS}, \d\d {MONTHS} \d{{4}} {CLOCK} (?:GMT|[+-]\d{{4}})", False, _is_mail_date),
    Kind("date", rf"{DAYS} {MONTHS} [ \d]\d {CLOCK} [A-Z]{{3,4}} \d{{4}}", False, _is_unix_date),
    Kind("date", rf"\d{{4}}-\d\d-\d\dT{CLOCK}(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", False, _is_iso_date),
    Kind("date", rf"\d\d/{MONTHS}/\d{{4}}:{CLOCK} [+-]\d{{4}}", False),
    Kind("uid", r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
    Kind("digest", r"\b[0-9a-f]{64}\b"),
    Kind("address", IPV4, valid=_is_address),
    Kind("address in a name", r"(?<![\w-])\d{1,3}(?:-\d{1,3}){3}(?=\.)", valid=_is_dashed_address),
    Kind("address", r"(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", valid=_is_address),
    Kind("version", r"(?<=[a-z]/)\d+(?:\.\d+)+"),
    Kind("version", r"\bv\d+\.\d+\.\d+\b"),
    Kind("template hash", rf"(?<=-){SAFE}{{7,10}}(?=-{SAFE}{{5}}(?![\w-]))"),
    Kind("template hash", rf"(?<=pod-template-hash=){SAFE}{{7,10}}\b"),
    Kind("generated name", rf"(?<=-){SAFE}{{5}}(?![\w-])"),
    Kind("template hash", rf"(?<=-){SAFE}{{7,10}}(?![\w-])"),
    Kind("node port", r"(?<![\w.])3[0-2]\d{3}(?![\w.])", valid=_is_node_port),
    Kind("port of the client", r"(?<= port )\d+(?= failed)", False),
    Kind("restarts", rf"(?<=\d )\({DURATION} ago\)", False),
    Kind("query id", r"(?<=, id: )\d+", False),
    Kind("cookie", r"(?<=COOKIE: )[0-9a-f]+", False),
    Kind("time taken", r"(?<=Query time: )\d+(?= msec)|(?<=after )\d+(?= ms)|\b\d+\.\d+ ?s\b", False),
    Kind("serial number", r"(?<=hostmaster\.cluster\.local\. )\d+", False),
)
# The whole of a value, by the name of its column, key or header.
DURATION_KIND = Kind("duration", DURATION, False)
BY_LABEL = {
    "AGE": DURATION_KIND,
    "Age": DURATION_KIND,
    "LAST SEEN": DURATION_KIND,
    "DURATION": DURATION_KIND,
    "RESTARTS": Kind("restarts", rf"\d+(?: \({DURATION} ago\))?", False),
    "resourceVersion": Kind("resource version", r"\d+", False),
    "pod-template-hash": Kind("template hash", rf"{SAFE}{{7,10}}"),
    "ETag": Kind("entity tag", r'"[0-9a-f]+-[0-9a-f]+"', False),
    "Content-Length": Kind("length", r"\d+", False),
    # What an answer of worldtimeapi.org says beside its dates: derived.py holds it to those.
    "utc_offset": Kind("offset", r"[+-]\d\d:\d\d", False),
    "day_of_week": Kind("day", r"[0-6]", False),
    "day_of_year": Kind("day", r"\d{1,3}", False),
    "week_number": Kind("week", r"\d{1,2}", False),
    "unixtime": Kind("seconds", r"\d+", False),
    "abbreviation": Kind("time zone", r"E[SD]T", False),
    "dst": Kind("truth", r"true|false", False),
    "dst_offset": Kind("offset", r"0|3600", False),
    "dst_from": Kind("date", rf"null|\d{{4}}-\d\d-\d\dT{CLOCK}\+00:00", False),
    "dst_until": Kind("date", rf"null|\d{{4}}-\d\d-\d\dT{CLOCK}\+00:00", False),
}


@dataclass(frozen=True, slots=True)
class Value:
    """A value where it stands in a text."""

    kind: Kind
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Pair:
    """What the text has and what was observed in its place."""

    kind: str
    shown: str
    observed: str


@dataclass(frozen=True)
class Vocabulary:
    """`written`: words of the manifests: not the cluster's choice. `nodes`: names of the cluster's."""

    written: Collection[str] = ()
    nodes: Collection[str] = ()
    _patterns: dict[tuple[str, str], tuple[re.Pattern[str], list[Value]]] = field(default_factory=dict)

    @cached_property
    def fixed(self) -> frozenset[str]:
        return frozenset(self.written) | {CLUSTER_DNS, KUBERNETES}

    @cached_property
    def _kinds(self) -> tuple[Kind, ...]:
        names = "|".join(re.escape(name) for name in sorted(self.nodes, key=len, reverse=True))
        return (*ANYWHERE, Kind("node", rf"(?<![\w.-])(?:{names})(?![\w.-])")) if names else ANYWHERE

    @cached_property
    def _scanner(self) -> re.Pattern[str]:
        return re.compile("|".join(f"(?P<k{number}>{kind.pattern})" for number, kind in enumerate(self._kinds)))

    def values(self, text: str, label: str = "") -> list[Value]:
        """In their order; `label`: the name of the column, key or header that `text` is the value of."""
        whole = BY_LABEL.get(label)
        if whole and re.fullmatch(whole.pattern, text):
            return [Value(whole, text, 0, len(text))]
        return list(self._found(text))

    def _found(self, text: str) -> Iterator[Value]:
        for found in self._scanner.finditer(text):
            kind = self._kinds[int(str(found.lastgroup)[1:])]
            if kind.valid(found[0]) and found[0] not in self.fixed:
                yield Value(kind, found[0], *found.span())

    def pairs(self, shown: str, observed: str, label: str = "") -> tuple[Pair, ...] | None:
        """The bound values of both, side by side; None where they differ in more than such values and in spaces."""
        pattern, values = self._pattern(observed, label)
        match = pattern.fullmatch(shown.strip())
        if match is None:
            return None
        found = []
        for value, text in zip(values, match.groups(), strict=True):
            if not value.kind.valid(text) or text in self.fixed:
                return None
            if value.kind.name == "address in a name":
                found.append(Pair("address", text.replace("-", "."), value.text.replace("-", ".")))
            elif value.kind.bound:
                found.append(Pair(value.kind.name, text, value.text))
        return tuple(found)

    def _pattern(self, observed: str, label: str) -> tuple[re.Pattern[str], list[Value]]:
        """What a text has to look like that shows the same."""
        key = observed, label
        if key not in self._patterns:
            values = self.values(observed.strip(), label)
            parts, at = [], 0
            for value in values:
                parts += [_literal(observed.strip()[at : value.start]), f"({_form(value.kind)})"]
                at = value.end
            parts.append(_literal(observed.strip()[at:]))
            self._patterns[key] = re.compile("".join(parts)), values
        return self._patterns[key]


def _literal(text: str) -> str:
    """With any spaces for spaces."""
    return r"\s+".join(re.escape(word) for word in re.split(r"\s+", text))


def _form(kind: Kind) -> str:
    return r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?" if kind.name == "node" else kind.pattern
