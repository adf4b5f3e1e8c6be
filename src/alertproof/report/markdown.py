"""The summary of a run as Markdown, made for GitHub's job summary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from alertproof.journal import DrillJournal
from alertproof.report.model import Report
from alertproof.report.summary import headline, row, sentence, sorted_drills
from alertproof.report.words import duration, instant, marked
from alertproof.verdict import Verdict

__all__ = ["render_markdown"]

_ICONS = {Verdict.PASSED: "✅", Verdict.FAILED: "❌", Verdict.BROKEN: "⚠️", Verdict.SKIPPED: "⏭️"}
_SPECIAL = re.compile(r"([\\`*_\[\]|~#])")


def render_markdown(report: Report) -> str:
    """Return the summary: the headline, a row for each drill, and what did not pass, with its reason."""
    return "\n\n".join(filter(None, _blocks(report))) + "\n"


def _blocks(report: Report) -> Iterator[str]:
    top = headline(report)
    yield f"## {_ICONS[top.verdict]} {_plain(top.sentence)}"
    yield "\n".join(f"- {_plain(detail)}" for detail in top.details)
    yield _run(report)
    drills = sorted_drills(report)
    if drills:
        yield _table(("Alert", "Fault", "Detected after", "Paged", "Resolved after", "Verdict"), map(_cells, drills))
    yield from (_unproven(drill) for drill in drills if drill.verdict is not Verdict.PASSED)
    unpassed = [check for check in report.other_checks if check.verdict is not Verdict.PASSED]
    if unpassed:
        cells = ((check.check, check.kind, check.reason, marked(check.verdict)) for check in unpassed)
        yield _table(("Check", "Kind", "Reason", "Verdict"), cells)
    assumptions = sorted({text for drill in drills for text in drill.assumptions})
    if assumptions:
        lines = "\n".join(f"- {_plain(text)}" for text in assumptions)
        summary = "<summary>Undocumented vendor behaviour relied on</summary>"
        yield f"<details>{summary}\n\n{lines}\n\n</details>"


def _run(report: Report) -> str:
    if report.started is None:
        return ""
    took = f", took {duration(report.finished.wall)}" if report.finished else ""
    started = report.started
    return (
        f"Target {_plain(started.target)}, started {instant(started.at)}{took}, alertproof {_plain(started.version)}."
    )


def _cells(drill: DrillJournal) -> tuple[str, ...]:
    said = row(drill)
    return (
        f"{said.alert} ({said.side})",
        said.fault,
        said.detected,
        said.paged,
        said.resolved,
        marked(said.verdict),
    )


def _unproven(drill: DrillJournal) -> str:
    said = row(drill)
    unmet = [
        f"- {'not met' if expected.met is False else 'not reached'}: {_plain(expected.text)}"
        + (f" (last seen: {_plain(expected.last_seen)})" if expected.last_seen else "")
        for expected in drill.expectations
        if not expected.met
    ]
    lines = "\n".join(unmet)
    head = f"### {_ICONS[drill.verdict]} {_plain(said.alert)} ({said.side})"
    return "\n\n".join(filter(None, (head, _plain(sentence(drill)), lines)))


def _table(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    rows = [head, ("---",) * len(head)]
    rows += [tuple(_plain(cell) for cell in line) for line in lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _plain(text: str) -> str:
    """Return a text of the report so that Markdown and HTML show it as it is, in one line."""
    one_line = " ".join(text.split())
    escaped = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", escaped)
