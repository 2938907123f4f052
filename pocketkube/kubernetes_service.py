"""The Service `kubernetes` and its endpoints: the API server keeps them, and brings them back when they are deleted.

Source: k8s.io/kubernetes/pkg/controlplane/controller/kubernetesservice
"""

from __future__ import annotations

import asyncio
import logging

from pocketkube.errors import ApiError
from pocketkube.registry import Registry
from pocketkube.resources import ENDPOINTS, ENDPOINTSLICES, SERVICES, Resource
from pocketkube.store import Object
from pocketkube.well_known_labels import SERVICE_NAME

ADDRESS = "172.18.0.2"
PORT = 6443
NAMESPACE, NAME = "default", "kubernetes"
log = logging.getLogger(__name__)
PERIOD = 10.0  # seconds: EndpointReconcilerInterval


async def keep(registry: Registry) -> None:
    """Look after them until cancelled."""
    while True:
        await asyncio.sleep(PERIOD)
        try:
            restore(registry)
        except ApiError as error:  # such as an address that another Service has taken meanwhile
            log.warning("%s/%s: %s", NAMESPACE, NAME, error.message)


def restore(registry: Registry) -> None:
    """Create those that are not there."""
    for resource, wanted in OBJECTS.items():
        if registry.store.find(resource, NAMESPACE, NAME) is None:
            registry.create(resource, wanted, NAMESPACE)


OBJECTS: dict[Resource, Object] = {
    SERVICES: {
        "metadata": {"name": NAME, "labels": {"component": "apiserver", "provider": "kubernetes"}},
        "spec": {
            "clusterIP": "10.96.0.1",
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": PORT}],
        },
    },
    ENDPOINTS: {
        "metadata": {"name": NAME, "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
        "subsets": [
            {"addresses": [{"ip": ADDRESS}], "ports": [{"name": "https", "port": PORT, "protocol": "TCP"}]},
        ],
    },
    ENDPOINTSLICES: {
        "metadata": {"name": NAME, "labels": {SERVICE_NAME: NAME}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [ADDRESS], "conditions": {"ready": True}}],
        "ports": [{"name": "https", "port": PORT, "protocol": "TCP"}],
    },
}
