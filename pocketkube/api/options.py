"""The options of a request: k8s.io/apimachinery/pkg/apis/meta/v1/validation"""

from __future__ import annotations

from aiohttp import web

from pocketkube.admission.formats import compact, quoted
from pocketkube.errors import ApiError, Cause, bad_request
from pocketkube.store import Object

VALIDATIONS = ["", "Ignore", "Strict", "Warn"]
PROPAGATIONS = ["Foreground", "Background", "Orphan", "nil"]
MATCH, MATCHES = "resourceVersionMatch", ("Exact", "NotOlderThan")
LONGEST_MANAGER = 128  # characters
KINDS = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions"}


def check_write(request: web.Request) -> None:
    """ApiError 422 for options that a create, update or patch does not have."""
    query, causes = request.query, []
    manager, validation = query.get("fieldManager", ""), query.get("fieldValidation", "")
    applies = request.content_type.startswith("application/apply-patch")
    if request.method == "PATCH" and "force" in query and not applies:
        causes.append(Cause.forbidden("force", "may not be specified for non-apply patch"))
    if applies and not manager:
        causes.append(Cause.required("fieldManager", "is required for apply patch"))
    if len(manager) > LONGEST_MANAGER:
        causes.append(Cause.too_long("fieldManager", LONGEST_MANAGER))
    for position, letter in enumerate(manager):
        if not letter.isprintable():
            what = f"invalid character U+{ord(letter):04X} (at position {position})"
            causes.append(Cause.invalid("fieldManager", quoted(manager), what))
    causes += _dry_run(query.getall("dryRun", []))
    if validation not in VALIDATIONS:
        causes.append(Cause.unsupported("fieldValidation", quoted(validation), VALIDATIONS))
    if causes:
        raise _invalid(KINDS[request.method], causes)


def check_delete(options: Object, request: web.Request) -> None:
    """ApiError 422 for DeleteOptions that are none."""
    policy = options.get("propagationPolicy")
    causes = []
    if policy is not None and options.get("orphanDependents") is not None:
        what = "orphanDependents and deletionPropagation cannot be both set"
        causes.append(Cause.invalid("propagationPolicy", compact(policy), what))
    if policy is not None and policy not in PROPAGATIONS[:3]:
        causes.append(Cause.unsupported("propagationPolicy", compact(policy), PROPAGATIONS))
    causes += _dry_run([*(options.get("dryRun") or ()), *request.query.getall("dryRun", [])])
    if causes:
        raise _invalid("DeleteOptions", causes)


def check_list(request: web.Request) -> None:
    """ApiError 422 for a resourceVersionMatch that cannot be met, and for what only a watch has."""
    query, causes = request.query, []
    match, revision = query.get("resourceVersionMatch", ""), query.get("resourceVersion", "")
    if match and not revision:
        causes.append(Cause.forbidden(MATCH, f"{MATCH} is forbidden unless resourceVersion is provided"))
    if match and query.get("continue"):
        causes.append(Cause.forbidden(MATCH, f"{MATCH} is forbidden when continue is provided"))
    if match and match not in MATCHES:
        causes.append(Cause.unsupported(MATCH, quoted(match), [*MATCHES, ""]))
    if match == "Exact" and revision == "0":
        causes.append(Cause.forbidden(MATCH, f'{MATCH} "exact" is forbidden for resourceVersion "0"'))
    if "sendInitialEvents" in query:
        causes.append(Cause.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    if causes:
        raise _invalid("ListOptions", causes)


def check_watch(request: web.Request) -> None:
    """ApiError 422 for a resourceVersionMatch without sendInitialEvents, and for the other without the one."""
    query, causes = request.query, []
    match, initial = query.get("resourceVersionMatch", ""), "sendInitialEvents" in query
    if initial and match != "NotOlderThan":
        causes.append(Cause.forbidden(MATCH, f"sendInitialEvents requires setting {MATCH} to NotOlderThan"))
    if match and not initial:
        what = f"{MATCH} is forbidden for watch unless sendInitialEvents is provided"
        causes.append(Cause.forbidden(MATCH, what))
    if match and match != "NotOlderThan":
        causes.append(Cause.unsupported(MATCH, quoted(match), ["NotOlderThan"]))
    if causes:
        raise _invalid("ListOptions", causes)


def is_dry_run(request: web.Request) -> bool:
    return request.query.get("dryRun") == "All"


def is_dry_deletion(options: Object, request: web.Request) -> bool:
    """DeleteOptions are a body, and what they say counts as what the query says."""
    return is_dry_run(request) or "All" in (options.get("dryRun") or ())


def is_true(request: web.Request, name: str) -> bool:
    """As Go reads a truth value of the query: what is there is true, unless it says that it is not."""
    text = request.query.get(name)
    return text is not None and text != "0" and text.lower() != "false"


def number(request: web.Request, name: str) -> int:
    """A number of the query, 0 when it is left out; ApiError 400 for what is none."""
    text = request.query.get(name) or "0"
    try:
        return int(text)
    except ValueError:
        raise bad_request(f"strconv.ParseInt: parsing {quoted(text)}: invalid syntax") from None


def _dry_run(values: list[str]) -> list[Cause]:
    wrong = [each for each in values if each != "All"]
    return [Cause.unsupported("dryRun", compact(values), ["All"])] if wrong else []


def _invalid(kind: str, causes: list[Cause]) -> ApiError:
    texts = [f"{cause.field}: {cause.message}" for cause in causes]
    listed = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    listed_causes = [{"reason": each.reason, "message": each.message, "field": each.field} for each in causes]
    details = {"group": "meta.k8s.io", "kind": kind, "causes": listed_causes}
    return ApiError(422, "Invalid", f'{kind}.meta.k8s.io "" is invalid: {listed}', details)
