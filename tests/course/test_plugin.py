"""`pytest --course`: a lab's parts as tests."""

from __future__ import annotations

from tests.checkout import Course


def test_a_part_is_a_test_and_its_failure_lists_the_defects(small: Course) -> None:
    done = small.pytest("--course", "labs/small", "labs/headless", "-k", "complete")
    assert "labs/headless . " in done.stdout
    assert "labs/small F " in done.stdout
    assert "labs/small/README.md:1: it is missing. Write the task, for a student." in done.stdout
    assert "Traceback" not in done.stdout
    assert "1 failed, 1 passed, 6 deselected" in done.stdout
    assert done.returncode == 1


def test_without_names_it_is_every_lab_and_every_tutorial(small: Course) -> None:
    tutorial = small.path / "docs" / "tutorial" / "first.md"
    tutorial.parent.mkdir(parents=True)
    tutorial.write_text("Nothing to run.\n")
    done = small.pytest("--course", "-k", "text", "--collect-only", "-q")
    labs = sorted(path.parent.name for path in small.path.glob("labs/*/lab.yaml"))
    expected = [*(f"labs/{name}::text" for name in labs), "docs/tutorial/first.md::text"]
    assert done.stdout.splitlines()[: len(expected)] == expected


def test_a_lab_that_cannot_be_read_is_no_defect_of_the_others(small: Course) -> None:
    (small.path / "labs" / "small" / "lab.yaml").write_text("title: [\n")
    done = small.pytest("--course", "labs/small", "labs/headless", "-k", "complete")
    assert "labs/small/lab.yaml: this lab cannot be read: line 2" in done.stdout
    assert done.returncode == 7


def test_what_cannot_be_meant_is_told(small: Course) -> None:
    no_lab = small.pytest("--course", "graders")
    assert "graders is no lab. Name labs" in no_lab.stderr
    workers = small.pytest("--course", "-n", "2")
    assert "leave -n out" in workers.stderr
    cluster = small.pytest("--course", "labs/headless", "-k", "true", "--cluster", "existing")
    assert "a context is never guessed" in cluster.stdout
    assert [each.returncode for each in (no_lab, workers, cluster)] == [4, 4, 7]
