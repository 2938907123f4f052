"""How the labs' images are made from programs of the host: nginx, busybox and tiny-tools."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Shown:
    """A directory of the host that a container sees, with files of the image's own laid over it."""

    source: str
    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    directories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """`tags`: a pattern of the tags that exist. Paths are relative to the root."""

    name: str
    tags: str
    programs: tuple[str, ...]
    package: str
    command: tuple[str, ...]
    host: dict[str, Shown]
    files: Callable[[], dict[str, bytes]]
    links: Callable[[], dict[str, str]]
    directories: tuple[str, ...]
    environment: tuple[str, ...] = ()
    stop_signal: str = "SIGTERM"


DIRECTORIES = (
    "dev",
    "etc",
    "home",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "srv",
    "sys",
    "tmp",
    "usr",
    "var/log",
    "var/tmp",
)
# Where busybox finds its program, out of the way of what is mounted at /host, as by `kubectl debug node`.
PROGRAM = "/usr/libexec/host/busybox"
# Debian's merged /usr (https://wiki.debian.org/UsrMerge).
MERGED_USR = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64", "var/run": "/run"}

# One user id is mapped in the sandbox, so every name that a program switches to is that one.
PASSWD = b"""root:x:0:0:root:/root:/bin/sh
www-data:x:0:0:www-data:/var/www:/usr/sbin/nologin
nginx:x:0:0:nginx:/nonexistent:/usr/sbin/nologin
nobody:x:0:0:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = b"""root:x:0:
www-data:x:0:
nginx:x:0:
tty:x:0:
nogroup:x:0:
"""
NSSWITCH = b"passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n"
COPIED = ("etc/ld.so.cache", "etc/services", "etc/protocols", "etc/ssl/certs/ca-certificates.crt", "etc/mime.types")

NGINX_CONF = b"""user  nginx;
worker_processes  1;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';

    access_log  /var/log/nginx/access.log  main;
    sendfile        on;
    keepalive_timeout  65;

    include /etc/nginx/conf.d/*.conf;
}
"""
NGINX_SITE = b"""server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
"""
NGINX_PAGE = b"""<!DOCTYPE html>
<html>
<head><title>Welcome to nginx!</title></head>
<body><h1>Welcome to nginx!</h1></body>
</html>
"""

# Debian builds busybox without the time limit that other builds have (FEATURE_WGET_TIMEOUT), and -T makes it crash.
BUSYBOX_WGET = b"""#!/bin/sh
seconds= awaited=
for word in "$@"; do
    shift
    if [ "$awaited" ]; then
        seconds=$word awaited=
        continue
    fi
    case $word in
        --timeout=*) seconds=${word#*=} ;;
        --timeout) awaited=yes ;;
        -T | -[cqS]T | -[cqS][cqS]T) awaited=yes ;;
        -T* | -[cqS]T* | -[cqS][cqS]T*) seconds=${word#*T} ;;
        *) set -- "$@" "$word" ;;
    esac
    case $word in -[cqS]T* | -[cqS][cqS]T*) set -- "$@" "${word%%T*}" ;; esac
done
busybox=/usr/libexec/host/busybox
[ "$seconds" ] || exec $busybox wget "$@"
$busybox timeout -s PIPE "$seconds" $busybox wget "$@"  # a signal of which the shell says nothing
status=$?
[ $status = 141 ] || exit $status
echo "wget: download timed out" >&2
exit 1
"""

# Nor does Debian build in what nc 1.10 has (NC_110_COMPAT): -z and -v, with which one waits for a Service.
BUSYBOX_NC = b"""#!/bin/sh
busybox=/usr/libexec/host/busybox
nc() { $busybox nc "$@"; }
zero= verbose=0 listens= limit= kept=
while getopts be:f:i:klno:p:s:uvw:z flag 2>/dev/null; do
    case $flag in
        z) zero=yes ;;
        v) verbose=$((verbose + 1)) ;;
        n) ;;
        w) limit="-w $OPTARG" ;;
        l) listens=yes kept="$kept -l" ;;
        i | p) kept="$kept -$flag $OPTARG" ;;
        *) exec $busybox nc "$@" ;;
    esac
done
shift $((OPTIND - 1))
if [ "$zero$verbose" != 0 ] && [ ! "$listens" ] && [ $# = 2 ]; then
    said=$(nc $limit "$1" "$2" -e $busybox sh -c "$busybox netstat -nt >&2" 2>&1 </dev/null)
    status=$?
    case $status$said in
        0*)
            address=$(echo "$said" | awk -v port=":$2" '$6 == "ESTABLISHED" && $5 ~ port "$" { print $5; exit }')
            [ $verbose = 0 ] || echo "$1 ($address) open" >&2
            ;;
        *"bad address"*) echo "$said" >&2 ;;
        *refused*)
            address=${said#*(} address=${address%%)*}
            [ $verbose -lt 2 ] || echo "nc: $1 ($address:$2): Connection refused" >&2
            ;;
        *) [ $verbose = 0 ] || echo "nc: $1 ($1:$2): Connection timed out" >&2 ;;
    esac
    [ $status = 0 ] || exit 1
    [ ! "$zero" ] || exit 0
fi
exec $busybox nc $limit $kept "$@"
"""


def _base_files() -> dict[str, bytes]:
    files = {"etc/passwd": PASSWD, "etc/group": GROUP, "etc/nsswitch.conf": NSSWITCH}
    for path in COPIED:
        source = Path("/", path)
        if source.is_file():
            files[path] = source.read_bytes()
    return files


def _base_links() -> dict[str, str]:
    """The merged /usr, and Debian's alternatives (awk, nc, ...), which /usr/bin points to."""
    links = dict(MERGED_USR)
    for link in Path("/etc/alternatives").glob("*"):
        if link.is_symlink():
            links[f"etc/alternatives/{link.name}"] = str(link.readlink())
    return links


def _nginx_files() -> dict[str, bytes]:
    return {
        **_base_files(),
        "etc/nginx/nginx.conf": NGINX_CONF,
        "etc/nginx/conf.d/default.conf": NGINX_SITE,
        "etc/nginx/mime.types": Path("/etc/nginx/mime.types").read_bytes(),
    }


def _nginx_links() -> dict[str, str]:
    return {
        **_base_links(),
        "var/log/nginx/access.log": "/dev/stdout",
        "var/log/nginx/error.log": "/dev/stderr",
    }


@cache
def _applets() -> tuple[str, ...]:
    listed = subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True)
    return tuple(name for name in listed.stdout.split() if name != "busybox")


def _busybox_files() -> dict[str, bytes]:
    return {**_base_files(), "bin/nc": BUSYBOX_NC, "bin/wget": BUSYBOX_WGET}


def _busybox_links() -> dict[str, str]:
    """busybox and nothing else on the PATH: every applet in /bin."""
    links = {f"bin/{applet}": PROGRAM for applet in _applets() if applet not in ("nc", "wget")}
    return {**links, "bin/busybox": PROGRAM, "lib": "usr/lib", "lib64": "usr/lib64", "var/run": "/run"}


NGINX = Recipe(
    name="nginx",
    tags=r"(?:latest|stable|mainline|1(?:\.\d+){0,2})(?:-(?:perl|otel|alpine|alpine-slim|bookworm|trixie))?",
    programs=("nginx",),
    package="nginx-light",
    command=("nginx", "-g", "daemon off;"),
    host={"/usr": Shown("/usr", {"share/nginx/html/index.html": NGINX_PAGE, "share/nginx/html/50x.html": NGINX_PAGE})},
    files=_nginx_files,
    links=_nginx_links,
    directories=(*DIRECTORIES, "var/log/nginx", "var/lib/nginx", "var/cache/nginx"),
    stop_signal="SIGQUIT",
)
BUSYBOX = Recipe(
    name="busybox",
    tags=r"(?:latest|stable|unstable|1(?:\.\d+){0,2})(?:-(?:glibc|musl|uclibc))?",
    programs=("busybox",),
    package="busybox",
    command=("sh",),
    host={"/usr/lib": Shown("/usr/lib"), "/usr/lib64": Shown("/usr/lib64"), "/usr/libexec/host": Shown("/usr/bin")},
    files=_busybox_files,
    links=_busybox_links,
    directories=(*DIRECTORIES, "bin", "usr/lib", "usr/lib64", "usr/libexec/host"),
)
TINY_TOOLS = Recipe(
    name="tiny-tools",
    tags=r"latest|\d+(?:\.\d+){0,2}",
    programs=("busybox", "curl", "dig", "nslookup"),
    package="busybox curl bind9-dnsutils",
    command=("/bin/sh",),
    host={"/usr": Shown("/usr", links={"bin/sh": "busybox"})},
    files=_base_files,
    links=_base_links,
    directories=DIRECTORIES,
)

RECIPES = {
    "docker.io/library/nginx": NGINX,
    "docker.io/library/busybox": BUSYBOX,
    "docker.io/giantswarm/tiny-tools": TINY_TOOLS,
    "quay.io/giantswarm/tiny-tools": TINY_TOOLS,
    "gsoci.azurecr.io/giantswarm/tiny-tools": TINY_TOOLS,
}
