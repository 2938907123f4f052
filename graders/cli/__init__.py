"""The `labs` command. To be graded there is one way, `pytest labs/NAME`; what is here only leads to it."""

from __future__ import annotations

import sys

EXIT_INTERRUPTED = 130  # as of a program that SIGINT ended


def main() -> None:
    """All else is imported here, so that Ctrl-C while Python still imports it is no traceback either."""
    try:
        from graders.cli.commands import run  # noqa: PLC0415

        run()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
