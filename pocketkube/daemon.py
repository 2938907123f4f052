"""The cluster's process: enters the sandbox, starts every part, and serves until its starter goes.

    python -m pocketkube.daemon DIRECTORY LISTENER [--stays] [--internet]

`LISTENER` is the descriptor of the API's listening socket, made outside. Standard input brings the credentials as one
line of JSON; standard output takes one line back: {"ready": true}, or why it cannot run here.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

from pocketkube import keeper, sandbox
from pocketkube.failure import CannotRun

log = logging.getLogger("pocketkube")


def main() -> None:
    directory, listener = Path(sys.argv[1]), int(sys.argv[2])
    stays = "--stays" in sys.argv[3:]
    # A socket belongs to the network namespace that it is made in.
    outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM) if "--internet" in sys.argv[3:] else None
    report = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    kept, lifeline = os.pipe()
    try:
        _require_programs()
        if stays:
            keeper.record(directory)
        inside = sandbox.enter()
        if inside:
            os.close(kept)
            os.close(listener)
            report.close()
            keeper.keep(inside, lifeline, directory, stays=stays)
            return
        os.close(lifeline)
        keeper.end_with(kept, directory)
        sandbox.furnish()
        _serve(socket.socket(fileno=listener), outside, report)
    except CannotRun as error:
        log.error("%s", error)
        _say(report, {"step": error.step, "error": error.error, "remedy": error.remedy})
        sys.exit(1)


def _require_programs() -> None:
    if not shutil.which("crun", path="/usr/bin"):
        raise CannotRun("run containers", "crun is not installed", "Install it: apt-get install crun")


def _serve(listener: socket.socket, outside: socket.socket | None, report: Any) -> None:
    # aiohttp reads the machine's CA certificates when it is imported, 30 ms; nothing here asks for them.
    os.environ["SSL_CERT_FILE"] = os.devnull
    from pocketkube import parts  # noqa: PLC0415 - the keeper outside needs none of it

    # What was imported stays for good; to pass it over, and to collect less often, saves 2 % of the time.
    gc.freeze()
    gc.set_threshold(10_000, 20, 2)
    credentials = json.loads(sys.stdin.buffer.readline())
    asyncio.run(parts.run(listener, outside, credentials, lambda: _say(report, {"ready": True})))


def _say(report: Any, answer: dict[str, Any]) -> None:
    print(json.dumps(answer), file=report, flush=True)


if __name__ == "__main__":
    main()
