"""The controllers: each follows the store and brings what is closer to what is asked for."""

from __future__ import annotations

import asyncio

from pocketkube import kubernetes_service
from pocketkube.controllers.aggregated_roles import AggregatedRoleController
from pocketkube.controllers.cronjobs import CronJobController
from pocketkube.controllers.daemonset import DaemonSetController
from pocketkube.controllers.deployments import DeploymentController
from pocketkube.controllers.disruption_budgets import DisruptionController
from pocketkube.controllers.endpoints import EndpointsController
from pocketkube.controllers.endpointslice import EndpointSliceController
from pocketkube.controllers.garbage import GarbageCollector
from pocketkube.controllers.jobs import JobController
from pocketkube.controllers.mirroring import EndpointSliceMirroringController
from pocketkube.controllers.namespace import NamespaceController
from pocketkube.controllers.node_taints import NodeTaintController
from pocketkube.controllers.orphaned_pods import OrphanedPodController
from pocketkube.controllers.replicaset import ReplicaSetController, ReplicationManager
from pocketkube.controllers.resourcequota import ResourceQuotaController
from pocketkube.controllers.scheduler import Scheduler
from pocketkube.controllers.statefulset import StatefulSetController
from pocketkube.controllers.volumes import (
    EphemeralVolumeController,
    LocalPathProvisioner,
    PersistentVolumeController,
    ProtectionController,
)
from pocketkube.registry import Registry


async def run(registry: Registry, ca_certificate: str) -> None:
    """Run all of them until cancelled. `ca_certificate` (PEM) goes into every namespace as kube-root-ca.crt."""
    async with asyncio.TaskGroup() as tasks:
        for controller in (
            NamespaceController(registry, ca_certificate),
            AggregatedRoleController(registry),
            DeploymentController(registry),
            ReplicaSetController(registry),
            ReplicationManager(registry),
            StatefulSetController(registry),
            DaemonSetController(registry),
            JobController(registry),
            CronJobController(registry),
            DisruptionController(registry),
            EphemeralVolumeController(registry),
            PersistentVolumeController(registry),
            LocalPathProvisioner(registry),
            ProtectionController(registry),
            Scheduler(registry),
            NodeTaintController(registry),
            OrphanedPodController(registry),
            EndpointSliceController(registry),
            EndpointsController(registry),
            EndpointSliceMirroringController(registry),
            GarbageCollector(registry),
            ResourceQuotaController(registry),
        ):
            tasks.create_task(controller.run(), name=type(controller).__name__)
        tasks.create_task(kubernetes_service.keep(registry))
