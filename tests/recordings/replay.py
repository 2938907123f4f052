"""Run a transcript's commands with real kubectl and compare.

    python -m tests.recordings.replay --kubeconfig FILE      # on any cluster; uses its namespace `default`

So the recordings are verified on a real cluster, and pocketkube by the same code in test_replay.py.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.recordings.transcript import Answer, Step, differences, read

HERE = Path(__file__).parent
TUTORIAL = HERE / "tutorial.txt"
KUBECTL = Path(sys.executable).parent / "kubectl"
SECONDS = 120  # the longest command waits for Pods
RECORDED_NODES = ("oracle-control-plane", "oracle-worker", "oracle-worker2")
# What was on the cluster when the recording began.
GIVEN = (
    "kubectl apply -f manifests/nginx-demo.yaml",
    "kubectl apply -f manifests/demo-headless-svc.yaml -f manifests/demo-dns-cname-extralname.yaml",
    "kubectl run dns-test --image=giantswarm/tiny-tools --image-pull-policy=IfNotPresent --command -- sleep infinity",
    "kubectl rollout status deploy/nginx",
    "kubectl wait --for=condition=Ready pod/dns-test --timeout=60s",
)


class Replay:
    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig
        names = self.run("kubectl get nodes -o jsonpath={.items[*].metadata.name}").stdout.split()
        self.nodes = (*RECORDED_NODES, *names)

    def run(self, command: str, stdin: str = "") -> Answer:
        words = [str(KUBECTL), "--kubeconfig", str(self._kubeconfig), *shlex.split(command)[1:]]
        done = subprocess.run(
            words, input=stdin, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=HERE
        )
        return Answer(done.stdout, done.stderr, done.returncode)

    def prepare(self) -> None:
        for command in GIVEN:
            answer = self.run(command)
            if answer.status:
                raise RuntimeError(f"{command}\n{answer.stdout}{answer.stderr}")

    def differences(self, steps: Sequence[Step]) -> Iterator[tuple[Step, list[str]]]:
        """Each step whose answer is another than the recorded one, with how it differs."""
        for step in steps:
            found = differences(step, self.run(step.command), self.nodes)
            if found:
                yield step, found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.recordings.replay", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    replay = Replay(parser.parse_args().kubeconfig)
    replay.prepare()
    steps = read(TUTORIAL)
    count = 0
    for count, (step, found) in enumerate(replay.differences(steps), 1):  # noqa: B007 - told at the end
        print(f"$ {step.command}", *found, "", sep="\n")
    print(f"{len(steps) - count} of {len(steps)} commands answered as recorded")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
