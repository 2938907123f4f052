"""The roles that every cluster has for its users, and to whom they are bound.

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings. Those of the
control plane's own parts are not among them: here these parts need none.
"""

from __future__ import annotations

from pocketkube.rbac.request import AUTHENTICATED, UNAUTHENTICATED
from pocketkube.resources import CLUSTERROLES
from pocketkube.store import Object

GROUP = CLUSTERROLES.group
READ = ["get", "list", "watch"]
WRITE = ["create", "delete", "deletecollection", "patch", "update"]
ALL = sorted(READ + WRITE)
PUBLIC = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
DISCOVERY = ["/api", "/api/*", "/apis", "/apis/*", *PUBLIC[:2], "/openapi", "/openapi/*", *PUBLIC[2:]]
WORKLOADS = ("daemonsets", "deployments", "replicasets", "statefulsets")


def _rule(group: str, verbs: list[str], *resources: str) -> Object:
    return {"apiGroups": [group], "resources": sorted(resources), "verbs": verbs}


def _paths(urls: list[str], verbs: list[str]) -> Object:
    return {"nonResourceURLs": urls, "verbs": verbs}


def _with(subresource: str, *resources: str) -> list[str]:
    return [*resources, *(f"{each}/{subresource}" for each in resources)]


ADMIN = [
    _rule("authorization.k8s.io", ["create"], "localsubjectaccessreviews"),
    _rule(GROUP, ALL, "rolebindings", "roles"),
]
EDIT = [
    _rule("", READ, "pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"),
    _rule("", ["impersonate"], "serviceaccounts"),
    _rule("", WRITE, "pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"),
    _rule("", ["create"], "pods/eviction"),
    _rule(
        "",
        WRITE,
        "configmaps",
        "events",
        "persistentvolumeclaims",
        *_with("scale", "replicationcontrollers"),
        "secrets",
        "serviceaccounts",
        *_with("proxy", "services"),
    ),
    _rule("", ["create"], "serviceaccounts/token"),
    _rule("apps", WRITE, "daemonsets", "deployments/rollback", *_with("scale", *WORKLOADS[1:])),
    _rule("autoscaling", WRITE, "horizontalpodautoscalers"),
    _rule("batch", WRITE, "cronjobs", "jobs"),
    _rule("policy", WRITE, "poddisruptionbudgets"),
    _rule("networking.k8s.io", WRITE, "ingresses", "networkpolicies"),
    _rule("coordination.k8s.io", ALL, "leases"),
]
VIEW = [
    _rule(
        "",
        READ,
        "configmaps",
        "endpoints",
        *_with("status", "persistentvolumeclaims", "services"),
        "pods",
        *_with("scale", "replicationcontrollers"),
        "serviceaccounts",
    ),
    _rule(
        "",
        READ,
        "bindings",
        "events",
        "limitranges",
        "namespaces/status",
        "pods/log",
        "pods/status",
        "replicationcontrollers/status",
        *_with("status", "resourcequotas"),
    ),
    _rule("", READ, "namespaces"),
    _rule("discovery.k8s.io", READ, "endpointslices"),
    _rule(
        "apps",
        READ,
        "controllerrevisions",
        *_with("status", *WORKLOADS),
        *(f"{each}/scale" for each in WORKLOADS[1:]),
    ),
    _rule("autoscaling", READ, *_with("status", "horizontalpodautoscalers")),
    _rule("batch", READ, *_with("status", "cronjobs", "jobs")),
    _rule("policy", READ, *_with("status", "poddisruptionbudgets")),
    _rule("networking.k8s.io", READ, *_with("status", "ingresses"), "networkpolicies"),
]
BASIC = [
    _rule("authorization.k8s.io", ["create"], "selfsubjectaccessreviews", "selfsubjectrulesreviews"),
    _rule("authentication.k8s.io", ["create"], "selfsubjectreviews"),
]
RULES: dict[str, list[Object]] = {
    "cluster-admin": [_rule("*", ["*"], "*"), _paths(["*"], ["*"])],
    "system:aggregate-to-admin": ADMIN,
    "system:aggregate-to-edit": EDIT,
    "system:aggregate-to-view": VIEW,
    "system:basic-user": BASIC,
    "system:discovery": [_paths(DISCOVERY, ["get"])],
    "system:public-info-viewer": [_paths(PUBLIC, ["get"])],
}
AGGREGATED = ("admin", "edit", "view")
INTO = {  # which roles go into which: by their label
    "edit": "admin",
    "view": "edit",
    "system:aggregate-to-admin": "admin",
    "system:aggregate-to-edit": "edit",
    "system:aggregate-to-view": "view",
}
BOUND = {  # role: groups
    "cluster-admin": ["system:masters"],
    "system:basic-user": [AUTHENTICATED],
    "system:discovery": [AUTHENTICATED],
    "system:public-info-viewer": [AUTHENTICATED, UNAUTHENTICATED],
}
LABEL = GROUP + "/aggregate-to-{}"


def cluster_roles() -> list[Object]:
    """A role that comes from others is given its rules by the controller that gathers them."""
    fixed = [{"metadata": _metadata(name), "rules": rules} for name, rules in RULES.items()]
    return fixed + [
        {
            "metadata": _metadata(name),
            "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {LABEL.format(name): "true"}}]},
            "rules": [],
        }
        for name in AGGREGATED
    ]


def cluster_role_bindings() -> list[Object]:
    """The last is kubeadm's own: it makes the owner of the kubeconfig the cluster's administrator."""
    bound = [(name, name, groups) for name, groups in BOUND.items()]
    return [
        {
            "metadata": _metadata(name),
            "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": GROUP, "kind": "Group", "name": group} for group in groups],
        }
        for name, role, groups in (*bound, ("kubeadm:cluster-admins", "cluster-admin", ["kubeadm:cluster-admins"]))
    ]


def _metadata(name: str) -> Object:
    if name.startswith("kubeadm:"):
        return {"name": name}
    labels = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    if name in INTO:
        labels[LABEL.format(INTO[name])] = "true"
    return {
        "name": name,
        "labels": labels,
        "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
    }
