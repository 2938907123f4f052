"""The files that the kubelet itself puts into each container: hosts, hostname, resolv.conf.

Sources: https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/
https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
"""

from __future__ import annotations

from pathlib import Path

from pocketkube.node.oci import Mount
from pocketkube.store import Object

CLUSTER_DNS = "10.96.0.10"
DOMAIN = "cluster.local"
MOST_SEARCHES, MOST_SERVERS = 32, 3
LONGEST_NAME = 63  # of a host, in the kernel and in DNS


def write_node_files(pod: Object, directory: Path, address: str, node: str) -> list[Mount]:
    """Write them into `directory`; every container of the Pod shares them. `node`: its node's name."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "hosts").write_text(_hosts(pod, address, node))
    (directory / "resolv.conf").write_text(resolv_conf(pod))
    (directory / "hostname").write_text(hostname(pod, node) + "\n")
    return [Mount(directory / name, f"/etc/{name}") for name in ("hosts", "resolv.conf", "hostname")]


def hostname(pod: Object, node: str) -> str:
    """What `hostname` prints in the Pod: with setHostnameAsFQDN the full name. ValueError when that is too long."""
    spec = pod["spec"]
    if spec.get("hostNetwork"):
        return node
    name = _short_name(pod)
    domain = _domain(pod)
    if not (spec.get("setHostnameAsFQDN") and domain):
        return name
    full = f"{name}.{domain}"
    if len(full) > LONGEST_NAME + 1:
        most = f"({LONGEST_NAME + 1} characters is the max, {len(full)} characters requested)"
        what = "failed to construct FQDN from pod hostname and cluster domain"
        raise ValueError(f"{what}, FQDN {full} is too long {most}")
    return full


def _short_name(pod: Object) -> str:
    if pod["spec"].get("hostnameOverride"):
        return str(pod["spec"]["hostnameOverride"])
    return str(pod["spec"].get("hostname") or pod["metadata"]["name"])[:LONGEST_NAME].rstrip("-.")


def _domain(pod: Object) -> str:
    subdomain = pod["spec"].get("subdomain")
    return f"{subdomain}.{pod['metadata']['namespace']}.svc.{DOMAIN}" if subdomain else ""


def _hosts(pod: Object, address: str, node: str) -> str:
    name, domain = _short_name(pod), _domain(pod)
    lines = [
        "# Kubernetes-managed hosts file.",
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::0\tip6-localnet",
        "fe00::0\tip6-mcastprefix",
        "fe00::1\tip6-allnodes",
        "fe00::2\tip6-allrouters",
    ]
    if pod["spec"].get("hostNetwork"):
        lines[0] = "# Kubernetes-managed hosts file (host network)."
        lines.append(f"{address}\t{node}")
    else:
        lines.append(f"{address}\t{name}.{domain}\t{name}" if domain else f"{address}\t{name}")
    aliases = pod["spec"].get("hostAliases") or ()
    if aliases:
        lines += ["", "# Entries added by HostAliases."]
        lines += ["\t".join([alias["ip"], *(alias.get("hostnames") or ())]) for alias in aliases]
    return "\n".join(lines) + "\n"


def resolv_conf(pod: Object) -> str:
    """By dnsPolicy and dnsConfig. `Default` is the node's own, and no resolver outside the cluster is asked here."""
    spec = pod["spec"]
    config = spec.get("dnsConfig") or {}
    policy = spec.get("dnsPolicy", "ClusterFirst")
    searches: list[str] = []
    servers: list[str] = []
    options: list[tuple[str, str | None]] = []
    if policy == "ClusterFirstWithHostNet" or (policy == "ClusterFirst" and not spec.get("hostNetwork")):
        namespace = pod["metadata"]["namespace"]
        searches = [f"{namespace}.svc.{DOMAIN}", f"svc.{DOMAIN}", DOMAIN]
        servers = [CLUSTER_DNS]
        options = [("ndots", "5")]
    searches = list(dict.fromkeys([*searches, *(config.get("searches") or ())]))[:MOST_SEARCHES]
    servers = list(dict.fromkeys([*servers, *(config.get("nameservers") or ())]))[:MOST_SERVERS]
    for option in config.get("options") or ():
        options = [each for each in options if each[0] != option["name"]] + [(option["name"], option.get("value"))]
    lines = [f"search {' '.join(searches)}"] if searches else []
    lines += [f"nameserver {server}" for server in servers]
    if options:
        words = [name if not value else f"{name}:{value}" for name, value in options]
        lines.append(f"options {' '.join(words)}")
    return "\n".join(lines) + "\n" if lines else ""
