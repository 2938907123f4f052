"""PodSpecs as the API server shows them, in JSON with every field of its own structs; two are compared line by line."""

from __future__ import annotations

from pocketkube.admission.formats import compact
from pocketkube.admission.struct_diff import diff_of_texts, go_value
from pocketkube.store import Object

# What the API server's own PodSpec has in its securityContext.
OF_THE_HOST = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers")


def diff(old: Object, new: Object) -> str:
    """Hunks with three lines around each change."""
    return diff_of_texts(_internal(old), _internal(new))


def internal_template(template: Object) -> str:
    """A PodTemplateSpec in a line, as the API server shows what may not be changed."""
    maps = {name: template["metadata"].get(name) or {} for name in ("labels", "annotations")}
    metadata = {name: dict(sorted(found.items())) for name, found in maps.items() if found}
    return compact({**metadata, "Spec": _internal(template["spec"])})


def _internal(spec: Object) -> Object:
    made = go_value("core/v1.PodSpec", spec)
    host = {name: made.pop(name[0].upper() + name[1:]) for name in OF_THE_HOST}
    made.pop("DeprecatedServiceAccount")
    if made["SecurityContext"] is not None:
        ours = {name[0].upper() + name[1:]: value for name, value in host.items()}
        made["SecurityContext"] = {**ours, **made["SecurityContext"]}
    return made
