"""Jobs: Pods that run until enough of them have succeeded."""

from pocketkube.controllers.jobs.controller import JobController

__all__ = ["JobController"]
