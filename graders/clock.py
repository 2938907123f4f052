"""The time, as it is kept with verdicts."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """UTC to the second, as RFC 3339 writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
