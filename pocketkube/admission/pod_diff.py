"""Two PodSpecs compared as the API server shows it."""

from __future__ import annotations

from pocketkube.admission.struct_diff import diff_of_texts, go_value
from pocketkube.store import Object

# What the API server's own PodSpec has in its securityContext.
OF_THE_HOST = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers")


def diff(old: Object, new: Object) -> str:
    """Hunks with three lines around each change."""
    return diff_of_texts(_internal(old), _internal(new))


def _internal(spec: Object) -> Object:
    made = go_value("core/v1.PodSpec", spec)
    host = {name: made.pop(name[0].upper() + name[1:]) for name in OF_THE_HOST}
    made.pop("DeprecatedServiceAccount")
    if made["SecurityContext"] is not None:
        ours = {name[0].upper() + name[1:]: value for name, value in host.items()}
        made["SecurityContext"] = {**ours, **made["SecurityContext"]}
    return made
