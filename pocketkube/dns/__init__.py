"""The cluster's DNS: https://github.com/kubernetes/dns/blob/master/docs/specification.md"""

from pocketkube.dns.server import DnsServer

__all__ = ["DnsServer"]
