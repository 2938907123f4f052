"""What clients see of a solution, and of what is said to be the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graders.clusters import RunningCluster
from graders.course.behaviour import defects
from graders.course.mutants import mutants
from graders.course.seen import seen_by_clients
from graders.lab import ROOT, load
from graders.run import Run
from graders.submission import read
from pocketkube import cluster as pocket

HEADLESS = load(ROOT / "headless")
CLUSTERIP = load(ROOT / "clusterip")


@pytest.fixture
def running(cluster: pocket.Cluster) -> RunningCluster:
    found = RunningCluster("pocketkube", "for a test", cluster.kubeconfig, pocket.CONTEXT, ours=False)
    found.connect()
    return found


def test_answers_name_owners(running: RunningCluster) -> None:
    solution = read(CLUSTERIP.directory / "solution")
    run = Run(CLUSTERIP, solution)
    try:
        run.begin(running)
        seen = seen_by_clients(run, solution)
    finally:
        run.end()
    page = "status 200, the page of app=nginx"
    assert seen["nslookup demo-clusterip-svc"] == "the cluster IP of demo-clusterip-svc"
    assert seen["dig demo-clusterip-svc CNAME"] == "nothing"
    assert seen["curl http://demo-clusterip-svc:8080"] == page
    assert seen["curl http://demo-clusterip-svc:80"] == "refused"
    doors = [answer for question, answer in seen.items() if "NODEPORT, for demo-nodeport-svc:8080" in question]
    assert doors == [page] * len(run.observer.nodes())
    assert not any("NODEPORT, for demo-clusterip-svc" in question for question in seen)


@pytest.mark.parametrize(
    ("name", "difference"),
    [
        ('target-port Service/demo-headless-svc spec.ports[0].targetPort as "http"', ""),
        (
            "target-port Service/demo-headless-svc spec.ports[0].targetPort as 8080",
            "dig _http._tcp.demo-headless-svc SRV: app=nginx:8080, app=nginx:8080, "
            "with the solution: app=nginx:80, app=nginx:80.",
        ),
        (
            'selector-value Service/demo-headless-svc spec.selector.app as "ngin"',
            "nslookup demo-headless-svc: no such name, with the solution: app=nginx, app=nginx.",
        ),
        (
            "nothing Service/demo-headless-svc spec.clusterIP as null",
            "nslookup demo-headless-svc: the cluster IP of demo-headless-svc, with the solution: app=nginx, app=nginx.",
        ),
    ],
)
def test_what_is_the_same(running: RunningCluster, name: str, difference: str) -> None:
    listed = [mutant for mutant in mutants(HEADLESS) if mutant.name == name]
    assert listed
    found = [defect.what for defect in defects(replace(HEADLESS, equivalent={name: "so it is said"}), listed, running)]
    assert [what.partition("is not equivalent: ")[2].partition(" Take")[0] for what in found] == (
        [difference] if difference else []
    )
