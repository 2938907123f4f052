"""Deployments: a ReplicaSet for each Pod template, scaled so that a change rolls out."""

from pocketkube.controllers.deployments.controller import DeploymentController

__all__ = ["DeploymentController"]
