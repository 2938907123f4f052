"""A lab that needs little: what is tested with it is whatever grades, not the lab."""

from __future__ import annotations

from pathlib import Path

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


def write(lab: Path) -> None:
    """All that grading needs; not yet all that a course demands."""
    for folder in ("manifests", "solution"):
        (lab / folder).mkdir(parents=True)
    (lab / "lab.yaml").write_text(LAB)
    (lab / "test_small.py").write_text(MODULE)
    (lab / "manifests" / "given.yaml").write_text("kind: ConfigMap\napiVersion: v1\nmetadata: {name: given}\n")
