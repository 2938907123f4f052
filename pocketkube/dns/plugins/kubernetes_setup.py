"""Reading `kubernetes` in a Corefile."""

from __future__ import annotations

from pocketkube.dns.cluster import Selector
from pocketkube.dns.corefile import CorefileError, Directive, Line
from pocketkube.dns.plugins.kubernetes import Kubernetes
from pocketkube.dns.plugins.kubernetes_names import ClusterNames, is_reverse
from pocketkube.dns.plugins.setup import Fallthrough, Surroundings, names, once, only, whole_number
from pocketkube.label_selector_text import parse

POD_MODES = ("disabled", "insecure", "verified")
LONGEST_TTL = 3600  # seconds
# About a connection to the API that is not needed here; `upstream` has no effect in CoreDNS either.
WITHOUT_EFFECT = (
    "apiserver_burst",
    "apiserver_max_inflight",
    "apiserver_qps",
    "resyncperiod",
    "startup_timeout",
    "upstream",
)
NOT_CARRIED_OUT = ("endpoint", "tls", "kubeconfig", "multicluster")
SELECTORS = {"labels": "label", "namespace_labels": "namespace_label"}  # as error messages call them
SWITCHES = {"endpoint_pod_names": "endpoint_pod_names", "noendpoints": "no_endpoints"}


def setup(directives: list[Directive], surroundings: Surroundings) -> Kubernetes:
    directive = once(directives)
    zones = names(directive.arguments) or surroundings.zones
    primary = next((zone for zone in zones if not is_reverse(zone)), None)
    if primary is None:
        raise CorefileError(0, "non-reverse zone name must be used")
    selectors = {name: _selector(directive, name) for name in SELECTORS}
    cluster = surroundings.cluster.selecting(selectors["labels"], selectors["namespace_labels"])
    made = Kubernetes(ClusterNames(cluster), zones, primary)
    for line in directive.properties:
        if line.words[0] in NOT_CARRIED_OUT:
            raise surroundings.not_carried_out(directive, line)
        if line.words[0] not in (*WITHOUT_EFFECT, *SELECTORS):
            _option(made, directive, line)
    if made.names.namespaces and any(line.words[0] == "namespace_labels" for line in directive.properties):
        raise CorefileError(directive.end, "namespaces and namespace_labels cannot both be set")
    return made


def _selector(directive: Directive, name: str) -> Selector:
    """The last of that name; one that chooses everything where there is none."""
    selector: Selector = parse("")
    for line in directive.properties:
        if line.words[0] == name:
            text = " ".join(line.words[1:])
            if not text:
                raise directive.wrong_arguments(name, line.number)
            try:
                selector = parse(text)
            except ValueError as error:
                problem = f"unable to parse {SELECTORS[name]} selector value: '{text}': {error}"
                raise CorefileError(0, problem) from error
    return selector


def _option(made: Kubernetes, directive: Directive, line: Line) -> None:
    name, *arguments = line.words
    if name in SWITCHES:
        only(directive, line, 0)
        setattr(made.names, SWITCHES[name], True)
        return
    match name:
        case "pods":
            made.names.pods = _pod_mode(directive, line)
        case "ttl":
            made.ttl = whole_number(directive, line)
            if made.ttl > LONGEST_TTL:
                raise CorefileError(line.number, f"ttl must be in range [0, {LONGEST_TTL}]: {made.ttl}")
        case "ignore":
            if arguments and arguments[0] != "empty_service":
                raise CorefileError(0, f"unable to parse ignore value: '{arguments[0]}'")
            made.names.ignore_empty_service = bool(arguments)
        case "namespaces":
            if not arguments:
                raise directive.wrong_arguments(name, line.number)
            made.names.namespaces |= set(arguments)
        case "fallthrough":
            made.fallthrough = Fallthrough.of(arguments)
        case _:
            raise CorefileError(line.number, f"unknown property '{name}'")


def _pod_mode(directive: Directive, line: Line) -> str:
    (mode,) = only(directive, line, 1)
    if mode not in POD_MODES:
        problem = f"wrong value for pods: {mode},  must be one of: disabled, verified, insecure"
        raise CorefileError(0, problem)
    return mode
