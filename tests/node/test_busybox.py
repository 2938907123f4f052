"""What busybox says in a Pod, where it is built otherwise than the image that everyone knows."""

from __future__ import annotations

import pytest

from tests.conftest import Kubectl
from tests.node.pods import container, create, output

# One listener that answers nobody, and a web server.
SERVERS = "tail -f /dev/null | nc -l -p 1001 > /dev/null & echo hi > /tmp/index.html; httpd -p 127.0.0.1:1000 -h /tmp; "


@pytest.mark.parametrize(
    ("arguments", "said", "status"),
    [
        ("-qO- -T 5 127.0.0.1:1000", "hi\n", 0),
        ("-qT5 -O- 127.0.0.1:1000", "hi\n", 0),
        (
            "--spider --timeout=5 127.0.0.1:1000",
            "Connecting to 127.0.0.1:1000 (127.0.0.1:1000)\nremote file exists\n",
            0,
        ),
        (
            "--spider --timeout=1 127.0.0.1:1001",
            "Connecting to 127.0.0.1:1001 (127.0.0.1:1001)\nwget: download timed out\n",
            1,
        ),
        ("-qO- -T1 127.0.0.1:1001", "wget: download timed out\n", 1),
        ("-qO- -T1 127.0.0.1:1", "wget: can't connect to remote host (127.0.0.1): Connection refused\n", 1),
        ("-qO- 127.0.0.1:1000", "hi\n", 0),
    ],
)
def test_wget_has_a_time_limit(kubectl: Kubectl, namespace: str, arguments: str, said: str, status: int) -> None:
    listening = "until netstat -lnt | grep -q :1000 && netstat -lnt | grep -q :1001; do :; done; "
    create(kubectl, namespace, container(f"{SERVERS}{listening}wget {arguments} 2>&1; echo $?"))
    assert output(kubectl, namespace) == f"{said}{status}\n"


@pytest.mark.parametrize(
    ("arguments", "said", "status"),
    [
        ("-z 127.0.0.1 1000", "", 0),
        ("-zv localhost 1000", "localhost (127.0.0.1:1000) open\n", 0),
        ("-vz -w 2 127.0.0.1 1000", "127.0.0.1 (127.0.0.1:1000) open\n", 0),
        ("-z -w1 127.0.0.1 1", "", 1),
        ("-zv 127.0.0.1 1", "", 1),
        ("-zvv 127.0.0.1 1", "nc: 127.0.0.1 (127.0.0.1:1): Connection refused\n", 1),
        ("127.0.0.1 1", "nc: can't connect to remote host (127.0.0.1): Connection refused\n", 1),
    ],
)
def test_nc_looks_whether_somebody_listens(
    kubectl: Kubectl, namespace: str, arguments: str, said: str, status: int
) -> None:
    serve = "httpd -p 127.0.0.1:1000 -h /tmp; until netstat -lnt | grep -q :1000; do :; done; "
    create(kubectl, namespace, container(f"{serve}nc {arguments} 2>&1 < /dev/null; echo $?"))
    assert output(kubectl, namespace) == f"{said}{status}\n"
