"""`labs doctor`: what this machine can run, and what is missing."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pocketkube import cluster as pocket
from pocketkube.failure import CannotRun

PROGRAMS = {
    "crun": "crun",
    "nginx": "nginx-light",
    "busybox": "busybox",
    "curl": "curl",
    "nslookup": "bind9-dnsutils",
}
SEARCHED = "/usr/sbin:/usr/bin:/sbin:/bin"  # where the images of pocketkube are made from


@dataclass(frozen=True, slots=True)
class Finding:
    """`needed`: without it nothing can be graded here."""

    what: str
    good: bool
    found: str
    remedy: str = ""
    needed: bool = True


def doctor() -> None:
    """Look at all that the labs need; exit status 1 when they cannot run here."""
    findings = [_python(), *_programs(), _embedded(), *_kind()]
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("", "what", "found", "to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        sign = "[green]ok[/]" if finding.good else "[red]missing[/]" if finding.needed else "[yellow]-[/]"
        table.add_row(sign, finding.what, escape(finding.found), escape("" if finding.good else finding.remedy))
    Console().print(table)
    if any(finding.needed and not finding.good for finding in findings):
        raise typer.Exit(1)


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding(
        "Python 3.11 or newer", sys.version_info >= (3, 11), version, "Install python3.11 and python3.11-venv."
    )


def _programs() -> list[Finding]:
    findings = []
    for program, package in PROGRAMS.items():
        path = shutil.which(program, path=SEARCHED)
        remedy = f"sudo apt-get install {package} (or sudo setup/debian for all)"
        findings.append(Finding(program, path is not None, path or "not installed", remedy))
    kubectl = Path(sys.executable).parent / "kubectl"
    found = str(kubectl) if kubectl.exists() else shutil.which("kubectl") or "not installed"
    return [*findings, Finding("kubectl", found != "not installed", found, "make .venv/ready", needed=False)]


def _embedded() -> Finding:
    """By doing it: a cluster is started and ended."""
    what = "the embedded cluster"
    if pocket.running():
        return Finding(what, True, "it is up")
    try:
        with pocket.start():
            return Finding(what, True, "starts")
    except CannotRun as error:
        return Finding(what, False, f"cannot {error.step}: {error.error}", error.remedy)
    except pocket.ClusterFailed as error:
        return Finding(what, False, str(error).splitlines()[0], "Run `python -m pocketkube up` and see its log.")


def _kind() -> list[Finding]:
    install = {
        "kind": "For --cluster kind: https://kind.sigs.k8s.io/docs/user/quick-start/#installation",
        "docker": "For --cluster kind: a Docker engine, https://docs.docker.com/engine/install/",
    }
    return [
        Finding(name, shutil.which(name) is not None, shutil.which(name) or "not installed", remedy, needed=False)
        for name, remedy in install.items()
    ]
