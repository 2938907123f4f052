"""Where a Pod is: the zone and region of its node, which the Pod is labelled with when it is bound.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#podtopologylabels
"""

from __future__ import annotations

from pocketkube.store import Object
from pocketkube.well_known_labels import REGION, ZONE

COPIED = (ZONE, REGION)


def zone_of(node: Object) -> str:
    """ "" for a node without one."""
    return str((node["metadata"].get("labels") or {}).get(ZONE, ""))


def label_with_topology(pod: Object, node: Object | None) -> None:
    """Change the Pod in place."""
    labels = ((node or {}).get("metadata", {}).get("labels")) or {}
    found = {key: labels[key] for key in COPIED if key in labels}
    if found:
        pod["metadata"]["labels"] = {**(pod["metadata"].get("labels") or {}), **found}
