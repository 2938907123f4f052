"""The forms that names, labels, ports and addresses have, with the API server's words for those that have not.

Source: k8s.io/apimachinery/pkg/util/validation
"""

from __future__ import annotations

import ipaddress
import json
import re

from pocketkube.errors import Cause

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
PORT_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
NOT_A_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
NOT_A_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
NOT_A_LABEL_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
PORT_RANGE = "must be between 1 and 65535, inclusive"
NOT_AN_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
PROTOCOLS = ["SCTP", "TCP", "UDP"]


def label_values(labels: dict[str, str], field: str) -> list[Cause]:
    causes = []
    for value in labels.values():
        if len(value) > 63:
            causes.append(Cause.invalid(field, quoted(value), "must be no more than 63 bytes"))
        if not LABEL_VALUE.fullmatch(value):
            causes.append(Cause.invalid(field, quoted(value), NOT_A_LABEL_VALUE))
    return causes


def port_name(name: str, field: str) -> list[Cause]:
    """An IANA service name: RFC 6335 5.1."""
    if len(name) > 15:
        return [Cause.invalid(field, quoted(name), "must be no more than 15 characters")]
    if not PORT_NAME.fullmatch(name):
        return [
            Cause.invalid(field, quoted(name), "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
        ]
    if not re.search("[a-z]", name):
        return [Cause.invalid(field, quoted(name), "must contain at least one letter (a-z)")]
    return []


def is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def quoted(text: str) -> str:
    return json.dumps(text)
