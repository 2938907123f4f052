"""The cluster's process: enters the sandbox, starts every part, and serves until its starter goes.

    python -m pocketkube.daemon DIRECTORY LISTENER [--stays] [--internet]

`LISTENER` is the descriptor of the API's listening socket, made outside. Standard input brings the credentials as one
line of JSON; standard output takes one line back: {"ready": true}, or why it cannot run here.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import shutil
import socket
import ssl
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pocketkube import keeper, sandbox
from pocketkube.failure import CannotRun, step

log = logging.getLogger("pocketkube")


def main() -> None:
    directory, listener = Path(sys.argv[1]), int(sys.argv[2])
    stays = "--stays" in sys.argv[3:]
    # A socket belongs to the network namespace that it is made in.
    outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM) if "--internet" in sys.argv[3:] else None
    report = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    kept, lifeline = os.pipe()
    try:
        _require_programs()
        if stays:
            keeper.record(directory)
        inside = sandbox.enter()
        if inside:
            os.close(kept)
            os.close(listener)
            report.close()
            keeper.keep(inside, lifeline, directory, stays=stays)
            return
        os.close(lifeline)
        keeper.end_with(kept, directory)
        sandbox.furnish()
        _serve(socket.socket(fileno=listener), outside, report)
    except CannotRun as error:
        log.error("%s", error)
        _say(report, {"step": error.step, "error": error.error, "remedy": error.remedy})
        sys.exit(1)


def _require_programs() -> None:
    if not shutil.which("crun", path="/usr/bin"):
        raise CannotRun("run containers", "crun is not installed", "Install it: apt-get install crun")


def _serve(listener: socket.socket, outside: socket.socket | None, report: Any) -> None:
    credentials = json.loads(sys.stdin.buffer.readline())
    asyncio.run(_run(listener, outside, credentials, lambda: _say(report, {"ready": True})))


async def _run(
    listener: socket.socket,
    outside: socket.socket | None,
    credentials: dict[str, str],
    ready: Callable[[], None],
) -> None:
    # aiohttp reads the machine's CA certificates when it is imported, 30 ms; nothing here asks for them.
    os.environ["SSL_CERT_FILE"] = os.devnull
    # Imported here: the keeper outside needs none of it.
    from aiohttp import web  # noqa: PLC0415

    from pocketkube import bootstrap, controllers, kubernetes_service  # noqa: PLC0415
    from pocketkube.api.authorization import Authenticator  # noqa: PLC0415
    from pocketkube.api.server import ApiServer  # noqa: PLC0415
    from pocketkube.dns import DnsServer  # noqa: PLC0415
    from pocketkube.dns.upstream import Outside, Upstream, host_resolvers  # noqa: PLC0415
    from pocketkube.namespaces import inside_network_namespace  # noqa: PLC0415
    from pocketkube.node.kubelet import Kubelets  # noqa: PLC0415
    from pocketkube.node.network import ClusterNetwork  # noqa: PLC0415
    from pocketkube.node.processes import Processes  # noqa: PLC0415
    from pocketkube.node.runtime import Runtime  # noqa: PLC0415
    from pocketkube.pod_readiness import is_ready  # noqa: PLC0415
    from pocketkube.policy import Enforcer  # noqa: PLC0415
    from pocketkube.proxy import Proxy  # noqa: PLC0415
    from pocketkube.registry import Registry  # noqa: PLC0415
    from pocketkube.resources import PODS  # noqa: PLC0415
    from pocketkube.service_account_tokens import ServiceAccountTokens  # noqa: PLC0415
    from pocketkube.store import Store  # noqa: PLC0415

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
        with store.watch(PODS, namespace="kube-system") as watch:
            async for events in watch:
                if any(is_ready(event.object) for event in events):
                    break
        ready()


def _tls(credentials: dict[str, str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # load_cert_chain reads files only; these live in the sandbox's own /run for a moment.
    with tempfile.NamedTemporaryFile("w", dir=sandbox.RUN) as file:
        file.write(credentials["certificate"] + credentials["key"])
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _say(report: Any, answer: dict[str, Any]) -> None:
    print(json.dumps(answer), file=report, flush=True)


if __name__ == "__main__":
    main()
