"""A Pod's volumes, and the files that the kubelet itself puts into each container: hosts, resolv.conf, hostname."""

from __future__ import annotations

import secrets
from pathlib import Path

from pocketkube.node.environment import ConfigError, config_map, field
from pocketkube.node.oci import Mount
from pocketkube.store import Object, Store

CLUSTER_DNS = "10.96.0.10"
SUPPORTED = ("emptyDir", "configMap", "projected", "downwardAPI")


def write_volumes(store: Store, pod: Object, directory: Path) -> dict[str, Path]:
    """Make the Pod's volumes below `directory`: {volume name: path}. ConfigError when one cannot be filled."""
    made = {}
    for volume in pod["spec"].get("volumes") or ():
        path = directory / "volumes" / volume["name"]
        path.mkdir(parents=True)
        _fill(store, pod, volume, path)
        made[volume["name"]] = path
    return made


def write_node_files(pod: Object, directory: Path, address: str) -> list[Mount]:
    """The files that every container of the Pod shares with the kubelet."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "hosts").write_text(_hosts(pod, address))
    (directory / "resolv.conf").write_text(_resolv_conf(pod))
    (directory / "hostname").write_text(hostname(pod) + "\n")
    return [Mount(directory / name, f"/etc/{name}") for name in ("hosts", "resolv.conf", "hostname")]


def container_mounts(container: Object, volumes: dict[str, Path]) -> list[Mount]:
    """The container's volumeMounts; validation has seen to it that each volume exists."""
    mounts = []
    for mount in container.get("volumeMounts") or ():
        source = volumes[mount["name"]]
        if mount.get("subPath"):
            source = (source / mount["subPath"]).resolve()
            if not source.is_relative_to(volumes[mount["name"]]):
                raise ConfigError(f"failed to prepare subPath for volumeMount {mount['name']!r}: it leaves the volume")
            if not source.exists():
                source.mkdir(parents=True)
        mounts.append(Mount(source, mount["mountPath"], mount.get("readOnly", False)))
    return mounts


def hostname(pod: Object) -> str:
    return str(pod["spec"].get("hostname") or pod["metadata"]["name"])[:63]


def _fill(store: Store, pod: Object, volume: Object, path: Path) -> None:
    if "emptyDir" in volume:
        path.chmod(0o777)
    elif "configMap" in volume:
        _write_items(path, config_map(store, pod, volume["configMap"]), volume["configMap"].get("items"))
    elif "downwardAPI" in volume:
        _write_fields(path, pod, volume["downwardAPI"].get("items") or ())
    elif "projected" in volume:
        for source in volume["projected"].get("sources") or ():
            if "configMap" in source:
                _write_items(path, config_map(store, pod, source["configMap"]), source["configMap"].get("items"))
            elif "downwardAPI" in source:
                _write_fields(path, pod, source["downwardAPI"].get("items") or ())
            elif "serviceAccountToken" in source:
                # A well-formed secret that no server accepts: Pods have no way to the API yet.
                (path / source["serviceAccountToken"]["path"]).write_text(secrets.token_urlsafe(32))
    else:
        kind = next((key for key in volume if key != "name"), "none")
        raise ConfigError(
            f"volume {volume['name']}: {kind} is not supported by pocketkube, only {', '.join(SUPPORTED)}"
        )


def _write_items(path: Path, data: dict[str, str], items: list[Object] | None) -> None:
    wanted = items if items is not None else [{"key": key, "path": key} for key in data]
    for item in wanted:
        if item["key"] not in data:
            raise ConfigError(f"configmap references non-existent config key: {item['key']}")
        target = path / item["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(data[item["key"]])


def _write_fields(path: Path, pod: Object, items: list[Object] | tuple[()]) -> None:
    for item in items:
        target = path / item["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(field(pod, item["fieldRef"]["fieldPath"]))


def _hosts(pod: Object, address: str) -> str:
    name = hostname(pod)
    subdomain = pod["spec"].get("subdomain")
    full = f"{name}.{subdomain}.{pod['metadata']['namespace']}.svc.cluster.local\t" if subdomain else ""
    lines = [
        "# Kubernetes-managed hosts file.",
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        f"{address}\t{full}{name}",
    ]
    aliases = pod["spec"].get("hostAliases") or ()
    if aliases:
        lines += ["", "# Entries added by HostAliases."]
        lines += ["\t".join([alias["ip"], *(alias.get("hostnames") or ())]) for alias in aliases]
    return "\n".join(lines) + "\n"


def _resolv_conf(pod: Object) -> str:
    """https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy"""
    spec = pod["spec"]
    config = spec.get("dnsConfig") or {}
    searches: list[str] = []
    servers: list[str] = []
    options: dict[str, str | None] = {}
    if spec.get("dnsPolicy") in ("ClusterFirst", "ClusterFirstWithHostNet", None):
        namespace = pod["metadata"]["namespace"]
        searches = [f"{namespace}.svc.cluster.local", "svc.cluster.local", "cluster.local"]
        servers = [CLUSTER_DNS]
        options = {"ndots": "5"}
    searches += config.get("searches") or []
    servers += config.get("nameservers") or []
    options.update({option["name"]: option.get("value") for option in config.get("options") or ()})
    lines = [f"search {' '.join(searches)}"] if searches else []
    lines += [f"nameserver {server}" for server in servers]
    if options:
        words = [name if value is None else f"{name}:{value}" for name, value in options.items()]
        lines.append(f"options {' '.join(words)}")
    return "\n".join(lines) + "\n"
