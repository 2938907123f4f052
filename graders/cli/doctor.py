"""`labs doctor`: what this machine can run, and what is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pocketkube import cluster as pocket
from pocketkube.failure import CannotRun

PROGRAMS = {  # {program: (Debian's package, what it is for)}, as in setup/debian
    "crun": ("crun", "containers"),
    "nginx": ("nginx-light", "image nginx"),
    "busybox": ("busybox", "image busybox"),
    "curl": ("curl", "image tiny-tools"),
    "nslookup": ("bind9-dnsutils", "image tiny-tools"),
    "dig": ("bind9-dnsutils", "image tiny-tools"),
}
IP = ("iproute2", "looking at a Pod")
ENGINE_SECONDS = 10
SEARCHED = "/usr/sbin:/usr/bin:/sbin:/bin"  # where the images of pocketkube are made from


@dataclass(frozen=True, slots=True)
class Finding:
    """`needed`: without it nothing can be graded on the embedded cluster."""

    what: str
    purpose: str
    good: bool
    found: str
    remedy: str = ""
    needed: bool = True


def doctor() -> None:
    """Look at all that the labs need; exit status 1 when they cannot run here."""
    findings = [_python(), *_programs(), _embedded(), *_kind()]
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("", "what", "for", "found", "to do"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("what", "for"))
    for finding in findings:
        sign = "[green]ok[/]" if finding.good else "[red]missing[/]" if finding.needed else "[yellow]-[/]"
        remedy = "" if finding.good else finding.remedy
        table.add_row(sign, finding.what, finding.purpose, escape(finding.found), escape(remedy))
    Console().print(table)
    if any(finding.needed and not finding.good for finding in findings):
        raise typer.Exit(1)


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    remedy = "Install python3.11 and python3.11-venv."
    return Finding("Python 3.11 or newer", "all of it", sys.version_info >= (3, 11), version, remedy)


def _programs() -> list[Finding]:
    findings = []
    for program, (package, purpose) in {**PROGRAMS, "ip": IP}.items():
        path = shutil.which(program, path=SEARCHED)
        remedy = f"sudo apt-get install {package} (or sudo setup/debian for all)"
        found, needed = path or "not installed", program in PROGRAMS
        findings.append(Finding(program, purpose, path is not None, found, remedy, needed))
    kubectl = Path(sys.executable).parent / "kubectl"
    found = str(kubectl) if kubectl.exists() else shutil.which("kubectl") or "not installed"
    remedy = "make .venv/ready"
    return [*findings, Finding("kubectl", "labs shell", found != "not installed", found, remedy, needed=False)]


def _embedded() -> Finding:
    """By doing it: a cluster is started and ended."""
    what = ("the embedded cluster", "pytest labs/NAME")
    if pocket.running():
        return Finding(*what, True, "it is up")
    try:
        with pocket.start():
            return Finding(*what, True, "starts")
    except CannotRun as error:
        return Finding(*what, False, f"cannot {error.step}: {error.error}", error.remedy)
    except pocket.ClusterFailed as error:
        return Finding(*what, False, str(error).splitlines()[0], "Run `python -m pocketkube up` and see its log.")


def _kind() -> list[Finding]:
    found = {name: shutil.which(name) or "not installed" for name in ("kind", "docker")}
    engine = found["docker"] != "not installed" and _engine_answers()
    if found["docker"] == "not installed":
        remedy = "Install it: https://docs.docker.com/engine"
    else:
        found["docker"] += "" if engine else ", but no engine answers"
        remedy = "Start it; `docker info` says why not."
    install = "Install it: https://kind.sigs.k8s.io"
    return [
        Finding("kind", "--cluster kind", found["kind"] != "not installed", found["kind"], install, needed=False),
        Finding("docker", "--cluster kind", engine, found["docker"], remedy, needed=False),
    ]


def _engine_answers() -> bool:
    """The client alone is no Docker."""
    try:
        asked = subprocess.run(["docker", "info"], capture_output=True, timeout=ENGINE_SECONDS, check=False)
        return asked.returncode == 0
    except subprocess.TimeoutExpired:
        return False
