"""Defects of what the platform tells of itself: each metric dropped, renamed, without a tag, in another unit.

The points are found in the code, not listed: calls whose first argument is the literal name of a metric.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from alertproof.quality.contract import Watched

__all__ = ["CodeDefect", "apply", "asked_tags", "code_defects"]

_CALLS = frozenset({"count", "distribution", "gauge", "increment", "timing", "took"})
_DURATIONS = frozenset({"distribution", "timing", "took"})
_NO_TAGS = frozenset({"sample_rate", "tags", "value"})


@dataclass(frozen=True, kw_only=True)
class CodeDefect:
    """One edit at ``[start, end)`` of a file, in octets, and what a suite that sees it says."""

    operator: str
    metric: str
    change: str
    file: str
    span: tuple[int, int]
    new: str
    says: tuple[str, ...]  # any of them

    @property
    def name(self) -> str:
        """Return what it is called: the same in every run."""
        return f"{self.metric}: {self.operator}: {self.change}"


def asked_tags(watched: Watched) -> dict[str, frozenset[str]]:
    """Return the keys of tags that monitors, SLOs and dashboards ask for, by metric; of the rest nobody looks at."""
    found: dict[str, set[str]] = {}
    for each in watched.asked:
        if each.kind == "metric":
            found.setdefault(each.name, set()).update(key for key, _ in each.tags)
            found[each.name].update(each.by)
    return {name: frozenset(keys) for name, keys in found.items()}


def code_defects(root: Path, asked: Mapping[str, frozenset[str]]) -> Iterator[CodeDefect]:
    """Yield each defect of what the code below ``root`` emits and somebody asks for."""
    for path in sorted((root / "src" / "m3core").rglob("*.py")):
        content = path.read_bytes()
        starts = [0]
        for line in content.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        point = _Points(str(path.relative_to(root)), content, starts, asked)
        for node in ast.walk(ast.parse(content)):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                yield from point.of_call(node.value)


def apply(defects: list[CodeDefect], folder: Path) -> None:
    """Make the edits in a copy of the platform; the last of a file first, so that the places stay."""
    for defect in sorted(defects, key=lambda each: each.span, reverse=True):
        path = folder / defect.file
        content = path.read_bytes()
        start, end = defect.span
        path.write_bytes(content[:start] + defect.new.encode() + content[end:])


class _Kind(NamedTuple):
    operator: str
    change: str
    says: str


class _Points:
    def __init__(self, file: str, content: bytes, starts: list[int], asked: Mapping[str, frozenset[str]]) -> None:
        self._file, self._content, self._starts, self._asked = file, content, starts, asked

    def of_call(self, call: ast.Call) -> Iterator[CodeDefect]:
        name = call.args[0] if call.args else None
        if not (isinstance(call.func, ast.Attribute) and call.func.attr in _CALLS and isinstance(name, ast.Constant)):
            return
        metric = name.value
        if not isinstance(metric, str) or metric not in self._asked:
            return
        yield self._defect(_Kind("metric dropped", "no longer sent", f"the metric {metric} "), metric, call, "None")
        renamed = _Kind("metric renamed", f"becomes {metric}_x", f"the metric {metric} ")
        yield self._defect(renamed, metric, name, f'"{metric}_x"')
        for each in call.keywords:
            if each.arg in self._asked[metric] - _NO_TAGS:
                untagged = _Kind("tag dropped", f"without {each.arg}", f"the metric {metric} has no tag '{each.arg}'")
                yield self._defect(untagged, metric, each, "")
        if call.func.attr in _DURATIONS and len(call.args) > 1:
            text = self._content[slice(*self._span(call.args[1]))].decode()
            unit = _Kind("wrong unit", "in milliseconds", f"the metric {metric} is not in seconds")
            yield self._defect(unit, metric, call.args[1], f"({text}) * 1000")

    def _defect(self, kind: _Kind, metric: str, node: ast.expr | ast.keyword, new: str) -> CodeDefect:
        start, end = self._span(node)
        if not new:  # with the comma before it
            start = self._content.rindex(b",", 0, start)
        return CodeDefect(
            operator=kind.operator,
            metric=metric,
            change=kind.change,
            file=self._file,
            span=(start, end),
            new=new,
            says=(kind.says,),
        )

    def _span(self, node: ast.expr | ast.keyword) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._starts[node.lineno - 1] + node.col_offset, self._starts[node.end_lineno - 1] + node.end_col_offset
