"""JUnit XML: a suite for each student, a case for each check.

As Maven Surefire writes it, within the `testsuites` that Jenkins and GitLab read:
https://maven.apache.org/surefire/maven-surefire-plugin/xsd/surefire-test-report.xsd
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from graders.reports import wording
from graders.reports.escaping import line, lines
from graders.result import Result, Status
from graders.roster import Roster
from graders.verdict import CheckResult, Outcome

# `failure` is an assertion's, `error` is unanticipated, which here means ours.
ELEMENTS = {Outcome.FAILED: "failure", Outcome.BLOCKED: "skipped", Outcome.ERROR: "error"}


def render(results: Sequence[Result], roster: Roster | None) -> str:  # noqa: ARG001  every report of a class takes it
    """XML 1.0: what it does not allow is among what `line` makes visible."""
    root = ElementTree.Element("testsuites")
    for result in sorted(results, key=lambda each: each.student.id):
        root.append(_suite(result))
    ElementTree.indent(root, " ")
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _suite(result: Result) -> ElementTree.Element:
    of = f"{line(result.lab.name)}.{line(result.student.id)}"
    suite = ElementTree.Element("testsuite", name=of)
    properties = ElementTree.SubElement(suite, "properties")
    known = {"student": result.student.name, "verdict": wording.verdict(result), "limits": " ".join(result.limits)}
    for name, value in known.items():
        ElementTree.SubElement(properties, "property", name=name, value=line(value))
    cases = [_case(of, check) for check in result.checks]
    if result.status is Status.INVALID:
        cases.append(_whole(of, "submission", "failure", result.problem))
    elif wording.is_unexplained(result):
        cases.append(_whole(of, "grading", "error", result.problem))
    suite.extend(cases)
    suite.set("tests", str(len(cases)))
    for name, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(element) is not None for case in cases)))
    suite.set("time", _seconds(result.seconds))
    return suite


def _case(of: str, check: CheckResult) -> ElementTree.Element:
    case = ElementTree.Element("testcase", name=line(check.name), classname=of, time=_seconds(check.seconds))
    element = ELEMENTS.get(check.outcome)
    if element:
        texts = [f"{label}: {line(text)}" for label, text in wording.details(check)]
        about = ElementTree.SubElement(case, element, message=line(check.todo or check.seen or check.title))
        about.text = "\n".join([line(check.title), *texts])
        if element != "skipped":
            about.set("type", line(check.diagnosis.code) if check.diagnosis else str(check.outcome))
    if check.transcript:
        ElementTree.SubElement(case, "system-out").text = lines(check.transcript)
    return case


def _whole(of: str, name: str, element: str, problem: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", name=name, classname=of, time=_seconds(0))
    ElementTree.SubElement(case, element, message=line(problem), type=name)
    return case


def _seconds(value: float) -> str:
    return f"{value:.3f}"
