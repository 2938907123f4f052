"""Every part of a cluster, on one event loop."""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
import tempfile
from collections.abc import Callable

from aiohttp import web

from pocketkube import bootstrap, controllers, kubernetes_service, sandbox
from pocketkube.api.authorization import Authenticator
from pocketkube.api.server import ApiServer
from pocketkube.dns import DnsServer
from pocketkube.dns.upstream import Outside, Upstream, host_resolvers
from pocketkube.failure import step
from pocketkube.namespaces import inside_network_namespace
from pocketkube.node.kubelet import Kubelets
from pocketkube.node.network import ClusterNetwork
from pocketkube.node.processes import Processes
from pocketkube.node.runtime import Runtime
from pocketkube.pod_readiness import is_ready
from pocketkube.policy import Enforcer
from pocketkube.proxy import Proxy
from pocketkube.registry import Registry
from pocketkube.resources import PODS
from pocketkube.service_account_tokens import ServiceAccountTokens
from pocketkube.store import Store


async def run(
    listener: socket.socket,
    outside: socket.socket | None,
    credentials: dict[str, str],
    ready: Callable[[], None],
) -> None:
    """Serve until cancelled; `ready` is called once DNS answers.

    `listener`: the API's socket. `outside`: a socket of the host's network, for names that are not the cluster's.
    `credentials`: ca, certificate and key (PEM), token.
    """
    store = Store()
    registry = Registry(store)
    with step("make the cluster's network"):
        network = ClusterNetwork()
    dns = DnsServer(store, Upstream(Outside(outside, host_resolvers()) if outside else None))
    processes = Processes()
    policy = Enforcer(store, network.nodes.values())
    tokens = ServiceAccountTokens(secrets.token_bytes(32))
    kubelets = Kubelets(registry, network, processes, {bootstrap.COREDNS_IMAGE: dns.serve}, policy.join, tokens)
    authenticator = Authenticator(credentials["token"], tokens)
    server = ApiServer(store, registry, Runtime(store, kubelets, processes), authenticator)
    with step("set up nftables"):
        proxy = Proxy(store, network.nodes.values())
    bootstrap.write(registry, {name: (node.address, node.pod_cidr) for name, node in network.nodes.items()})
    runner = web.AppRunner(server.application(), handle_signals=False, access_log=None)
    await runner.setup()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(controllers.run(registry, credentials["ca"]))
        tasks.create_task(proxy.run())
        tasks.create_task(policy.run())
        tasks.create_task(dns.run())
        tasks.create_task(kubelets.run())
        tls = _tls(credentials)
        await web.SockSite(runner, listener, ssl_context=tls).start()
        control_plane = next(iter(network.nodes.values()))
        with inside_network_namespace(control_plane.netns):
            inside = socket.create_server((kubernetes_service.ADDRESS, kubernetes_service.PORT), backlog=128)
        await web.SockSite(runner, inside, ssl_context=tls).start()
        await _until_dns_is_ready(store)
        ready()


async def _until_dns_is_ready(store: Store) -> None:
    with store.watch(PODS, namespace="kube-system") as watch:
        async for events in watch:
            if any(is_ready(event.object) for event in events):
                return


def _tls(credentials: dict[str, str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # load_cert_chain reads files only; these live in the sandbox's own /run for a moment.
    with tempfile.NamedTemporaryFile("w", dir=sandbox.RUN) as file:
        file.write(credentials["certificate"] + credentials["key"])
        file.flush()
        context.load_cert_chain(file.name)
    return context
