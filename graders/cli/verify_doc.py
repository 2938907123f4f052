"""`labs verify-doc FILE.md...`: is what a tutorial shows what happens?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from graders import interrupt
from graders.cli.chosen_cluster import chosen_cluster
from graders.cli.cluster_options import ClusterOption, ContextOption, DnsOption, KubeconfigOption
from graders.clusters import RunningCluster
from graders.clusters.choose import for_pytest
from graders.course.annotation import annotation
from graders.course.defect import Defect
from graders.course.document import verified
from graders.course.document.edit import edited
from graders.course.document.source import text_of
from graders.submission import printable


def verify_doc(
    files: Annotated[list[Path], typer.Argument(help="Markdown: a lab's README, a tutorial.")],
    fix: Annotated[bool, typer.Option("--fix", help="Rewrite the output that has drifted, and nothing else.")] = False,
    cluster: ClusterOption = "pocket",
    kubeconfig: KubeconfigOption = "",
    context: ContextOption = "",
    change_dns: DnsOption = False,
) -> None:
    """Run the commands of a text and compare what they print with what it shows; exit status 1 where it differs."""
    interrupt.clear_up_when_told_to_end()
    found: list[Defect] = []
    with chosen_cluster(for_pytest(cluster, kubeconfig, context, change_dns=change_dns)) as chosen:
        for file in files:
            found += _verify(file, chosen, fix=fix)
    if found:
        raise typer.Exit(1)


def _verify(file: Path, cluster: RunningCluster, *, fix: bool) -> list[Defect]:
    """Tell what came of it; what could be mended is not among the defects."""
    outcome = verified(file, cluster)
    name = printable(str(file))
    mended = fix and any(outcome.edits.values())
    if mended:
        file.write_bytes(edited(text_of(file), outcome.edits).encode())
        outcome = verified(file, cluster)
        typer.echo(f"{name}: rewritten")
    for defect in outcome.defects:
        typer.echo(printable(str(defect)))
        if os.environ.get("GITHUB_ACTIONS") == "true":
            print(annotation(defect))
    if not outcome.defects:
        typer.echo(f"{name}: right")
    return outcome.defects
