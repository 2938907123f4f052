"""The kubelets of all nodes: each Pod that is assigned to a node gets a worker there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from pocketkube.events import EventRecorder
from pocketkube.node import claimed_storage, local_storage
from pocketkube.node.builtin import Program
from pocketkube.node.containers import Container
from pocketkube.node.images import Images
from pocketkube.node.kubelet_admission import rejection
from pocketkube.node.limits import Sampler
from pocketkube.node.network import ClusterNetwork
from pocketkube.node.node_events import announce
from pocketkube.node.node_leases import keep_renewing
from pocketkube.node.pod import Joined, Machine, PodWorker
from pocketkube.node.probes import Prober
from pocketkube.node.processes import Processes
from pocketkube.registry import Registry
from pocketkube.resources import CONFIGMAPS, NODES, PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, PODS, SECRETS
from pocketkube.service_account_tokens import ServiceAccountTokens
from pocketkube.store import Event, Object

log = logging.getLogger(__name__)


class Kubelets:
    """`builtins`: images whose program is part of pocketkube. `joined`: told of each Pod that gets an address."""

    def __init__(
        self,
        registry: Registry,
        network: ClusterNetwork,
        processes: Processes,
        builtins: dict[str, Program],
        joined: Joined,
        tokens: ServiceAccountTokens,
    ) -> None:
        self._registry = registry
        self._store = registry.store
        self._workers: dict[str, PodWorker] = {}
        self._ending: dict[str, asyncio.Task[None]] = {}
        self._graces: dict[str, float] = {}  # seconds that those have which are ending
        images = Images()
        self._machines = {
            name: Machine(
                registry=registry,
                network=network,
                node=node,
                processes=processes,
                images=images,
                prober=Prober(node.netns),
                recorder=EventRecorder(registry, "kubelet", name),
                builtins=builtins,
                joined=joined,
                tokens=tokens,
            )
            for name, node in network.nodes.items()
        }

    async def run(self) -> None:
        """Follow the store until cancelled."""
        for node in self._store.list(NODES):
            announce(self._registry, node)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(Sampler(self._containers).run())
            tasks.create_task(self._follow_pods())
            tasks.create_task(keep_renewing(self._registry))
            tasks.create_task(self._evict())

    async def _evict(self) -> None:
        while True:
            await asyncio.sleep(local_storage.PERIOD)
            for worker in list(self._workers.values()):
                with _one_pod_alone(worker.pod):
                    worker.evict_if_overfull()

    async def _follow_pods(self) -> None:
        with self._store.watch(PODS, CONFIGMAPS, SECRETS, PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES) as watch:
            async for events in watch:
                for event in events:
                    if event.resource is PODS:
                        with _one_pod_alone(event.object):
                            self._follow(event)
                    elif event.resource is PERSISTENTVOLUMES:
                        if event.type == "DELETED":
                            claimed_storage.forget(event.object)
                    elif event.resource is PERSISTENTVOLUMECLAIMS:
                        for worker in self._workers.values():
                            worker.claim_changed(event.object)
                    else:
                        self._config_changed(event.object["metadata"]["namespace"])

    def _config_changed(self, namespace: str) -> None:
        for worker in self._workers.values():
            if worker.pod["metadata"]["namespace"] == namespace:
                worker.config_changed()

    @property
    def control_plane(self) -> int:
        """The network namespace of the first node, a descriptor."""
        return next(iter(self._machines.values())).node.netns

    def worker(self, uid: str) -> PodWorker | None:
        return self._workers.get(uid)

    def _containers(self) -> Iterator[Container]:
        for worker in self._workers.values():
            for runner in (*worker.inits, *worker.containers):
                if isinstance(runner.current, Container):
                    yield runner.current

    def _follow(self, event: Event) -> None:
        pod = event.object
        uid = pod["metadata"]["uid"]
        worker = self._workers.get(uid)
        if event.type == "DELETED":
            if worker:
                self._end(worker, 0)
            return
        if worker is None:
            self._begin(pod)
            return
        worker.update(pod)
        if "deletionTimestamp" in pod["metadata"]:
            self._end(worker, pod["metadata"].get("deletionGracePeriodSeconds", 30))

    def _begin(self, pod: Object) -> None:
        machine = self._machines.get(pod["spec"].get("nodeName", ""))
        if machine is None or pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
            return
        if "deletionTimestamp" in pod["metadata"]:
            return
        node = self._store.find(NODES, "", machine.node.name)
        if node is None:  # what is bound to it goes soon
            return
        uid = pod["metadata"]["uid"]
        here = [each.pod for each in self._workers.values() if each.pod["spec"]["nodeName"] == machine.node.name]
        worker = self._workers[uid] = PodWorker(machine, pod, self._forget)
        why = rejection(pod, node, here)
        if why:
            worker.reject(why)
        else:
            worker.start()

    def _end(self, worker: PodWorker, grace: float) -> None:
        """End it within `grace` seconds; a Pod that is ending already is only given less time."""
        if worker.uid not in self._ending:
            self._ending[worker.uid] = worker.terminate(grace)
        elif grace < self._graces[worker.uid]:
            asyncio.get_running_loop().call_later(grace, worker.hurry)
        self._graces[worker.uid] = min(grace, self._graces.get(worker.uid, grace))

    def _forget(self, uid: str) -> None:
        self._workers.pop(uid, None)
        self._ending.pop(uid, None)
        self._graces.pop(uid, None)


@contextmanager
def _one_pod_alone(pod: Object) -> Iterator[None]:
    """What goes wrong with one Pod is no end of the others."""
    try:
        yield
    except Exception:
        log.exception("%s/%s", pod["metadata"]["namespace"], pod["metadata"]["name"])
