"""A Markdown document as a test: its commands are run, and each output is compared with the one that it shows."""

from graders.course.document.verification import verified, verify

__all__ = ["verified", "verify"]
