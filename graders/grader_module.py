"""A lab's grader module, read without running anything of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from graders.lab import Lab
from graders.verdict import GraderError


@dataclass(frozen=True, slots=True)
class WrittenCheck:
    """A check as its author wrote it. `title`: the first line of its docstring. `points`: None where it is no number.

    `line`: of `def`, counted from 1.
    """

    name: str
    line: int
    title: str
    points: int | None
    needs: tuple[str, ...]


def path_of(lab: Lab) -> Path:
    return lab.directory / f"test_{lab.name}.py"


def written_checks(lab: Lab) -> dict[str, WrittenCheck]:
    """{name: check}, in the module's order. GraderError for a module that is missing or is not Python."""
    path = path_of(lab)
    try:
        module = ast.parse(path.read_bytes())
    except OSError as error:
        raise GraderError(f"{path}: {error.strerror}") from error
    except (SyntaxError, ValueError) as error:
        raise GraderError(f"{path}: it is not Python: {error}") from error
    found = [_check(each) for each in module.body if isinstance(each, ast.FunctionDef) and each.name[:5] == "test_"]
    return {each.name: each for each in found}


def _check(function: ast.FunctionDef) -> WrittenCheck:
    decorators = [each for each in function.decorator_list if isinstance(each, ast.Call)]
    given = {word.arg: word.value for each in decorators if _is_check(each) for word in each.keywords}
    points, needs = _literal(given.get("points")), _literal(given.get("needs"))
    return WrittenCheck(
        name=function.name.removeprefix("test_"),
        line=function.lineno,
        title=(ast.get_docstring(function) or "").partition("\n")[0],
        points=points if isinstance(points, int) else None,
        needs=tuple(map(str, needs)) if isinstance(needs, tuple) else (),
    )


def _is_check(decorator: ast.Call) -> bool:
    return isinstance(decorator.func, ast.Name) and decorator.func.id == "check"


def _literal(node: ast.expr | None) -> object:
    try:
        return ast.literal_eval(node) if node else None
    except ValueError:
        return None
