"""CronJobs: which times are due, and the Jobs that are made for them."""

from pocketkube.controllers.cronjobs.controller import CronJobController

__all__ = ["CronJobController"]
