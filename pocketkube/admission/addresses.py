"""IP addresses and ranges of them, and what is said of one that is none: k8s.io/apimachinery/pkg/util/validation, ip.go

Addresses are read as Kubernetes always has read them, with zeros in front, and then
refused when they are written so: what one program takes for octal another does not.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from pocketkube.admission.formats import quoted
from pocketkube.errors import Cause

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NOT_AN_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
NOT_A_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
LEADING_ZEROS = re.compile(r"(?<![0-9A-Fa-f])0+(?=[0-9]+(\.|$))")
LENGTH = re.compile(r"[0-9]+")


def address(text: str) -> Address | None:
    """An IPv6 address has no zone here."""
    plain = LEADING_ZEROS.sub("", text) if "." in text else text
    try:
        return ipaddress.ip_address(plain) if "%" not in text else None
    except ValueError:
        return None


def network(text: str) -> Network | None:
    """The range that an address lies in."""
    first, _, length = text.partition("/")
    found = address(first)
    if found is None or not LENGTH.fullmatch(length) or int(length) > found.max_prefixlen:
        return None
    return ipaddress.ip_network((found.packed, int(length)), strict=False)


def ip(text: str, field: str) -> list[Cause]:
    found = address(text)
    if found is None:
        return [Cause.invalid(field, quoted(text), NOT_AN_IP)]
    if not _is_strict(text):
        return [Cause.invalid(field, quoted(text), "must not have leading 0s")]
    if _is_mapped(found):
        return [Cause.invalid(field, quoted(text), "must not be an IPv4-mapped IPv6 address")]
    return []


def cidr(text: str, field: str) -> list[Cause]:
    found, (first, _, length) = network(text), text.partition("/")
    if found is None:
        return [Cause.invalid(field, quoted(text), NOT_A_CIDR)]
    if not _is_strict(first) or (length != "0" and length.startswith("0")):
        return [Cause.invalid(field, quoted(text), "must not have leading 0s in IP or prefix length")]
    if _is_mapped(ipaddress.ip_address(first)):
        return [Cause.invalid(field, quoted(text), "must not have an IPv4-mapped IPv6 address")]
    if found.network_address != ipaddress.ip_address(first):
        return [Cause.invalid(field, quoted(text), "must not have bits set beyond the prefix length")]
    return []


def special(found: Address, text: str, field: str) -> list[Cause]:
    """What may not be an endpoint or an external IP: addresses that mean another machine to everyone."""
    problems = []
    if found.is_unspecified:
        problems.append(f"may not be unspecified ({text})")
    if found.is_loopback:
        problems.append("may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if found.is_link_local:
        problems.append("may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if _is_link_local_multicast(found):
        problems.append("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
    return [Cause.invalid(field, quoted(text), why) for why in problems]


def endpoint_ip(text: str, field: str) -> list[Cause]:
    found = address(text)
    return ip(text, field) or (special(found, text, field) if found else [])


def warnings(text: str, field: str) -> Iterator[str]:
    """Of an address or a range that is accepted, but not written as it should be."""
    found = network(text) if "/" in text else address(text)
    if found is not None and found.version == 6 and str(found) != text:
        what = "IPv6 CIDR value" if "/" in text else "IPv6 address"
        yield f'{field}: {what} {quoted(text)} should be in RFC 5952 canonical format ("{found}")'


def _is_strict(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def _is_mapped(found: Address) -> bool:
    return isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None


def _is_link_local_multicast(found: Address) -> bool:
    if isinstance(found, ipaddress.IPv4Address):
        return found in ipaddress.IPv4Network("224.0.0.0/24")
    return found.packed[0] == 0xFF and found.packed[1] & 0x0F == 2
