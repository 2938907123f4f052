"""NetworkPolicies to nftables: who may talk to whom."""

from pocketkube.policy.enforcer import Enforcer

__all__ = ["Enforcer"]
