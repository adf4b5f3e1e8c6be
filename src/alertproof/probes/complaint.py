"""What somebody reads whose probe turned red: the cause first, then where to look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alertproof.probes.answer import Answer
from alertproof.probes.wording import named_phases, span
from alertproof.verdict import Expectation

__all__ = ["complaint"]


def complaint(answer: Answer, found: Iterable[Expectation]) -> str:
    """Return what was not as expected of an answer, with its facts; empty when all was.

    The first line stands alone in pytest's summary: which request, what was expected, and what was seen.
    """
    found = list(found)
    unmet = [one for one in found if one.met is False]
    if not unmet:
        return ""
    lines: list[str] = []
    said: set[str] = set()
    for one in unmet:
        start = "  also expected" if lines else f"{answer.request}: expected"
        first, *more = one.last_seen.splitlines()
        lines += [f"{start} {one.text}" + ("" if first in said else f", last seen: {first}")]
        lines += [f"  {line}" for line in more]
        said.add(first)
    facts = [*_facts(answer, found)]
    width = max(len(name) for name, _ in facts)
    lines += [f"  {name.ljust(width)}  {text}" for name, text in facts]
    return answer.request.without_secrets("\n".join(lines))


def _facts(answer: Answer, found: list[Expectation]) -> Iterator[tuple[str, str]]:
    met = [one.text for one in found if one.met]
    if met:
        yield "met", ", ".join(met)
    unreached = [one.text for one in found if one.met is None]
    if unreached:
        yield "not reached", ", ".join(unreached)
    phases = ", ".join(f"{name} {span(took)}" for name, took in named_phases(answer.phases))
    over = (
        f" over {'a new' if answer.connection == 'cold' else 'a kept'} connection to {answer.peer}"
        if answer.peer and answer.request.kind != "dns"
        else ""
    )
    yield "time", f"{span(answer.total)}{over}" + (f": {phases}" if phases else "")
    for hop in answer.hops:
        parts = ", ".join(f"{name} {span(took)}" for name, took in named_phases(hop.phases))
        yield f"{hop.status}", f"{hop.url} in {span(hop.total)}: {parts}"
    if answer.trouble is None:
        yield "answer", answer.said
    at = f"{answer.at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC"
    if answer.correlation_id:
        yield "look up", f"correlation id {answer.correlation_id}, sent at {at}"
    else:
        yield "sent", at
