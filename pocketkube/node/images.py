"""Container images. A name maps to one that was loaded, or to a recipe over the host's own programs.

Nothing is ever downloaded: what has a recipe counts as what a registry has. An image is what OCI says it is: layers for
an overlay file system and a configuration. A recipe's layers hold only what a container needs besides the host's /usr:
an /etc of its own, and files that people edit.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from pocketkube.archives import kept
from pocketkube.image_reference import parse_reference
from pocketkube.node import one_user, recipes
from pocketkube.node.user_ids import has_group, has_others, has_user
from pocketkube.sandbox import RUN

LAYERS = RUN / "pocketkube" / "images"


@dataclass(frozen=True, slots=True)
class Image:
    """`layers`: directories, uppermost first. `host`: {path in the container: host directory shown beneath it}."""

    reference: str
    id: str
    layers: tuple[Path, ...]
    host: tuple[tuple[str, tuple[Path, ...]], ...]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    environment: tuple[str, ...]
    working_directory: str = "/"
    user: str = ""  # as the image's configuration has it; below, who that is in the sandbox
    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    stop_signal: str = "SIGTERM"
    size: int = 0  # bytes; of a recipe those of its programs


class ImageError(Exception):
    """`reason` is the kubelet's: InvalidImageName, ErrImagePull or ErrImageNeverPull."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Images:
    """The images that the nodes have; each is laid out when it is first used."""

    def __init__(self) -> None:
        self._made: dict[str, Image] = {}

    def find(self, reference: str, pull_policy: str) -> Image:
        """The image by that name; ImageError as the kubelet would meet it on a machine without a registry."""
        name, tag = _name_and_tag(reference)
        loaded = kept.find(f"{name}:{tag}")
        if loaded and pull_policy != "Always":
            return _loaded(reference, loaded)
        recipe = recipes.RECIPES.get(name)
        if recipe is None or not re.fullmatch(recipe.tags, tag):
            if pull_policy == "Never":
                raise ImageError(
                    "ErrImageNeverPull", f'Container image "{reference}" is not present with pull policy of Never'
                )
            full = f"{name}:{tag}"
            raise ImageError(
                "ErrImagePull",
                f'Failed to pull image "{reference}": rpc error: code = NotFound desc = failed to pull and unpack '
                f'image "{full}": failed to resolve reference "{full}": {full}: not found',
            )
        missing = [program for program in recipe.programs if shutil.which(program, path=recipes.PATH) is None]
        if missing:
            raise ImageError(
                "ErrImagePull",
                f"pocketkube makes {reference} from this machine's own programs, and {', '.join(missing)} is missing: "
                f"apt-get install {recipe.package}",
            )
        if reference not in self._made:
            self._made[reference] = _lay_out(reference, recipe)
        return self._made[reference]


def _name_and_tag(reference: str) -> tuple[str, str]:
    try:
        return parse_reference(reference)
    except ValueError:
        raise ImageError(
            "InvalidImageName",
            f'Failed to apply default image tag "{reference}": couldn\'t parse image name "{reference}": '
            f"invalid reference format",
        ) from None


def _loaded(reference: str, image: kept.Kept) -> Image:
    return Image(
        reference=reference,
        id=f"sha256:{image.id}",
        layers=(*_over(image), kept.rootfs(image)),
        host=(),
        entrypoint=image.entrypoint,
        command=image.command,
        environment=_with_path(image.environment),
        working_directory=image.working_directory,
        user=image.user,
        uid=image.uid if has_user(image.uid) else 0,
        gid=image.gid if has_group(image.gid) else 0,
        groups=tuple(each for each in image.groups if has_group(each)),
        stop_signal=image.stop_signal,
        size=image.size,
    )


def _over(image: kept.Kept) -> list[Path]:
    """What has to lie over a loaded image for its programs to find the users that there are."""
    if has_others():
        return []
    layer = LAYERS / image.id
    made = layer if layer.exists() else one_user.lay_over(kept.rootfs(image), layer)
    return [made] if made else []


def _with_path(environment: tuple[str, ...]) -> tuple[str, ...]:
    if any(each.startswith("PATH=") for each in environment):
        return environment
    return (f"PATH={recipes.PATH}", *environment)


def _lay_out(reference: str, recipe: recipes.Recipe) -> Image:
    root = LAYERS / recipe.name
    if not root.exists():
        partial = root.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        _write(partial / "root", recipe.files(), recipe.links(), recipe.directories)
        for path, overrides in recipe.host.items():
            _write(partial / path.strip("/").replace("/", "-"), overrides.files, overrides.links, overrides.directories)
        partial.rename(root)
    host = tuple(
        (path, (root / path.strip("/").replace("/", "-"), Path(overrides.source)))
        for path, overrides in recipe.host.items()
    )
    digest = hashlib.sha256(recipe.name.encode()).hexdigest()
    return Image(
        reference=reference,
        id=f"sha256:{digest}",
        layers=(root / "root",),
        host=host,
        entrypoint=(),
        command=recipe.command,
        size=sum(Path(shutil.which(each, path=recipes.PATH) or "/dev/null").stat().st_size for each in recipe.programs),
        environment=(f"PATH={recipes.PATH}", *recipe.environment),
        stop_signal=recipe.stop_signal,
    )


def _write(root: Path, files: dict[str, bytes], links: dict[str, str], directories: tuple[str, ...]) -> None:
    root.mkdir(parents=True)
    for directory in directories:
        (root / directory).mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
        if content.startswith(b"#!"):
            (root / path).chmod(0o755)
    for path, target in links.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)
    if "tmp" in directories:
        (root / "tmp").chmod(0o1777)
