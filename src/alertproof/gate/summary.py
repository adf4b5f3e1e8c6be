"""A gate as Markdown, for a pull request: the verdict first, then what it rests on."""

from __future__ import annotations

from html import escape

from alertproof.gate.finding import Finding, GateVerdict
from alertproof.gate.run import GateRun

__all__ = ["summary"]

_MARKS = {
    GateVerdict.PASSED: "✅",
    GateVerdict.FAILED: "❌",
    GateVerdict.INCONCLUSIVE: "❓",
    GateVerdict.INVALID: "⚠️",
}
_NEXT = {
    GateVerdict.PASSED: "",
    GateVerdict.FAILED: "The candidate is worse: do not release it.",
    GateVerdict.INCONCLUSIVE: "More pairs of blocks might tell; as it stands, a person decides.",
    GateVerdict.INVALID: "Nothing was measured: mend what is named here and run the gate again.",
}


def summary(run: GateRun) -> str:
    """Return the gate as Markdown; it ends with a line feed."""
    judgement = run.judgement
    lines = [
        f"## {_MARKS[judgement.verdict]} Release gate: {judgement.verdict}",
        "",
        f"`{run.candidate}` against `{run.baseline}`, profile `{run.profile}`: {_plain(judgement.why)}.",
    ]
    lines += [_NEXT[judgement.verdict]] if _NEXT[judgement.verdict] else []
    if judgement.findings:
        lines += ["", "| | compared | baseline | candidate | shift | 95 % interval |", "|---|---|---:|---:|---:|---:|"]
        lines += [_row(finding) for finding in judgement.findings]
    lines += ["", *(f"- not compared: {_plain(one)}" for one in judgement.left_out)] if judgement.left_out else []
    broken = sum(1 for block in run.blocks if block.broken)
    blocks = f"{len(run.blocks)} blocks" + (f" ({broken} of them broken)" if broken else "")
    requests = sum(block.n for block in run.blocks)
    lines += ["", f"{judgement.pairs} pairs, {blocks}, {requests:,} requests, {run.wall.total_seconds():.0f} s."]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Return a text in one line, of which nothing is taken for Markdown's own or for somebody's name."""
    return escape(" ".join(text.split()), quote=False).replace("|", "&#124;").replace("@", "&#64;")


def _row(one: Finding) -> str:
    if one.unit == "s":
        numbers = f"{one.baseline * 1000:.1f} ms | {one.candidate * 1000:.1f} ms | {one.shift:+.1%}"
        return f"| {_MARKS[one.verdict]} | {_plain(one.name)} | {numbers} | {one.low:+.1%} to {one.high:+.1%} |"
    if one.unit == "score":
        numbers = f"{one.baseline:.3f} | {one.candidate:.3f} | {one.shift:+.3f}"
        return f"| {_MARKS[one.verdict]} | {_plain(one.name)} | {numbers} | {one.low:+.3f} to {one.high:+.3f} |"
    numbers = f"{one.baseline:.2%} | {one.candidate:.2%} | {100 * one.shift:+.2f} pp"
    return (
        f"| {_MARKS[one.verdict]} | {_plain(one.name)} | {numbers} | {100 * one.low:+.2f} to {100 * one.high:+.2f} pp |"
    )
