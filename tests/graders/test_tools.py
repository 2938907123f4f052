"""What BIND's nslookup prints, read."""

from __future__ import annotations

import pytest

from graders.tools import Ran, parse_nslookup

FOUND = """;; Got recursion not available from 10.96.0.10
Server:\t\t10.96.0.10
Address:\t10.96.0.10#53

Name:\tdemo-headless-svc.default.svc.cluster.local
Address: 10.244.1.2
Name:\tdemo-headless-svc.default.svc.cluster.local
Address: 10.244.2.2
;; Got recursion not available from 10.96.0.10

"""
MISSING = "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\n** server can't find nothere: NXDOMAIN\n\n"


@pytest.mark.parametrize(
    ("stdout", "code", "nxdomain", "addresses"),
    [
        pytest.param(FOUND, 0, False, {"10.244.1.2", "10.244.2.2"}, id="found"),
        pytest.param(MISSING, 1, True, set(), id="missing"),
        pytest.param("", 1, False, set(), id="nothing"),
    ],
)
def test_nslookup(stdout: str, code: int, nxdomain: bool, addresses: set[str]) -> None:
    answer = parse_nslookup(Ran("nslookup x", stdout, "", code))
    assert (answer.nxdomain, answer.addresses) == (nxdomain, addresses)
    assert answer.exists == bool(addresses)
