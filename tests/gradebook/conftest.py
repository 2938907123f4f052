"""A small lab that needs little, and a class of it: what is tested here is how a class is graded, not the lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checkout import Course

LAB = """\
title: A lab for tests
given: []
kinds: [Service]
points: 3
checks:
  exists: {section: your-task, hints: [a, b, c]}
  is_headless: {section: your-task, hints: [a, b, c]}
"""
MODULE = '''\
from graders import Wanted, check, expect

SERVICE = Wanted("web", kind="headless")


@check(points=1, about=SERVICE)
def test_exists(observer):
    """The Service is there."""
    expect(observer.service("web") is not None, seen="no Service web", expected="a Service web")


@check(points=2, about=SERVICE, needs=("exists",))
def test_is_headless(observer):
    """It has no cluster IP."""
    address = observer.service("web")["spec"].get("clusterIP")
    expect(address == "None", seen=f"its cluster IP is {address}", expected="it has none")
'''
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  clusterIP: None
"""


@pytest.fixture
def small(course: Course) -> Course:
    """A course with the lab `small`."""
    lab = course.path / "labs" / "small"
    for folder in ("manifests", "solution"):
        (lab / folder).mkdir(parents=True)
    (lab / "lab.yaml").write_text(LAB)
    (lab / "test_small.py").write_text(MODULE)
    (lab / "manifests" / "given.yaml").write_text("kind: ConfigMap\napiVersion: v1\nmetadata: {name: given}\n")
    return course


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    """Four students: right, wrong, without a Service of that name, and unreadable."""
    directory = tmp_path / "submissions"
    directory.mkdir()
    (directory / "ann.yaml").write_text(SERVICE)
    (directory / "ben.yaml").write_text(SERVICE.replace("clusterIP: None", "ports: [{port: 80}]"))
    (directory / "cid.yaml").write_text(SERVICE.replace("web", "wob"))
    (directory / "dot.yaml").write_text("kind: [")
    return directory
