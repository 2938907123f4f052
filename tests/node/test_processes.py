"""Statuses of processes: each is of the process that was asked about, whatever number it has."""

from __future__ import annotations

import subprocess
import sys

# Runs as pid 1, as in the sandbox. An orphan ends with 7, and the next process is made to get its number.
SCRIPT = """
import asyncio, os
from pathlib import Path
from pocketkube.node.processes import Processes, PipeReader, exit_code, read_all_of

# It outlives the shell that started it, or that one might ask for its status.
ORPHAN = "(while [ -d /proc/$$ ]; do sleep 0.01; done; exit %d) >/dev/null & echo $!"

def next_pid(pid):
    Path("/proc/sys/kernel/ns_last_pid").write_text(str(pid - 1))

async def main():
    processes = Processes()
    code, output = await processes.run(["/bin/sh", "-c", ORPHAN % 7])
    orphan = int(output)
    while orphan not in processes._ended:
        await asyncio.sleep(0.005)
    before = processes.now
    next_pid(orphan)
    spawned = processes.spawn(["/bin/sh", "-c", "exit 3"], {})
    print(spawned == orphan, exit_code(await processes.wait(spawned)))

    code, output = await processes.run(["/bin/sh", "-c", ORPHAN % 5])
    adopted = int(output)
    processes.adopt(adopted, before)
    print(exit_code(await processes.wait(adopted)))

asyncio.run(main())
"""


def test_a_number_that_is_given_anew() -> None:
    command = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.stdout.split() == ["True", "3", "5"], done.stderr
