"""What keeps clients from some of the Pods, or from some of the nodes, although every port and label is right."""

from __future__ import annotations

from graders.diagnosis.situation import Situation
from graders.verdict import Diagnosis

# (field, value, what it does, the default). A headless Service takes no notice of them: it has no address.
RULES = (
    ("sessionAffinity", "ClientIP", "one client meets the same Pod every time", "None"),
    ("internalTrafficPolicy", "Local", "a client meets only Pods on its own node", "Cluster"),
    ("externalTrafficPolicy", "Local", "a node without a Pod of its own does not answer", "Cluster"),
)


def wrong_traffic(situation: Situation) -> Diagnosis | None:
    """Not final: much works in spite of it, and may only be late."""
    service, wanted = situation.service, situation.wanted
    if service is None or wanted.kind not in ("ClusterIP", "NodePort"):
        return None
    for field, value, effect, default in RULES:
        if service["spec"].get(field) == value:
            cause = f"{situation.at('spec', field)}{wanted.name} has `{field}: {value}`: {effect}."
            remedy = f"Leave `{field}` out: the default is {default}."
            return Diagnosis("traffic", cause, remedy, final=False)
    return None
