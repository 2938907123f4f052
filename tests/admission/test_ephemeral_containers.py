"""What may be added to a Pod by `kubectl debug`."""

from __future__ import annotations

from typing import Any

import pytest

from pocketkube.admission.pods.ephemeral_containers import merged, validate

OLD = {"name": "old", "image": "i"}
NEW = {"name": "new", "image": "i"}


def pod(*ephemeral: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}], "ephemeralContainers": list(ephemeral)}}


@pytest.mark.parametrize(
    ("after", "field", "message"),
    [
        ([OLD, NEW], "", ""),
        ([OLD, {**NEW, "targetContainerName": "c"}], "", ""),
        ([NEW], "", 'Forbidden: existing ephemeral containers "old" may not be removed\n'),
        ([{**OLD, "image": "j"}], "", 'Forbidden: existing ephemeral containers "old" may not be changed\n'),
        ([OLD, {**NEW, "name": "c"}], "[1].name", 'Duplicate value: "c"'),
        ([OLD, {"image": "i"}], "[1].name", "Required value"),
        ([OLD, {"name": "new"}], "[1].image", "Required value"),
        ([OLD, {**NEW, "targetContainerName": "old"}], "[1].targetContainerName", 'Not found: "old"'),
        ([OLD, {**NEW, "ports": [{}]}], "[1].ports", "Forbidden: cannot be set for an Ephemeral Container"),
        (
            [OLD, {**NEW, "volumeMounts": [{"subPath": "a"}]}],
            "[1].volumeMounts[0].subPath",
            "Forbidden: cannot be set for an Ephemeral Container",
        ),
    ],
)
def test_validate(after: list[dict[str, Any]], field: str, message: str) -> None:
    causes = validate(pod(*after), pod(OLD))
    assert [each.message.partition("\n")[0] for each in causes] == ([message.strip()] if message else [])
    assert [each.field for each in causes] == ([f"spec.ephemeralContainers{field}"] if message else [])


def test_nothing_else_is_written() -> None:
    asked = pod(OLD, NEW)
    asked["spec"]["containers"] = []
    assert merged(pod(OLD), asked) == pod(OLD, NEW)
