"""What a lab's grader module needs: `from graders import check, expect`."""

from graders.checks import check
from graders.verdict import Wrong, expect

__all__ = ["Wrong", "check", "expect"]
