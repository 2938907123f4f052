"""`labs mutants NAME`: do the checks tell every mutant from the solution?"""

from __future__ import annotations

from typing import Annotated

import typer

from graders import interrupt
from graders.cli.choose import lab_named
from graders.cli.cluster_options import ClusterOption, ContextOption, DnsOption, KubeconfigOption
from graders.clusters.choose import for_pytest
from graders.course.course_itself import refuse_students_copy


def mutants(
    name: Annotated[str, typer.Argument(help="The lab, as in `labs list`.")],
    workers: Annotated[int, typer.Option("-n", min=0, help="Gradings side by side; 0: as many as suit.")] = 0,
    cluster: ClusterOption = "auto",
    kubeconfig: KubeconfigOption = "",
    context: ContextOption = "",
    change_dns: DnsOption = False,
) -> None:
    """Grade the solution with one thing wrong, again and again; exit status 1 where the checks do not notice."""
    from graders.cli.grade_mutants import grade_mutants  # noqa: PLC0415 - other commands need none of it

    refuse_students_copy()
    interrupt.clear_up_when_told_to_end()
    grade_mutants(lab_named(name), workers, for_pytest(cluster, kubeconfig, context, change_dns=change_dns))
