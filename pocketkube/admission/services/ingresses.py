"""Ingresses: the class of one that names none, validation and warnings.

Source: k8s.io/kubernetes/pkg/apis/networking/validation, pkg/registry/networking/ingress and
https://kubernetes.io/docs/concepts/services-networking/ingress/#default-ingress-class
"""

from __future__ import annotations

from collections.abc import Iterator

from pocketkube.admission import addresses, formats
from pocketkube.admission.formats import compact, quoted
from pocketkube.admission.services.ingress_classes import typed_reference
from pocketkube.errors import Cause
from pocketkube.resources import INGRESSCLASSES
from pocketkube.store import Object, Store

CLASS = "kubernetes.io/ingress.class"
IS_DEFAULT = "ingressclass.kubernetes.io/is-default-class"
PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"]
NEVER_WITHIN = ("//", "/./", "/../", "%2f", "%2F")
NEVER_LAST = ("/..", "/.")


def choose_class(store: Store, ingress: Object) -> None:
    """The default class, in place, for one that asks for none; of several the newest."""
    if "ingressClassName" in ingress["spec"] or CLASS in (ingress["metadata"].get("annotations") or {}):
        return
    metadata = [each["metadata"] for each in store.list(INGRESSCLASSES)]
    found = [each for each in metadata if (each.get("annotations") or {}).get(IS_DEFAULT) == "true"]
    found.sort(key=lambda each: str(each["name"]))
    if found:
        ingress["spec"]["ingressClassName"] = max(found, key=lambda each: str(each["creationTimestamp"]))["name"]


def validate(ingress: Object) -> list[Cause]:
    spec = ingress["spec"]
    backend, rules, name = spec.get("defaultBackend"), spec.get("rules"), spec.get("ingressClassName")
    causes = []
    if not rules and backend is None:
        what = "either `defaultBackend` or `rules` must be specified"
        causes.append(Cause.invalid("spec", compact(rules), what))
    if backend is not None:
        causes += _backend(backend, "spec.defaultBackend")
    for number, rule in enumerate(rules or ()):
        causes += _rule(rule, f"spec.rules[{number}]")
    for number, tls in enumerate(spec.get("tls") or ()):
        for index, host in enumerate(tls.get("hosts") or ()):
            causes += _host(host, f"spec.tls[{number}].hosts[{index}]")
        if tls.get("secretName"):
            causes += formats.dns_subdomain(tls["secretName"], f"spec.tls[{number}].secretName")
    if name is not None:
        causes += formats.dns_subdomain(name, "spec.ingressClassName")
    return causes


def validate_new(ingress: Object) -> list[Cause]:
    """What is asked of a new one besides: the annotation that came before the field may say nothing else."""
    named, name = (ingress["metadata"].get("annotations") or {}).get(CLASS), ingress["spec"].get("ingressClassName")
    if named is None or name is None or named == name:
        return []
    what = "must match `ingressClassName` when both are specified"
    return [Cause.invalid(f"annotations.{CLASS}", quoted(named), what)]


def warnings(ingress: Object) -> Iterator[str]:
    """Of a new one."""
    if CLASS in (ingress["metadata"].get("annotations") or {}) and "ingressClassName" not in ingress["spec"]:
        yield f"annotation {quoted(CLASS)} is deprecated, please use 'spec.ingressClassName' instead"


def _rule(rule: Object, field: str) -> list[Cause]:
    host, http = rule.get("host"), rule.get("http")
    causes = []
    if host:
        if addresses.address(host) is not None:
            causes.append(Cause.invalid(f"{field}.host", quoted(host), "must be a DNS name, not an IP address"))
        causes += _host(host, f"{field}.host")
    if http is None:
        return causes
    if not http.get("paths"):
        causes.append(Cause.required(f"{field}.http.paths"))
    for number, path in enumerate(http.get("paths") or ()):
        causes += _path(path, f"{field}.http.paths[{number}]")
    return causes


def _host(host: str, field: str) -> list[Cause]:
    return formats.wildcard_subdomain(host, field) if "*" in host else formats.dns_subdomain(host, field)


def _path(path: Object, field: str) -> list[Cause]:
    kind, text = path.get("pathType"), path.get("path", "")
    problems = []
    causes = []
    if kind is None:
        return [Cause.required(f"{field}.pathType", "pathType must be specified")]
    if kind not in PATH_TYPES:
        causes.append(Cause.unsupported(f"{field}.pathType", quoted(kind), PATH_TYPES))
    elif not text.startswith("/") and (text or kind != "ImplementationSpecific"):
        problems.append("must be an absolute path")
    if kind in ("Exact", "Prefix"):
        problems += [f"must not contain '{each}'" for each in NEVER_WITHIN if each in text]
        problems += [f"cannot end with '{each}'" for each in NEVER_LAST if text.endswith(each)]
    causes += [Cause.invalid(f"{field}.path", quoted(text), why) for why in problems]
    return causes + _backend(path.get("backend") or {}, f"{field}.backend")


def _backend(backend: Object, field: str) -> list[Cause]:
    resource, service = backend.get("resource"), backend.get("service")
    if resource is not None and service is not None:
        return [Cause.invalid(field, '""', "cannot set both resource and service backends")]
    if resource is not None:
        return typed_reference(resource, f"{field}.resource")
    if service is None:
        return [Cause.invalid(field, '""', "resource or service backend is required")]
    name, port = service.get("name", ""), service.get("port") or {}
    causes = formats.dns_label(name, f"{field}.service.name") if name else [Cause.required(f"{field}.service.name")]
    if port.get("name") and port.get("number"):
        causes.append(Cause.invalid(field, '""', "cannot set both port name & port number"))
    elif port.get("name"):
        causes += formats.port_name(port["name"], f"{field}.service.port.name")
    elif port.get("number"):
        causes += formats.port_number(port["number"], f"{field}.service.port.number")
    else:
        causes.append(Cause.required(field, "port name or number is required"))
    return causes
