"""A Pod's volumes: https://kubernetes.io/docs/concepts/storage/volumes/"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pocketkube import namespaces
from pocketkube.node.claimed_storage import claimed_volume, directory_of, give_to_group
from pocketkube.node.configuration import ConfigError, keys_of
from pocketkube.node.downward import field, resource_field
from pocketkube.node.environment import expand
from pocketkube.node.host_path import host_path
from pocketkube.node.memory_volume import mount_memory
from pocketkube.node.oci import Mount
from pocketkube.node.projection import Projected, write_projection
from pocketkube.placement.volume_affinity import is_reachable
from pocketkube.resources import CONFIGMAPS, NODES, SECRETS, Resource
from pocketkube.store import Object, Store

DEFAULT_MODE = 0o644
# The volumes that the kubelet writes, and how their directories look: a Secret's is a file system of its own.
MODES = {"configMap": 0o777, "secret": 0o1777, "projected": 0o1777, "downwardAPI": 0o1777}
FILLED = ("emptyDir", *MODES)
# How each kind of source is named when one of its keys is missing.
MISSING = {CONFIGMAPS: "configmap references non-existent config key", SECRETS: "references non-existent secret key"}
Token = Callable[[Object], str]


class VolumeError(Exception):
    """A volume that cannot be filled; `str` says which and why, as the kubelet's FailedMount event does."""


class Volumes:
    """Those of one Pod, below `directory`. `token`: makes what a serviceAccountToken source asks for."""

    def __init__(self, store: Store, directory: Path, token: Token) -> None:
        self._store = store
        self._directory = directory
        self._token = token
        self._tokens: dict[str, str] = {}
        self._mounted: list[Path] = []
        self.paths: dict[str, Path] = {}

    def write(self, pod: Object, group: int | None = None) -> None:
        """Fill them, or bring them up to date. VolumeError when one cannot be. `group`: owns them (fsGroup)."""
        for volume in pod["spec"].get("volumes") or ():
            path = self._directory / volume["name"]
            claim = _claim(pod, volume)
            if claim and volume["name"] in self.paths:
                continue
            try:
                if "hostPath" in volume:
                    path = host_path(pod["spec"]["nodeName"], volume["hostPath"])
                elif claim:
                    path = self._mount(pod, volume["name"], claim, group)
                else:
                    self._fill(pod, volume, path, group)
            except ConfigError as error:
                raise VolumeError(f'MountVolume.SetUp failed for volume "{volume["name"]}" : {error}') from error
            self.paths[volume["name"]] = path

    def unmount(self) -> None:
        """Let go of what is in memory, before the directory is removed."""
        for path in self._mounted:
            namespaces.unmount(str(path))
        self._mounted.clear()

    def _mount(self, pod: Object, volume: str, claim: str, group: int | None) -> Path:
        """The directory of the PersistentVolume that the claim is bound to; the kubelet calls it by that one's name."""
        try:
            bound = claimed_volume(self._store, pod, claim)
        except ConfigError as error:
            which = f"unmounted volumes=[{volume}], unattached volumes=[], failed to process volumes=[{volume}]"
            raise VolumeError(f"Unable to attach or mount volumes: {which}: {error}") from error
        spec, node, name = bound["spec"], pod["spec"]["nodeName"], bound["metadata"]["name"]
        step = "NewMounter initialization failed" if "local" in spec else "SetUp failed"
        try:
            there = self._store.find(NODES, "", node)
            if there and not is_reachable(bound, there):
                step = "NodeAffinity check failed"
                raise ConfigError("no matching NodeSelectorTerms")
            if "hostPath" in spec and spec.get("mountOptions"):
                step = "MountOptionSupport check failed"
                raise ConfigError("mount options are not supported for this volume type")
            return directory_of(bound, node, group)
        except ConfigError as error:
            raise VolumeError(f'MountVolume.{step} for volume "{name}" : {error}') from error

    def _fill(self, pod: Object, volume: Object, path: Path, group: int | None) -> None:
        kind = next((key for key in volume if key != "name"), "none")
        if kind not in FILLED:
            known = ", ".join(("hostPath", "persistentVolumeClaim", "ephemeral", *FILLED))
            raise ConfigError(f"{kind} volumes are not supported by pocketkube, only {known}")
        if not path.exists():
            path.mkdir(parents=True)
            in_memory = kind == "emptyDir" and volume[kind].get("medium") == "Memory"
            if in_memory:
                mount_memory(self._store, pod, volume[kind], path)
                self._mounted.append(path)
            if group is not None:
                give_to_group(path, group)
            elif not in_memory:
                path.chmod(MODES.get(kind, 0o777))
        if kind != "emptyDir":
            files = dict(self._files(pod, volume["name"], volume[kind], kind))
            if group is not None:
                files = {name: Projected(each.content, each.mode | 0o440) for name, each in files.items()}
            write_projection(path, files, group)

    def _files(self, pod: Object, volume: str, source: Object, kind: str) -> Iterator[tuple[str, Projected]]:
        mode = source.get("defaultMode", DEFAULT_MODE)
        if kind != "projected":
            yield from self._of_source(pod, volume, {kind: source}, mode)
            return
        for each in source.get("sources") or ():
            yield from self._of_source(pod, volume, each, mode)

    def _of_source(self, pod: Object, volume: str, source: Object, mode: int) -> Iterator[tuple[str, Projected]]:
        if "configMap" in source:
            yield from self._of_keys(CONFIGMAPS, pod, source["configMap"], mode)
        elif "secret" in source:
            yield from self._of_keys(SECRETS, pod, source["secret"], mode)
        elif "downwardAPI" in source:
            for item in source["downwardAPI"].get("items") or ():
                yield item["path"], Projected(self._of_pod(pod, item).encode(), item.get("mode", mode))
        elif "serviceAccountToken" in source:
            asked = source["serviceAccountToken"]
            key = f"{volume}/{asked['path']}"
            if key not in self._tokens:
                self._tokens[key] = self._token(asked)
            yield asked["path"], Projected(self._tokens[key].encode(), mode)
        else:
            raise ConfigError(f"the source {', '.join(source)} is not supported by pocketkube")

    def _of_keys(self, resource: Resource, pod: Object, source: Object, mode: int) -> Iterator[tuple[str, Projected]]:
        data = keys_of(self._store, resource, pod, source)
        items = source.get("items")
        everything: list[Object] = [{"key": key, "path": key} for key in sorted(data)]
        for item in everything if items is None else items:
            if item["key"] in data:
                yield item["path"], Projected(data[item["key"]], item.get("mode", mode))
            elif not source.get("optional"):
                raise ConfigError(f"{MISSING[resource]}: {item['key']}")

    def _of_pod(self, pod: Object, item: Object) -> str:
        if "fieldRef" in item:
            return field(pod, item["fieldRef"]["fieldPath"])
        reference = item["resourceFieldRef"]
        container = next(each for each in pod["spec"]["containers"] if each["name"] == reference.get("containerName"))
        return resource_field(self._store, pod, container, reference)


def container_mounts(
    pod: Object, container: Object, volumes: dict[str, Path], variables: dict[str, str]
) -> list[Mount]:
    """The container's volumeMounts; validation has seen to it that each volume exists.

    What the kubelet writes nobody else may: https://kubernetes.io/docs/concepts/storage/volumes/#configmap
    """
    volumes_of_pod = pod["spec"].get("volumes") or ()
    written = {each["name"] for each in volumes_of_pod if MODES.keys() & each.keys() or _is_read_only(each)}
    mounts = []
    for mount in container.get("volumeMounts") or ():
        source = volumes[mount["name"]]
        inside = mount.get("subPath") or expand(mount.get("subPathExpr", ""), variables)
        if inside:
            source = (source / inside).resolve()
            if not source.is_relative_to(volumes[mount["name"]].resolve()):
                raise ConfigError(f'failed to prepare subPath for volumeMount "{mount["name"]}" of container')
            _make_below(volumes[mount["name"]].resolve(), source)
        read_only = mount.get("readOnly", False) or mount["name"] in written
        mounts.append(Mount(source, mount["mountPath"], read_only))
    return mounts


def _claim(pod: Object, volume: Object) -> str:
    """The name of the claim that the volume is of; "" for another kind of volume."""
    if "ephemeral" in volume:
        return f"{pod['metadata']['name']}-{volume['name']}"
    return str((volume.get("persistentVolumeClaim") or {}).get("claimName", ""))


def _is_read_only(volume: Object) -> bool:
    return bool((volume.get("persistentVolumeClaim") or {}).get("readOnly"))


def _make_below(volume: Path, path: Path) -> None:
    """A subPath that is not there yet: directories that anyone may use who may use the volume."""
    if not path.exists():
        _make_below(volume, path.parent)
        path.mkdir()
        path.chmod(volume.stat().st_mode & 0o7777)
