"""The forms that names, labels, ports and addresses have, with the API server's words for those that have not.

Each takes a value and the field that it is the value of. Source: k8s.io/apimachinery/pkg/util/validation
"""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Any

from pocketkube.errors import Cause

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
WILDCARD = re.compile(rf"\*\.{SUBDOMAIN.pattern}")
SEARCH_DOMAIN = re.compile(r"[a-z0-9_]([-_a-z0-9]*[a-z0-9])?(\.[a-z0-9_]([-_a-z0-9]*[a-z0-9])?)*")
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
HEADER = re.compile(r"[-A-Za-z0-9]+")
PERCENT = re.compile(r"[0-9]+%")
HTTP_PATH = re.compile(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")


def _expected(what: str, pattern: re.Pattern[str], *examples: str) -> str:
    """Go's words for a text that does not match."""
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{what} (e.g. {shown}regex used for validation is '{pattern.pattern}')"


ENDS = "and must start and end with an alphanumeric character"
NOT_A_LABEL = _expected(
    f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', {ENDS}",
    LABEL,
    "my-name",
    "123-abc",
)
NOT_A_SUBDOMAIN = _expected(
    f"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', {ENDS}",
    SUBDOMAIN,
    "example.com",
)
NOT_A_WILDCARD = _expected(
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
    "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    WILDCARD,
    "*.example.com",
)
NOT_A_SEARCH_DOMAIN = _expected(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character",
    SEARCH_DOMAIN,
    "example.com",
)
NOT_A_LABEL_VALUE = _expected(
    f"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', {ENDS}",
    LABEL_VALUE,
    "MyValue",
    "my_value",
    "12345",
)
NOT_QUALIFIED = _expected(
    f"must consist of alphanumeric characters, '-', '_' or '.', {ENDS}", QUALIFIED, "MyName", "my.name", "123-abc"
)
NOT_A_CONFIG_KEY = _expected(
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    CONFIG_KEY,
    "key.name",
    "KEY_NAME",
    "key-name",
)
NOT_A_HEADER = _expected("a valid HTTP header must consist of alphanumeric characters or '-'", HEADER, "X-Header-Name")
NOT_A_PERCENT = _expected(
    "a valid percent string must be a numeric string followed by an ending '%'", PERCENT, "1%", "93%"
)
NOT_AN_ENV_NAME = "a valid environment variable name must consist only of printable ASCII characters other than '='"
PORT_RANGE = "must be between 1 and 65535, inclusive"
NOT_AN_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
NOT_A_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
NEGATIVE = "must be greater than or equal to 0"
PROTOCOLS = ["SCTP", "TCP", "UDP"]
LONGEST_LABEL = 63
LONGEST_SUBDOMAIN = 253


def quoted(text: str) -> str:
    """As Go's %q writes it."""
    return json.dumps(text, ensure_ascii=False)


def compact(value: Any) -> str:
    """A collection as Go's encoding/json writes it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def dns_label(value: str, field: str) -> list[Cause]:
    return [Cause.invalid(field, quoted(value), why) for why in label_problems(value)]


def dns_subdomain(value: str, field: str) -> list[Cause]:
    return [Cause.invalid(field, quoted(value), why) for why in subdomain_problems(value)]


def label_problems(value: str) -> list[str]:
    """https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names"""
    problems = _too_long(value, LONGEST_LABEL)
    if not LABEL.fullmatch(value):
        problems.append("must not contain dots" if SUBDOMAIN.fullmatch(value) else NOT_A_LABEL)
    return problems


def subdomain_problems(value: str) -> list[str]:
    """https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names"""
    return _too_long(value, LONGEST_SUBDOMAIN) + ([] if SUBDOMAIN.fullmatch(value) else [NOT_A_SUBDOMAIN])


def wildcard_subdomain(value: str, field: str) -> list[Cause]:
    """`*.` and a subdomain: RFC 1034 4.3.3."""
    problems = _too_long(value, LONGEST_SUBDOMAIN) + ([] if WILDCARD.fullmatch(value) else [NOT_A_WILDCARD])
    return [Cause.invalid(field, quoted(value), why) for why in problems]


def domain_prefixed_path(value: str, field: str) -> list[Cause]:
    """A DNS subdomain, a slash, and characters of an HTTP path: `acme.io/foo`."""
    if not value:
        return [Cause.required(field)]
    host, _, path = value.partition("/")
    if not host or not path:
        return [Cause.invalid(field, quoted(value), 'must be a domain-prefixed path (such as "acme.io/foo")')]
    causes = dns_subdomain(host, field)
    if not HTTP_PATH.fullmatch(path):
        what = f"Invalid path (regex used for validation is '{HTTP_PATH.pattern}')"
        causes.append(Cause.invalid(field, quoted(path), what))
    return causes


def path_segment_problems(value: str) -> list[str]:
    """k8s.io/apimachinery/pkg/api/validation/path"""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{letter}'" for letter in "/%" if letter in value]


def search_domain(value: str, field: str) -> list[Cause]:
    problems = _too_long(value, LONGEST_SUBDOMAIN)
    if not SEARCH_DOMAIN.fullmatch(value):
        problems.append(NOT_A_SEARCH_DOMAIN)
    return [Cause.invalid(field, quoted(value), why) for why in problems]


def qualified_name(value: str, field: str) -> list[Cause]:
    return [Cause.invalid(field, quoted(value), why) for why in qualified_name_problems(value)]


def qualified_name_problems(value: str) -> list[str]:
    """`NAME` or `DNS-SUBDOMAIN/NAME`: keys of labels and annotations."""
    prefix, slash, name = value.rpartition("/")
    if "/" in prefix:
        more = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a qualified name {NOT_QUALIFIED}{more}"]
    problems = []
    if slash:
        problems = [f"prefix part {why}" for why in subdomain_problems(prefix)] if prefix else [_empty("prefix part")]
    if not name:
        problems.append(_empty("name part"))
    problems += [f"name part {why}" for why in _too_long(name, LONGEST_LABEL)]
    if not QUALIFIED.fullmatch(name):
        problems.append(f"name part {NOT_QUALIFIED}")
    return problems


def labels(found: dict[str, str], field: str) -> list[Cause]:
    """Keys and values of labels, or of a selector."""
    causes = []
    for key, value in found.items():
        causes += qualified_name(key, field)
        causes += [Cause.invalid(field, quoted(value), why) for why in label_value_problems(value)]
    return causes


def label_value_problems(value: str) -> list[str]:
    return _too_long(value, LONGEST_LABEL) + ([] if LABEL_VALUE.fullmatch(value) else [NOT_A_LABEL_VALUE])


def label_selector(selector: dict[str, Any], field: str) -> list[Cause]:
    """https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors"""
    causes = labels(selector.get("matchLabels") or {}, f"{field}.matchLabels")
    for number, each in enumerate(selector.get("matchExpressions") or ()):
        where, operator, values = f"{field}.matchExpressions[{number}]", each.get("operator", ""), each.get("values")
        if operator in ("In", "NotIn"):
            if not values:
                what = "must be specified when `operator` is 'In' or 'NotIn'"
                causes.append(Cause.required(f"{where}.values", what))
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                what = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                causes.append(Cause.forbidden(f"{where}.values", what))
        else:
            causes.append(Cause.invalid(f"{where}.operator", quoted(operator), "not a valid selector operator"))
        causes += qualified_name(each.get("key", ""), f"{where}.key")
        for index, value in enumerate(values or ()):
            place = f"{where}.values[{index}]"
            causes += [Cause.invalid(place, quoted(value), why) for why in label_value_problems(value)]
    return causes


def config_key(key: str, field: str) -> list[Cause]:
    """https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-object"""
    problems = _too_long(key, LONGEST_SUBDOMAIN)
    if not CONFIG_KEY.fullmatch(key):
        problems.append(NOT_A_CONFIG_KEY)
    if key in (".", ".."):
        problems.append(f"must not be '{key}'")
    elif key.startswith(".."):
        problems.append("must not start with '..'")
    return [Cause.invalid(field, quoted(key), why) for why in problems]


def env_name(name: str, field: str) -> list[Cause]:
    fits = all(" " <= letter <= "~" and letter != "=" for letter in name)
    return [] if fits else [Cause.invalid(field, quoted(name), NOT_AN_ENV_NAME)]


def port_number(number: int, field: str) -> list[Cause]:
    return [] if 1 <= number <= 65535 else [Cause.invalid(field, str(number), PORT_RANGE)]


def port_name(name: str, field: str) -> list[Cause]:
    """An IANA service name: RFC 6335 5.1."""
    problems = _too_long(name, 15)
    if not re.fullmatch(r"[-a-z0-9]+", name):
        problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", name):
        problems.append("must contain at least one letter (a-z)")
    if "--" in name:
        problems.append("must not contain consecutive hyphens")
    if name.startswith("-") or name.endswith("-"):
        problems.append("must not begin or end with a hyphen")
    return [Cause.invalid(field, quoted(name), why) for why in problems]


def port(value: int | str, field: str) -> list[Cause]:
    """A number, or the name of a container's port."""
    return port_number(value, field) if isinstance(value, int) else port_name(value, field)


def not_negative(value: int, field: str) -> list[Cause]:
    return [] if value >= 0 else [Cause.invalid(field, str(value), NEGATIVE)]


def is_ip(text: str) -> bool:
    return address(text) is not None


def ip(text: str, field: str) -> list[Cause]:
    return [] if is_ip(text) else [Cause.invalid(field, quoted(text), NOT_AN_IP)]


def address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def endpoint_ip(text: str, field: str) -> list[Cause]:
    """What may not be an endpoint or an external IP: addresses that mean another machine to everyone."""
    found = address(text)
    if found is None:
        return [Cause.invalid(field, quoted(text), NOT_AN_IP)]
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


def cidr(text: str, field: str) -> list[Cause]:
    try:
        fits = "/" in text and bool(ipaddress.ip_network(text, strict=False))
    except ValueError:
        fits = False
    return [] if fits else [Cause.invalid(field, quoted(text), NOT_A_CIDR)]


def fully_qualified_domain(name: str, field: str) -> list[Cause]:
    """A name of at least two labels, as addresses of type FQDN are."""
    if not name:
        return [Cause.required(field)]
    bare = name.removesuffix(".")
    problems = subdomain_problems(bare)
    if problems:
        return [Cause.invalid(field, quoted(bare), ",".join(problems))]
    if "." not in bare:
        return [Cause.invalid(field, quoted(bare), "should be a domain with at least two segments separated by dots")]
    parts = [(part, label_problems(part)) for part in bare.split(".")]
    return [Cause.invalid(field, quoted(part), ",".join(problems)) for part, problems in parts if problems]


def _is_link_local_multicast(found: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(found, ipaddress.IPv4Address):
        return found in ipaddress.IPv4Network("224.0.0.0/24")
    return found.packed[0] == 0xFF and found.packed[1] & 0x0F == 2


def _too_long(value: str, most: int) -> list[str]:
    return [f"must be no more than {most} bytes"] if len(value.encode()) > most else []


def _empty(what: str) -> str:
    return f"{what} must be non-empty"
