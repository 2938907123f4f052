"""What a lab's grader module needs: `from graders import Wanted, check, expect`."""

from graders.checks import check
from graders.verdict import Wrong, expect
from graders.wanted import Wanted

__all__ = ["Wanted", "Wrong", "check", "expect"]
