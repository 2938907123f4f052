"""The options that say which cluster to grade on, as pytest has them."""

from __future__ import annotations

from typing import Annotated

import typer

ClusterOption = Annotated[str, typer.Option(help="auto, pocket, kind or existing, as for pytest.")]
KubeconfigOption = Annotated[str, typer.Option(help="With --cluster existing.")]
ContextOption = Annotated[str, typer.Option(help="With --cluster existing.")]
DnsOption = Annotated[bool, typer.Option("--change-dns", help="With --cluster existing, as for pytest.")]
