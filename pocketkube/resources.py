"""Which resources pocketkube serves, under their names in the Kubernetes API."""

from __future__ import annotations

from dataclasses import dataclass

READ_WRITE = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One row of API discovery, each there once: it is the key under which the store keeps objects."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = READ_WRITE
    has_status: bool = False
    has_scale: bool = False
    has_generation: bool = False  # metadata.generation counts changes of what the user asks for

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """`services`, `deployments.apps`: the name that error messages use."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


CONFIGMAPS = Resource("", "v1", "configmaps", "configmap", "ConfigMap", short_names=("cm",))
ENDPOINTS = Resource("", "v1", "endpoints", "endpoints", "Endpoints", short_names=("ep",))
EVENTS = Resource("", "v1", "events", "event", "Event", short_names=("ev",))
EVENTS_V1 = Resource("events.k8s.io", "v1", "events", "event", "Event", short_names=("ev",))  # another view of EVENTS
LIMITRANGES = Resource("", "v1", "limitranges", "limitrange", "LimitRange", short_names=("limits",))
NAMESPACES = Resource(
    "",
    "v1",
    "namespaces",
    "namespace",
    "Namespace",
    namespaced=False,
    short_names=("ns",),
    verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
    has_status=True,
)
NODES = Resource("", "v1", "nodes", "node", "Node", namespaced=False, short_names=("no",), has_status=True)
PERSISTENTVOLUMECLAIMS = Resource(
    "",
    "v1",
    "persistentvolumeclaims",
    "persistentvolumeclaim",
    "PersistentVolumeClaim",
    short_names=("pvc",),
    has_status=True,
)
PERSISTENTVOLUMES = Resource(
    "",
    "v1",
    "persistentvolumes",
    "persistentvolume",
    "PersistentVolume",
    namespaced=False,
    short_names=("pv",),
    has_status=True,
)
PODS = Resource(
    "",
    "v1",
    "pods",
    "pod",
    "Pod",
    short_names=("po",),
    categories=("all",),
    has_status=True,
    has_generation=True,
)
REPLICATIONCONTROLLERS = Resource(
    "",
    "v1",
    "replicationcontrollers",
    "replicationcontroller",
    "ReplicationController",
    short_names=("rc",),
    categories=("all",),
    has_status=True,
    has_scale=True,
    has_generation=True,
)
RESOURCEQUOTAS = Resource(
    "", "v1", "resourcequotas", "resourcequota", "ResourceQuota", short_names=("quota",), has_status=True
)
SECRETS = Resource("", "v1", "secrets", "secret", "Secret")
SERVICEACCOUNTS = Resource("", "v1", "serviceaccounts", "serviceaccount", "ServiceAccount", short_names=("sa",))
SERVICES = Resource(
    "", "v1", "services", "service", "Service", short_names=("svc",), categories=("all",), has_status=True
)
CONTROLLERREVISIONS = Resource("apps", "v1", "controllerrevisions", "controllerrevision", "ControllerRevision")
DAEMONSETS = Resource(
    "apps",
    "v1",
    "daemonsets",
    "daemonset",
    "DaemonSet",
    short_names=("ds",),
    categories=("all",),
    has_status=True,
    has_generation=True,
)
DEPLOYMENTS = Resource(
    "apps",
    "v1",
    "deployments",
    "deployment",
    "Deployment",
    short_names=("deploy",),
    categories=("all",),
    has_status=True,
    has_scale=True,
    has_generation=True,
)
REPLICASETS = Resource(
    "apps",
    "v1",
    "replicasets",
    "replicaset",
    "ReplicaSet",
    short_names=("rs",),
    categories=("all",),
    has_status=True,
    has_scale=True,
    has_generation=True,
)
STATEFULSETS = Resource(
    "apps",
    "v1",
    "statefulsets",
    "statefulset",
    "StatefulSet",
    short_names=("sts",),
    categories=("all",),
    has_status=True,
    has_scale=True,
    has_generation=True,
)
CRONJOBS = Resource(
    "batch",
    "v1",
    "cronjobs",
    "cronjob",
    "CronJob",
    short_names=("cj",),
    categories=("all",),
    has_status=True,
    has_generation=True,
)
JOBS = Resource("batch", "v1", "jobs", "job", "Job", categories=("all",), has_status=True, has_generation=True)
ENDPOINTSLICES = Resource(
    "discovery.k8s.io", "v1", "endpointslices", "endpointslice", "EndpointSlice", has_generation=True
)
INGRESSCLASSES = Resource(
    "networking.k8s.io",
    "v1",
    "ingressclasses",
    "ingressclass",
    "IngressClass",
    namespaced=False,
    has_generation=True,
)
INGRESSES = Resource(
    "networking.k8s.io",
    "v1",
    "ingresses",
    "ingress",
    "Ingress",
    short_names=("ing",),
    has_status=True,
    has_generation=True,
)
NETWORKPOLICIES = Resource(
    "networking.k8s.io",
    "v1",
    "networkpolicies",
    "networkpolicy",
    "NetworkPolicy",
    short_names=("netpol",),
    has_generation=True,
)
PODDISRUPTIONBUDGETS = Resource(
    "policy",
    "v1",
    "poddisruptionbudgets",
    "poddisruptionbudget",
    "PodDisruptionBudget",
    short_names=("pdb",),
    has_status=True,
    has_generation=True,
)
CLUSTERROLEBINDINGS = Resource(
    "rbac.authorization.k8s.io",
    "v1",
    "clusterrolebindings",
    "clusterrolebinding",
    "ClusterRoleBinding",
    namespaced=False,
)
CLUSTERROLES = Resource(
    "rbac.authorization.k8s.io", "v1", "clusterroles", "clusterrole", "ClusterRole", namespaced=False
)
ROLEBINDINGS = Resource("rbac.authorization.k8s.io", "v1", "rolebindings", "rolebinding", "RoleBinding")
ROLES = Resource("rbac.authorization.k8s.io", "v1", "roles", "role", "Role")
LEASES = Resource("coordination.k8s.io", "v1", "leases", "lease", "Lease")
STORAGECLASSES = Resource(
    "storage.k8s.io",
    "v1",
    "storageclasses",
    "storageclass",
    "StorageClass",
    namespaced=False,
    short_names=("sc",),
)

SCALES = Resource("autoscaling", "v1", "scales", "scale", "Scale")  # a view of others, never stored

SERVED = (
    CONFIGMAPS,
    ENDPOINTS,
    EVENTS,
    LIMITRANGES,
    NAMESPACES,
    NODES,
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    PODS,
    REPLICATIONCONTROLLERS,
    RESOURCEQUOTAS,
    SECRETS,
    SERVICEACCOUNTS,
    SERVICES,
    CONTROLLERREVISIONS,
    DAEMONSETS,
    DEPLOYMENTS,
    REPLICASETS,
    STATEFULSETS,
    CRONJOBS,
    JOBS,
    LEASES,
    ENDPOINTSLICES,
    EVENTS_V1,
    INGRESSCLASSES,
    INGRESSES,
    NETWORKPOLICIES,
    PODDISRUPTIONBUDGETS,
    CLUSTERROLEBINDINGS,
    CLUSTERROLES,
    ROLEBINDINGS,
    ROLES,
    STORAGECLASSES,
)
