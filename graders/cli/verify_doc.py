"""`labs verify-doc FILE.md...`: is what a tutorial shows what happens?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graders import interrupt
from graders.cli.cluster_options import ClusterOption, ContextOption, DnsOption, KubeconfigOption
from graders.clusters.choose import for_pytest


def verify_doc(
    files: Annotated[list[Path], typer.Argument(help="Markdown: a lab's README, a tutorial.")],
    fix: Annotated[bool, typer.Option("--fix", help="Rewrite the output that has drifted, and nothing else.")] = False,
    cluster: ClusterOption = "pocket",
    kubeconfig: KubeconfigOption = "",
    context: ContextOption = "",
    change_dns: DnsOption = False,
) -> None:
    """Run the commands of a text and compare what they print with what it shows; exit status 1 where it differs."""
    from graders.cli.verify_texts import verify_texts  # noqa: PLC0415 - other commands need none of it

    interrupt.clear_up_when_told_to_end()
    verify_texts(files, for_pytest(cluster, kubeconfig, context, change_dns=change_dns), fix=fix)
