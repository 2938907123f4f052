"""The options that say which cluster to grade on, as pytest has them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ClusterOption = Annotated[str, typer.Option(help="auto, pocket, kind or existing, as for pytest.")]
KubeconfigOption = Annotated[str, typer.Option(help="With --cluster existing.")]
ContextOption = Annotated[str, typer.Option(help="With --cluster existing.")]
DnsOption = Annotated[bool, typer.Option("--change-dns", help="With --cluster existing, as for pytest.")]


def for_pytest(cluster: str, kubeconfig: str, context: str, *, change_dns: bool) -> list[str]:
    """The same as words of pytest's command line."""
    options = ["--cluster", cluster]
    if kubeconfig:
        options += ["--kubeconfig", str(Path(kubeconfig).resolve())]
    if context:
        options += ["--context", context]
    return [*options, "--change-dns"] if change_dns else options
