"""A grader module without some of its checks, and without what only those use."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable


def without(source: str, checks: Collection[str]) -> str:
    """The module without the functions of `checks`; every other line stays as it is.

    With a function go the constants, helpers and imports that nothing else uses, and the comments right above each.
    ValueError where that cannot be done line by line.
    """
    body = ast.parse(source).body
    hidden = [each for each in body if isinstance(each, ast.FunctionDef) and each.name in {f"test_{c}" for c in checks}]
    if not hidden:
        return source
    reached = _reached(hidden, body)
    kept = _reached([each for each in body if each not in reached], body)
    gone = [each for each in reached if each not in kept]
    used = {name for each in kept for name in _used(each)}
    shortened = {each: new for each in kept if (new := _with_imports_of(each, used, gone)) is not each}
    result = _cut(source, gone, shortened)
    expected = [shortened.get(each, each) for each in body if each not in gone]
    if ast.dump(ast.parse(result)) != ast.dump(ast.Module(expected, [])):
        raise ValueError("statements share lines with a hidden check. Put each statement on lines of its own.")
    return result


def _reached(roots: Iterable[ast.stmt], body: list[ast.stmt]) -> list[ast.stmt]:
    """The roots, and every statement of the module that defines what they use, also by way of others."""
    found = list(roots)
    for each in found:  # grows on the way
        used = _used(each)
        found += [other for other in body if other not in found and _defined(other) & used]
    return found


def _used(statement: ast.stmt) -> set[str]:
    """Names that it reads. A parameter may be a fixture of the module."""
    nodes = list(ast.walk(statement))
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return names | {node.arg for node in nodes if isinstance(node, ast.arg)}


def _defined(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {_bound(alias) for alias in statement.names}
    nodes = ast.walk(statement)
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _with_imports_of(statement: ast.stmt, used: set[str], gone: list[ast.stmt]) -> ast.stmt:
    """Without the names that only what is gone has used."""
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return statement
    superfluous = {name for each in gone for name in _used(each)} - used
    names = [alias for alias in statement.names if _bound(alias) not in superfluous]
    if len(names) == len(statement.names):
        return statement
    if isinstance(statement, ast.ImportFrom):
        return ast.ImportFrom(statement.module, names, statement.level)
    return ast.Import(names)


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _cut(source: str, gone: list[ast.stmt], shortened: dict[ast.stmt, ast.stmt]) -> str:
    lines: list[str | None] = list(source.splitlines())
    for each in gone:
        first = min([each.lineno, *(decorator.lineno for decorator in getattr(each, "decorator_list", []))]) - 1
        while first and (lines[first - 1] or "").startswith("#"):
            first -= 1
        lines[first : each.end_lineno] = [None] * (each.end_lineno - first if each.end_lineno else 1)
    for each, new in shortened.items():
        lines[each.lineno - 1 : each.end_lineno] = [None] * ((each.end_lineno or each.lineno) - each.lineno + 1)
        lines[each.lineno - 1] = ast.unparse(new)
    text = "\n".join(line for line in lines if line is not None).strip("\n") + "\n"
    return re.sub(r"\n{4,}", "\n\n\n", text)
