"""The name that an ExternalName Service stands for."""

from __future__ import annotations

import ipaddress

from graders.diagnosis.situation import Situation
from graders.submission import printable
from graders.verdict import Diagnosis


def wrong_external_name(situation: Situation) -> Diagnosis | None:
    service, wanted = situation.service, situation.wanted
    if service is None or wanted.kind != "ExternalName":
        return None
    found = str(service["spec"].get("externalName") or "")
    if found.removesuffix(".") == wanted.external_name:
        return None
    where = situation.at("spec", "externalName")
    if _is_address(found):
        cause = f"{where}{found} is an address; externalName is taken for a DNS name and never resolved."
        remedy = f"Write `externalName: {wanted.external_name}`. For an address use a selectorless Service and a slice."
        return Diagnosis("external-name-ip", cause, remedy)
    cause = f"{where}the Service stands for {printable(found)}."
    return Diagnosis("external-name", cause, f"Write `externalName: {wanted.external_name}`.")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
