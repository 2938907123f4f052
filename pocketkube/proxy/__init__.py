"""kube-proxy: Services and EndpointSlices to nftables."""

from pocketkube.proxy.proxy import Proxy

__all__ = ["Proxy"]
