"""`labs check [NAME…]`: is the course itself right?"""

from __future__ import annotations

from typing import Annotated

import typer

from graders import interrupt
from graders.cli.choose import lab_named
from graders.cli.cluster_options import ClusterOption, ContextOption, DnsOption, KubeconfigOption
from graders.clusters.choose import for_pytest
from graders.course.course_itself import refuse_students_copy
from graders.course.part import Part
from graders.course.tutorials import tutorials
from graders.lab import names as all_names


def check(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Labs; without any, all.")] = None,
    only: Annotated[list[Part] | None, typer.Option(help="Only this part; may be given again for another.")] = None,
    pair: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--compare", metavar="A B", help="Only say where two clusters differ: pocket, kind, FILE@CONTEXT."
        ),
    ] = None,
    workers: Annotated[int, typer.Option("-n", min=0, help="Gradings side by side; 0: as many as suit.")] = 0,
    cluster: ClusterOption = "auto",
    kubeconfig: KubeconfigOption = "",
    context: ContextOption = "",
    change_dns: DnsOption = False,
) -> None:
    """Say whether the course is complete, true, sharp, and what its texts show; exit status 1 when it is not."""
    from graders.cli.check_course import check_course  # noqa: PLC0415 - other commands need none of it
    from graders.cli.compare import compare  # noqa: PLC0415

    refuse_students_copy()
    interrupt.clear_up_when_told_to_end()
    labs = [lab_named(name) for name in dict.fromkeys(names or all_names())]
    if pair:
        compare(labs, pair, workers, change_dns=change_dns)
        return
    parts = [part for part in Part if not only or part in only]
    options = for_pytest(cluster, kubeconfig, context, change_dns=change_dns)
    check_course(labs, [] if names else tutorials(), parts, workers, options)
