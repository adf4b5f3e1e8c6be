"""The fields of the platform's log lines, read from its source: what ``extra`` adds, and what every line has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from alertproof.quality.contract import Fields

__all__ = ["log_fields"]

#: Of the formatter's library.
_LIBRARY = ("message", "timestamp", "exc_info", "dd.trace_id", "dd.span_id")
_FORMATTER = Path("telemetry") / "logs.py"
_TASKS = "tasks.py"


def log_fields(source: Path) -> Fields:
    """Return the fields of the lines that the modules below ``source`` write, with their values where all are fixed."""
    found: dict[str, set[str]] = {name: set() for name in _LIBRARY}
    open_ones = set(_LIBRARY)
    for path in sorted(source.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        pairs = _extras(tree)
        if path.relative_to(source) == _FORMATTER:
            pairs = _of_every_line(tree)
        for name, value in [*pairs, *(_jobs(tree) if path.name == _TASKS else ())]:
            found.setdefault(name, set())
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found[name].add(value.value)
            elif name != "job":
                open_ones.add(name)
    return {name: frozenset() if name in open_ones else frozenset(values) for name, values in found.items()}


def _extras(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names and values of what is passed as ``extra``: a dictionary, or a name that one was given to."""
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_log.")
    ]
    for keyword in (each for call in calls for each in call.keywords if each.arg == "extra"):
        given = named.get(keyword.value.id) if isinstance(keyword.value, ast.Name) else keyword.value
        assert isinstance(given, ast.Dict), ast.unparse(keyword)
        yield from _pairs(given)


def _of_every_line(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield what the formatter writes into each line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and ast.unparse(target.value) == "log_data":
                    assert isinstance(target.slice, ast.Constant)
                    yield str(target.slice.value), node.value
                elif ast.unparse(target) == "self._constant":
                    assert isinstance(node.value, ast.Dict)
                    yield from _pairs(node.value)


def _jobs(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_working":
            yield "job", node.args[0]


def _pairs(given: ast.Dict) -> Iterator[tuple[str, ast.expr]]:
    for key, value in zip(given.keys, given.values, strict=True):
        assert isinstance(key, ast.Constant), ast.unparse(given)
        yield str(key.value), value
