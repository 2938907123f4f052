"""How long ago something was, as kubectl shows it: k8s.io/apimachinery/pkg/util/duration"""

from __future__ import annotations

from datetime import datetime

UNKNOWN = "<unknown>"


def age(since: str | None, now: datetime) -> str:
    """Time passed since an RFC 3339 time, in one or two units (k8s.io/apimachinery/pkg/util/duration)."""
    if not since:
        return UNKNOWN
    seconds = (now - datetime.fromisoformat(since)).total_seconds()
    return human_duration(int(seconds)) if seconds > -2 else "<invalid>"


def human_duration(seconds: int) -> str:
    """45s, 2m23s, 12m, 7h55m, 12h, 3d4h, 45d, 2y100d, 9y."""
    seconds = max(seconds, 0)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return _two(minutes, "m", seconds % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    if days < 365 * 8:
        return _two(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"
