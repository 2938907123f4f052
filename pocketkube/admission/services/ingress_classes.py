"""IngressClasses: defaults and validation. Source: k8s.io/kubernetes/pkg/apis/networking"""

from __future__ import annotations

from pocketkube.admission import formats
from pocketkube.admission.formats import quoted
from pocketkube.admission.metadata_validation import IMMUTABLE
from pocketkube.errors import Cause
from pocketkube.store import Object

LONGEST_CONTROLLER = 250  # bytes
SCOPES = ["Cluster", "Namespace"]


def default(ingress_class: Object) -> None:
    parameters = ingress_class.setdefault("spec", {}).get("parameters")
    if parameters is not None:
        parameters.setdefault("scope", "Cluster")


def validate(ingress_class: Object) -> list[Cause]:
    spec = ingress_class["spec"]
    controller, parameters = spec.get("controller", ""), spec.get("parameters")
    causes = []
    if len(controller.encode()) > LONGEST_CONTROLLER:
        causes.append(Cause.too_long("spec.controller", LONGEST_CONTROLLER))
    causes += formats.domain_prefixed_path(controller, "spec.controller")
    if parameters is not None:
        causes += typed_reference(parameters, "spec.parameters") + _scope(parameters)
    return causes


def validate_update(new: Object, old: Object) -> list[Cause]:
    controller = new["spec"].get("controller", "")
    if controller == old["spec"].get("controller", ""):
        return []
    return [Cause.invalid("spec.controller", quoted(controller), IMMUTABLE)]


def typed_reference(reference: Object, field: str) -> list[Cause]:
    """A TypedLocalObjectReference, as Ingresses have them as well."""
    causes = []
    if reference.get("apiGroup") is not None:
        causes += formats.dns_subdomain(reference["apiGroup"], f"{field}.apiGroup")
    for name in ("kind", "name"):
        if reference.get(name):
            problems = formats.path_segment_problems(reference[name])
            causes += [Cause.invalid(f"{field}.{name}", quoted(reference[name]), why) for why in problems]
        else:
            causes.append(Cause.required(f"{field}.{name}", f"{name} is required"))
    return causes


def _scope(parameters: Object) -> list[Cause]:
    scope, namespace = parameters["scope"], parameters.get("namespace")
    where = "spec.parameters.namespace"
    if scope not in SCOPES:
        return [Cause.unsupported("spec.parameters.scope", quoted(scope), SCOPES)]
    if scope == "Cluster":
        what = "`parameters.scope` is set to 'Cluster'"
        return [] if namespace is None else [Cause.forbidden(where, what)]
    if namespace is None:
        return [Cause.required(where, "`parameters.scope` is set to 'Namespace'")]
    return formats.dns_label(namespace, where)
