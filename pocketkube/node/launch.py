"""What is to run in a container of a Pod: command, environment, files, user."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pocketkube.node.environment import environment, expand
from pocketkube.node.images import Image
from pocketkube.node.oci import Launch, Mount
from pocketkube.node.security import capabilities, identity, may_gain_privileges
from pocketkube.node.volumes import container_mounts
from pocketkube.quantity import parse
from pocketkube.store import Object, Store


def launch_of(
    store: Store,
    pod: Object,
    container: Object,
    image: Image,
    *,
    host: str,
    network: str,
    mounts: list[Mount],
    volumes: dict[str, Path],
    processes: str,
) -> Launch:
    """`host`: its host name; `network`, `processes`: paths of namespaces. ConfigError when something is missing."""
    variables = environment(store, pod, container)
    context = container.get("securityContext") or {}
    limits = (container.get("resources") or {}).get("limits") or {}
    return Launch(
        arguments=_arguments(container, image, variables),
        environment=_variables(container, image, host, variables),
        working_directory=container.get("workingDir") or image.working_directory,
        hostname=host,
        terminal=container.get("tty", False),
        mounts=[*mounts, *container_mounts(pod, container, volumes, variables)],
        network=network,
        processes=processes,
        identity=identity(pod, container, image),
        capabilities=tuple(capabilities(container)),
        gains_privileges=may_gain_privileges(container),
        memory_limit=int(parse(limits.get("memory", "0"))),
        read_only_root=context.get("readOnlyRootFilesystem", False),
    )


def _arguments(container: Object, image: Image, variables: Mapping[str, str]) -> list[str]:
    """https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/"""
    command, given = container.get("command"), container.get("args")
    if not given:
        given = [] if command else list(image.command)
    return [expand(word, variables) for word in [*(command or image.entrypoint), *given]]


def _variables(container: Object, image: Image, host: str, variables: Mapping[str, str]) -> list[str]:
    defaults = {f"HOSTNAME={host}", *(["TERM=xterm"] if container.get("tty") else [])}
    if not any(each.startswith("HOME=") for each in image.environment):
        defaults.add("HOME=/root")
    return [*image.environment, *sorted(defaults), *(f"{key}={value}" for key, value in variables.items())]
