"""As whom containers run, what they may do, and what they are called."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.conftest import Kubectl
from tests.node.pods import container, create, output, status, wait, wait_for_event

ROOT_ALONE = os.geteuid() != 0
SEVERAL_USERS = pytest.mark.skipif(
    ROOT_ALONE, reason="one user id is mapped here: run as root, or install uidmap and fill /etc/subuid"
)


@SEVERAL_USERS
@pytest.mark.parametrize(
    ("of_pod", "own", "script", "printed"),
    [
        ({"runAsUser": 1000}, {}, "id -u; id -g", "1000\n0\n"),
        ({"runAsUser": 1000, "runAsGroup": 3000}, {}, "id -u; id -g", "1000\n3000\n"),
        ({"runAsUser": 1000}, {"runAsUser": 2000}, "id -u", "2000\n"),
        (
            {"runAsUser": 1000, "runAsGroup": 3000, "supplementalGroups": [4000]},
            {},
            "grep Groups /proc/self/status",
            "Groups:\t3000 4000 \n",
        ),
        ({"fsGroup": 4000, "supplementalGroups": [5000]}, {}, "id -G", "0 4000 5000\n"),
        ({"runAsUser": 1000, "fsGroup": 4000}, {}, "touch /v/x; stat -c '%u %g' /v/x", "1000 4000\n"),
        ({"runAsUser": 1000, "runAsNonRoot": True}, {}, "touch /x 2>/dev/null || echo refused", "refused\n"),
        ({"runAsUser": 1000}, {}, "nc -l -p 80 & sleep 0.2; nc 127.0.0.1 80 </dev/null && echo bound", "bound\n"),
    ],
)
def test_users_and_groups(
    kubectl: Kubectl, namespace: str, of_pod: dict[str, Any], own: dict[str, Any], script: str, printed: str
) -> None:
    create(
        kubectl,
        namespace,
        container(script, securityContext=own, volumeMounts=[{"name": "v", "mountPath": "/v"}]),
        securityContext=of_pod,
        volumes=[{"name": "v", "emptyDir": {}}],
    )
    assert output(kubectl, namespace) == printed


@SEVERAL_USERS
def test_the_status_says_who_it_is(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, container(), securityContext={"runAsUser": 1000, "runAsGroup": 3000, "fsGroup": 4000})
    wait(kubectl, namespace, "Ready")
    user = status(kubectl, namespace)["containerStatuses"][0]["user"]["linux"]
    assert user == {"uid": 1000, "gid": 3000, "supplementalGroups": [3000, 4000]}


@pytest.mark.parametrize(
    ("context", "script", "printed"),
    [
        ({"readOnlyRootFilesystem": True}, "touch /x /usr/x 2>&1; touch /v/x && echo ok", "Read-only file system"),
        ({"capabilities": {"drop": ["ALL"]}}, "grep CapEff /proc/1/status", "CapEff:\t0000000000000000\n"),
        (
            {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}},
            "grep CapEff /proc/1/status",
            "CapEff:\t0000000000000400\n",
        ),
        pytest.param(
            {"capabilities": {"drop": ["CHOWN"]}},
            "touch /tmp/x; chown 1:1 /tmp/x 2>&1",
            "Operation not permitted",
            marks=SEVERAL_USERS,
        ),
        ({"allowPrivilegeEscalation": False}, "grep NoNewPrivs /proc/1/status", "NoNewPrivs:\t1\n"),
        ({}, "grep NoNewPrivs /proc/1/status", "NoNewPrivs:\t0\n"),
    ],
)
def test_what_a_container_may_do(
    kubectl: Kubectl, namespace: str, context: dict[str, Any], script: str, printed: str
) -> None:
    create(
        kubectl,
        namespace,
        container(f"{script}; true", securityContext=context, volumeMounts=[{"name": "v", "mountPath": "/v"}]),
        volumes=[{"name": "v", "emptyDir": {}}],
    )
    assert printed in output(kubectl, namespace)


@pytest.mark.parametrize(
    ("spec", "script", "printed"),
    [
        ({}, "hostname; hostname -f; cat /etc/hostname", "p\np\np\n"),
        ({"hostname": "web"}, "hostname; hostname -f", "web\nweb\n"),
        ({"hostname": "web", "subdomain": "sub"}, "hostname; hostname -f", "web\nweb.sub.NS.svc.cluster.local\n"),
        ({"subdomain": "sub"}, "hostname -f", "p.sub.NS.svc.cluster.local\n"),
        (
            {"hostname": "web", "subdomain": "s", "setHostnameAsFQDN": True},
            "hostname",
            "web.s.NS.svc.cluster.local\n",
        ),
        ({"setHostnameAsFQDN": True}, "hostname", "p\n"),
        (
            {"hostAliases": [{"ip": "10.1.2.3", "hostnames": ["foo.local", "bar"]}]},
            "tail -2 /etc/hosts",
            "# Entries added by HostAliases.\n10.1.2.3\tfoo.local\tbar\n",
        ),
        ({}, "head -7 /etc/hosts | cut -f2", None),
    ],
)
def test_names(kubectl: Kubectl, namespace: str, spec: dict[str, Any], script: str, printed: str | None) -> None:
    create(kubectl, namespace, container(script), **spec)
    if printed is None:
        printed = (
            "# Kubernetes-managed hosts file.\nlocalhost\nlocalhost ip6-localhost ip6-loopback\nip6-localnet\n"
            "ip6-mcastprefix\nip6-allnodes\nip6-allrouters\n"
        )
    assert output(kubectl, namespace) == printed.replace("NS", namespace)


CLUSTER = "search NS.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n"


def test_a_full_name_that_is_too_long(kubectl: Kubectl, namespace: str) -> None:
    name = "h" * 50
    create(kubectl, namespace, container(), hostname=name, subdomain="s", setHostnameAsFQDN=True)
    full = f"{name}.s.{namespace}.svc.cluster.local"
    what = f"failed to construct FQDN from pod hostname and cluster domain, FQDN {full} is too long"
    most = f"(64 characters is the max, {len(full)} characters requested)"
    told = wait_for_event(kubectl, namespace, "FailedCreatePodSandBox")
    assert told == f"Failed to create pod sandbox: {what} {most}"
    assert "podIP" not in status(kubectl, namespace)


@pytest.mark.parametrize(
    ("spec", "printed"),
    [
        ({}, CLUSTER),
        ({"dnsPolicy": "Default"}, ""),
        ({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["192.0.2.1"]}}, "nameserver 192.0.2.1\n"),
        (
            {
                "dnsPolicy": "None",
                "dnsConfig": {
                    "nameservers": ["192.0.2.1", "192.0.2.2"],
                    "searches": ["a.example", "b.example"],
                    "options": [{"name": "ndots", "value": "2"}, {"name": "edns0"}],
                },
            },
            "search a.example b.example\nnameserver 192.0.2.1\nnameserver 192.0.2.2\noptions ndots:2 edns0\n",
        ),
        (
            {"dnsConfig": {"searches": ["a.example"], "options": [{"name": "ndots", "value": "1"}]}},
            "search NS.svc.cluster.local svc.cluster.local cluster.local a.example\nnameserver 10.96.0.10\n"
            "options ndots:1\n",
        ),
    ],
)
def test_resolv_conf(kubectl: Kubectl, namespace: str, spec: dict[str, Any], printed: str) -> None:
    create(kubectl, namespace, container("cat /etc/resolv.conf"), **spec)
    assert output(kubectl, namespace) == printed.replace("NS", namespace)


def test_sysctls_of_the_network(kubectl: Kubectl, namespace: str) -> None:
    sysctls = [{"name": "net.ipv4.tcp_fin_timeout", "value": "7"}]
    create(
        kubectl, namespace, container("cat /proc/sys/net/ipv4/tcp_fin_timeout"), securityContext={"sysctls": sysctls}
    )
    assert output(kubectl, namespace) == "7\n"
