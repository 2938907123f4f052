"""What Pods may not ask for: the Baseline Pod Security Standard and, besides, anything outside the lab.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graders.policy import metadata
from graders.policy.fields import Path, items, mapping, mappings, refuse
from graders.policy.quantity import quantity
from graders.submission import Document, printable

MOST_PODS = 10  # of a submission
MOST = {"cpu": 1.0, "memory": 256.0 * (1 << 20), "ephemeral-storage": float(1 << 30)}  # of a container
MOST_SHOWN = {"cpu": "1", "memory": "256Mi", "ephemeral-storage": "1Gi"}
LONGEST_GRACE = 60  # seconds that clean-up waits for a Pod
# Where the Pods of a kind are described, and the field that says how many there are.
TEMPLATE: Path = ("spec", "template")
KINDS: dict[str, tuple[Path, str]] = {
    "Pod": ((), ""),
    "Deployment": (TEMPLATE, "replicas"),
    "ReplicaSet": (TEMPLATE, "replicas"),
    "StatefulSet": (TEMPLATE, "replicas"),
    "Job": (TEMPLATE, "parallelism"),
}
# {field: what it may say nevertheless, because it is the default}
FIELDS: dict[str, tuple[Any, ...]] = {
    "hostNetwork": (),
    "hostPID": (),
    "hostIPC": (),
    "nodeName": (),
    "hostAliases": (),
    "serviceAccountName": ("default",),
    "serviceAccount": ("default",),
    "priorityClassName": (),
    "priority": (0,),
    "runtimeClassName": (),
    "schedulerName": ("default-scheduler",),
    "resourceClaims": (),
}
CONTEXT: dict[str, tuple[Any, ...]] = {
    "privileged": (),
    "procMount": ("Default",),
    "seLinuxOptions": (),
    "windowsOptions": (),
    "sysctls": (),
}
VOLUMES = ("configMap", "emptyDir", "downwardAPI")
CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
HANDLERS = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


def enforce(document: Document, images: Sequence[str], room: int) -> int:
    """`room`: how many Pods the submission may still have. Returns what is left of it."""
    kind = str(document.content["kind"])
    if kind not in KINDS:
        return room
    path, count = KINDS[kind]
    if mapping(document.content, "spec").get("volumeClaimTemplates"):
        refuse(document, ("spec", "volumeClaimTemplates"), "storage is not allowed. Take volumeClaimTemplates out.")
    metadata.enforce_words(document, (*path, "metadata"))
    _pod(document, (*path, "spec"), images)
    pods = mapping(document.content, "spec").get(count, 1) if count else 1
    room -= pods if isinstance(pods, int) and pods > 0 else 0
    if room < 0:
        what = f"the submission has more than {MOST_PODS} Pods. Ask for as many as the task does."
        refuse(document, ("spec", count), what)
    return room


def _pod(document: Document, path: Path, images: Sequence[str]) -> None:
    pod = mapping(document.content, *map(str, path))
    _fields(document, pod, path, FIELDS)
    _security_context(document, pod, path)
    grace = pod.get("terminationGracePeriodSeconds")
    if isinstance(grace, int) and grace > LONGEST_GRACE:
        what = f"a grace period of more than {LONGEST_GRACE} seconds is not allowed. Leave it out, or make it shorter."
        refuse(document, (*path, "terminationGracePeriodSeconds"), what)
    if mapping(pod, "dnsConfig").get("nameservers"):
        what = "name servers of your own are not allowed. Use the cluster's DNS."
        refuse(document, (*path, "dnsConfig", "nameservers"), what)
    for number, toleration in mappings(pod.get("tolerations")):
        if toleration.get("key") in (*CONTROL_PLANE, None, ""):
            refuse(document, (*path, "tolerations", number), "Pods on the control plane are not allowed. Take it out.")
    for number, volume in mappings(pod.get("volumes")):
        for name in volume:
            if name not in ("name", *VOLUMES):
                what = f"a volume of the kind {printable(name)} is not allowed. Use one of {', '.join(VOLUMES)}."
                refuse(document, (*path, "volumes", number, name), what)
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for number, container in mappings(pod.get(kind)):
            _container(document, container, (*path, kind, number), images)


def _container(document: Document, container: dict[str, Any], path: Path, images: Sequence[str]) -> None:
    image = container.get("image", "")
    if _familiar(image) not in images:
        what = f"the image {printable(str(image))} is not allowed in this lab. Use {' or '.join(images)}."
        refuse(document, (*path, "image"), what)
    _security_context(document, container, path)
    for number, port in mappings(container.get("ports")):
        if port.get("hostPort"):
            refuse(document, (*path, "ports", number, "hostPort"), "hostPort is not allowed. Take it out.")
    for handler in HANDLERS:
        for action in ("httpGet", "tcpSocket"):
            if mapping(container, *handler, action).get("host"):
                what = "a probe of another host is not allowed. Take `host` out: the Pod itself is asked."
                refuse(document, (*path, *handler, action, "host"), what)
    for side in ("limits", "requests"):
        for name, amount in mapping(container, "resources", side).items():
            where = (*path, "resources", side, name)
            if name not in MOST:
                refuse(document, where, f"the resource {printable(name)} is not allowed. Take it out.")
            asked = quantity(amount)
            if asked is not None and asked > MOST[name]:
                what = f"more than {MOST_SHOWN[name]} of {name} is not allowed. Ask for less, or leave it out."
                refuse(document, where, what)


def _familiar(image: Any) -> str:
    """`docker.io/library/nginx:1.29` is `nginx:1.29` in full: https://github.com/distribution/reference"""
    return str(image).removeprefix("docker.io/").removeprefix("library/")


def _security_context(document: Document, holder: dict[str, Any], path: Path) -> None:
    """Of a Pod or a container."""
    path = (*path, "securityContext")
    context = mapping(holder, "securityContext")
    _fields(document, context, path, CONTEXT)
    added = [each for each in items(mapping(context, "capabilities").get("add")) if each != "NET_BIND_SERVICE"]
    if added:
        what = f"the capability {printable(str(added[0]))} is not allowed. Take it out."
        refuse(document, (*path, "capabilities", "add"), what)
    for profile in ("seccompProfile", "appArmorProfile"):
        kind = mapping(context, profile).get("type")
        if kind not in ("RuntimeDefault", None):
            what = f"the {profile} {printable(str(kind))} is not allowed. Use RuntimeDefault, or leave it out."
            refuse(document, (*path, profile, "type"), what)


def _fields(document: Document, holder: dict[str, Any], path: Path, fields: dict[str, tuple[Any, ...]]) -> None:
    for name, allowed in fields.items():
        value = holder.get(name)
        if value and value not in allowed:
            shown = name if path[-1] == "spec" else f"{path[-1]}.{name}"
            refuse(document, (*path, name), f"{shown} is not allowed. Take it out.")
