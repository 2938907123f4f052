"""Jobs: defaults, the selector that is made for them, and validation.

Source: k8s.io/kubernetes/pkg/apis/batch and pkg/registry/batch/job; KEP-2998 for the labels with a prefix.
"""

from __future__ import annotations

from typing import Any

from pocketkube.admission.formats import (
    LONGEST_LABEL,
    compact,
    domain_prefixed_path,
    label_problems,
    label_selector,
    labels_text,
    not_negative,
    qualified_name,
    quoted,
    selector_text,
)
from pocketkube.admission.pods import pod_validation
from pocketkube.admission.pods.pod_diff import internal_template
from pocketkube.errors import Cause
from pocketkube.label_selector import selects
from pocketkube.store import Object

UID_LABELS = ("batch.kubernetes.io/controller-uid", "controller-uid")
NAME_LABELS = ("batch.kubernetes.io/job-name", "job-name")
NEGATIVE = "must be greater than or equal to 0"
COUNTS = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
)
MOST_PARALLEL_INDEXES = MOST_FAILED_INDEXES = 100_000
MOST_RULES, MOST_PATTERNS, MOST_CODES = 20, 20, 255
CONDITION_STATUSES = ["False", "True", "Unknown"]
NEVER_CHANGED = ("selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy")


def default_spec(spec: Object) -> None:
    """Fill in what the writer left out; a Job that says neither how many nor how many at once is one Pod."""
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    # No limit of its own where each index has one.
    spec.setdefault("backoffLimit", 2**31 - 1 if spec.get("backoffLimitPerIndex") is not None else 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("manualSelector", False)
    spec.setdefault("podReplacementPolicy", "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed")
    default_failure_policy(spec)


def default_failure_policy(spec: Object) -> None:
    for rule in (spec.get("podFailurePolicy") or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            pattern.setdefault("status", "True")


def generate_selector(job: Object) -> None:
    """A new Job's selector and its Pods' labels, from its uid and name, unless `manualSelector` is true."""
    spec, metadata = job["spec"], job["metadata"]
    if not spec["manualSelector"]:
        labels = spec["template"]["metadata"].setdefault("labels", {})
        for names, value in ((UID_LABELS, metadata["uid"]), (NAME_LABELS, metadata.get("name", ""))):
            if names[0] not in labels:
                labels.update(dict.fromkeys(names, value))
        selector = spec.setdefault("selector", {}).setdefault("matchLabels", {})
        selector.setdefault(UID_LABELS[0], metadata["uid"])
    if not metadata.get("labels") and spec["template"]["metadata"].get("labels"):
        metadata["labels"] = dict(spec["template"]["metadata"]["labels"])


def validate(job: Object) -> list[Cause]:
    spec = job["spec"]
    causes = _generated(job) if not spec["manualSelector"] else []
    causes += validate_spec(spec)
    selector, labels = spec.get("selector"), spec["template"]["metadata"].get("labels")
    wrong = label_selector(selector, "spec.selector") if selector is not None else [Cause.required("spec.selector")]
    causes += wrong
    if selector is None or (not wrong and not selects(selector, labels or {})):
        what = "`selector` does not match template `labels`"
        causes.append(Cause.invalid("spec.template.metadata.labels", labels_text(labels), what))
    return causes


def validate_spec(spec: Object) -> list[Cause]:
    """What holds as well of a Job that is still to be made; its `spec` has no defaults then, but for its Pods."""
    causes = []
    for name in COUNTS:
        causes += not_negative(spec[name], f"spec.{name}") if spec.get(name) is not None else []
    causes += _indexes(spec)
    if "managedBy" in spec:
        causes += domain_prefixed_path(spec["managedBy"], "spec.managedBy")
        if len(spec["managedBy"]) > LONGEST_LABEL:
            causes.append(Cause.too_long("spec.managedBy", LONGEST_LABEL))
    causes += _policies(spec)
    return causes + pod_validation.template(spec["template"], "spec.template") + _restart_policy(spec)


def validate_new(job: Object) -> list[Cause]:
    """An Indexed Job's Pods have their index in their host name."""
    completions = job["spec"].get("completions") or 0
    if job["spec"]["completionMode"] != "Indexed" or completions < 1:
        return []
    name = job["metadata"].get("name", "")
    longest = f"{name}-{completions - 1}"
    if not label_problems(longest):
        return []
    what = f"will not able to create pod with invalid DNS label: {longest}"
    return [Cause.invalid("metadata.name", quoted(name), what)]


def _restart_policy(spec: Object) -> list[Cause]:
    policy, where = spec["template"]["spec"]["restartPolicy"], "spec.template.spec.restartPolicy"
    if policy == "Always":
        return [Cause.required(where, 'valid values: "OnFailure", "Never"')]
    if policy not in ("OnFailure", "Never"):
        return [Cause.unsupported(where, quoted(policy), ["OnFailure", "Never"])]
    if policy != "Never" and spec.get("podFailurePolicy"):
        return [Cause.invalid(where, quoted(policy), 'only "Never" is supported when podFailurePolicy is specified')]
    return []


def validate_update(new: Object, old: Object) -> list[Cause]:
    """What may not change: the template and how completions are counted."""
    causes = []
    completions = new.get("completions")
    if completions != old.get("completions"):
        if new["completionMode"] != "Indexed":
            causes.append(_immutable("completions", completions))
        elif completions is not None and completions != new["parallelism"]:
            what = "can only be modified in tandem with spec.parallelism"
            causes.append(Cause.invalid("spec.completions", str(completions), what))
    changed = [name for name in NEVER_CHANGED if new.get(name) != old.get(name)]
    if "selector" in changed:
        causes.append(Cause.invalid("spec.selector", selector_text(new.get("selector")), "field is immutable"))
    if new["template"] != old["template"] and not (old.get("suspend") and new.get("suspend")):
        causes.append(Cause.invalid("spec.template", internal_template(new["template"]), "field is immutable"))
    return causes + [_immutable(name, new.get(name)) for name in changed if name != "selector"]


def _immutable(name: str, value: Any) -> Cause:
    return Cause.invalid(f"spec.{name}", _shown(value), "field is immutable")


def _shown(value: Any) -> str:
    """What a pointer points at; Go writes one that is nil as a text."""
    return '"null"' if value is None else compact(value)


def _generated(job: Object) -> list[Cause]:
    """The selector and labels that `generate_selector` makes."""
    labels = job["spec"]["template"]["metadata"].get("labels") or {}
    expected = {
        UID_LABELS[1]: job["metadata"]["uid"],
        NAME_LABELS[1]: job["metadata"].get("name", ""),
        UID_LABELS[0]: job["metadata"]["uid"],
        NAME_LABELS[0]: job["metadata"].get("name", ""),
    }
    causes = []
    for name, value in expected.items():
        where = f"spec.template.metadata.labels[{name}]"
        if name not in labels:
            causes.append(Cause.required(where, f"must be '{value}'"))
        elif labels[name] != value:
            causes.append(Cause.invalid(where, labels_text(labels), f"must be '{value}'"))
    selector = job["spec"].get("selector")
    if selector is None or (not label_selector(selector, "") and not selects(selector, expected)):
        causes.append(Cause.invalid("spec.selector", selector_text(selector), "`selector` not auto-generated"))
    return causes


def _indexes(spec: Object) -> list[Cause]:
    mode, completions = spec.get("completionMode", "NonIndexed"), spec.get("completions")
    per_index, most_failed = spec.get("backoffLimitPerIndex"), spec.get("maxFailedIndexes")
    causes = []
    if most_failed is not None and per_index is None:
        causes.append(Cause.required("spec.backoffLimitPerIndex", "when maxFailedIndexes is specified"))
    if mode not in ("NonIndexed", "Indexed"):
        return [*causes, Cause.unsupported("spec.completionMode", quoted(mode), ["NonIndexed", "Indexed"])]
    if mode == "Indexed":
        if completions is None:
            causes.append(Cause.required("spec.completions", "when completion mode is Indexed"))
        if (spec.get("parallelism") or 0) > MOST_PARALLEL_INDEXES:
            why = f"must be less than or equal to {MOST_PARALLEL_INDEXES} when completion mode is Indexed"
            causes.append(Cause.invalid("spec.parallelism", str(spec["parallelism"]), why))
        if completions is not None and most_failed is not None and most_failed > completions:
            why = "must be less than or equal to completions"
            causes.append(Cause.invalid("spec.maxFailedIndexes", str(most_failed), why))
        if most_failed is not None and most_failed > MOST_FAILED_INDEXES:
            why = f"must be less than or equal to {MOST_FAILED_INDEXES}"
            causes.append(Cause.invalid("spec.maxFailedIndexes", str(most_failed), why))
        return causes
    for name in ("backoffLimitPerIndex", "maxFailedIndexes"):
        if spec.get(name) is not None:
            causes.append(Cause.invalid(f"spec.{name}", str(spec[name]), "requires indexed completion mode"))
    return causes


def _policies(spec: Object) -> list[Cause]:
    causes = []
    pods = spec["template"]["spec"]
    names = {each.get("name", "") for kind in ("containers", "initContainers") for each in pods.get(kind) or ()}
    rules = (spec.get("podFailurePolicy") or {}).get("rules") or []
    if len(rules) > MOST_RULES:
        causes.append(Cause.too_many("spec.podFailurePolicy.rules", len(rules), MOST_RULES))
    for number, rule in enumerate(rules):
        causes += _failure_rule(spec, rule, f"spec.podFailurePolicy.rules[{number}]", names)
    success = spec.get("successPolicy")
    if success is not None and spec.get("completionMode") != "Indexed":
        causes.append(Cause.invalid("spec.successPolicy", compact(success), "requires indexed completion mode"))
    elif success is not None and not success.get("rules"):
        why = "at least one rules must be specified when the successPolicy is specified"
        causes.append(Cause.required("spec.successPolicy.rules", why))
    replacement = spec.get("podReplacementPolicy")
    allowed = ["Failed"] if spec.get("podFailurePolicy") else ["Failed", "TerminatingOrFailed"]
    if replacement is not None and replacement not in allowed:
        causes.append(Cause.unsupported("spec.podReplacementPolicy", quoted(replacement), allowed))
    return causes


def _failure_rule(spec: Object, rule: Object, where: str, names: set[str]) -> list[Cause]:
    actions = ["Count", "FailIndex", "FailJob", "Ignore"]
    action, codes, conditions = rule.get("action", ""), rule.get("onExitCodes"), rule.get("onPodConditions")
    causes = []
    if not action:
        listed = " ".join(quoted(each) for each in actions)
        causes.append(Cause.required(f"{where}.action", f"valid values: [{listed}]"))
    elif action == "FailIndex" and spec.get("backoffLimitPerIndex") is None:
        why = "requires the backoffLimitPerIndex to be set"
        causes.append(Cause.invalid(f"{where}.action", quoted(action), why))
    elif action not in actions:
        causes.append(Cause.unsupported(f"{where}.action", quoted(action), actions))
    if codes is not None:
        causes += _exit_codes(codes, f"{where}.onExitCodes", names)
    causes += _conditions(conditions or [], f"{where}.onPodConditions")
    if codes is not None and conditions:
        what = "specifying both OnExitCodes and OnPodConditions is not supported"
        causes.append(Cause("FieldValueInvalid", f"Invalid value: {what}", where))
    if codes is None and not conditions:
        what = "specifying one of OnExitCodes and OnPodConditions is required"
        causes.append(Cause("FieldValueInvalid", f"Invalid value: {what}", where))
    return causes


def _conditions(patterns: list[Object], where: str) -> list[Cause]:
    causes = []
    if len(patterns) > MOST_PATTERNS:
        causes.append(Cause.too_many(where, len(patterns), MOST_PATTERNS))
    for number, pattern in enumerate(patterns):
        causes += qualified_name(pattern.get("type", ""), f"{where}[{number}].type")
        if pattern["status"] not in CONDITION_STATUSES:
            found = quoted(pattern["status"])
            causes.append(Cause.unsupported(f"{where}[{number}].status", found, CONDITION_STATUSES))
    return causes


def _exit_codes(codes: Object, where: str, names: set[str]) -> list[Cause]:
    operator, values = codes.get("operator", ""), codes.get("values") or []
    causes = []
    if not operator:
        causes.append(Cause.required(f"{where}.operator", 'valid values: ["In" "NotIn"]'))
    elif operator not in ("In", "NotIn"):
        causes.append(Cause.unsupported(f"{where}.operator", quoted(operator), ["In", "NotIn"]))
    name = codes.get("containerName")
    if name is not None and name not in names:
        why = "must be one of the container or initContainer names in the pod template"
        causes.append(Cause.invalid(f"{where}.containerName", quoted(name), why))
    if not values:
        causes.append(Cause.invalid(f"{where}.values", compact(codes.get("values")), "at least one value is required"))
    elif len(values) > MOST_CODES:
        causes.append(Cause.too_many(f"{where}.values", len(values), MOST_CODES))
    for number, value in enumerate(values):
        if operator == "In" and value == 0:
            causes.append(Cause.invalid(f"{where}.values[{number}]", "0", "must not be 0 for the In operator"))
        if value in values[:number]:
            causes.append(Cause.duplicate(f"{where}.values[{number}]", str(value)))
    if values != sorted(values):
        causes.append(Cause.invalid(f"{where}.values", compact(values), "must be ordered"))
    return causes
