"""Runs a scrubber over the cases and prints what it stops and what it destroys, by class and part.

``python -m tests.m3core.scrubbing.cases.rates package.module:scrub_event [log=package.module:scrub_log ...]``

One function serves all items unless an item has one of its own. The misses of the parts that are held out are only
counted, so that nobody tunes to them, unless ``--held-out-misses`` asks for them. ``--cases FOLDER`` reads the files
of a folder in place of the parts, as often as it is given; the misses of one named ``aside`` are only counted too.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from tests.m3core.scrubbing.cases.casebook import PARTS, Case, Item, cases_in, cases_of, event_of
from tests.m3core.scrubbing.cases.verdicts import leaks, lost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Scrub = Callable[[dict[str, Any], dict[str, Any]], Any]

__all__ = ["Verdict", "judged", "main", "report", "sent"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one case; no problem means that it went as it must."""

    case: Case
    problem: str

    @property
    def good(self) -> bool:
        return not self.problem


def sent(event: Any) -> bytes:
    """The event as it would leave."""
    return json.dumps(event, ensure_ascii=False, default=repr).encode("utf-8", "surrogatepass")


def judged(case: Case, scrub: Scrub) -> Verdict:
    """Runs the scrubber over one case; to raise, to drop the event and to change its input are failures too."""
    event = event_of(case)
    try:
        output = scrub(event, {})
    except Exception as error:  # noqa: BLE001 - whatever a scrubber raises is its verdict
        return Verdict(case, f"raised {type(error).__name__}: {error}")
    if not isinstance(output, dict):
        return Verdict(case, f"gave {type(output).__name__} instead of the event")
    if event != event_of(case):
        return Verdict(case, "changed its input")
    if case.canaries:
        found = leaks(case, sent(output))
        return Verdict(case, f"leaked {', '.join(found)}" if found else "")
    gone = lost(case, output)
    return Verdict(case, f"lost {', '.join(gone)}" if gone else "")


def _share(verdicts: Sequence[Verdict]) -> str:
    good = sum(verdict.good for verdict in verdicts)
    return f"{good:4d} of {len(verdicts):4d}  {good / len(verdicts):6.1%}"


def _lines(verdicts: Sequence[Verdict], *, with_misses: bool) -> Iterable[str]:
    for title, leaking in (("stopped", True), ("kept", False)):
        chosen = [verdict for verdict in verdicts if bool(verdict.case.canaries) is leaking]
        by_kind: dict[str, list[Verdict]] = defaultdict(list)
        for verdict in chosen:
            by_kind[verdict.case.kind].append(verdict)
        if not chosen:
            continue
        yield f"  {title:34s} {_share(chosen)}"
        for kind, group in sorted(by_kind.items()):
            yield f"    {kind:32s} {_share(group)}"
    if with_misses:
        for verdict in verdicts:
            if not verdict.good:
                yield f"  miss {verdict.case.id} ({verdict.case.container}, {verdict.case.encoding}): {verdict.problem}"


def report(scrubs: Mapping[Item, Scrub], folders: Sequence[Path] = (), *, held_out_misses: bool = False) -> str:
    """The rates of the folders, or of all parts where there is none, and the misses as text."""
    chosen = [(str(folder), cases_in(folder), folder.name == "aside") for folder in folders] or [
        (part, cases_of(part), part.endswith(("held-out", "aside"))) for part in PARTS
    ]
    lines: list[str] = []
    for title, cases, held_out in chosen:
        verdicts = [judged(case, scrubs[case.item]) for case in cases]
        lines.append(title)
        lines.extend(_lines(verdicts, with_misses=not held_out or held_out_misses))
    return "\n".join(lines) + "\n"


def _loaded(name: str) -> Scrub:
    module, _, function = name.partition(":")
    loaded: Scrub = getattr(importlib.import_module(module), function)
    return loaded


def main(arguments: Sequence[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="rates", description="The rates of a scrubber on the cases.")
    parser.add_argument("scrubs", nargs="+", metavar="[ITEM=]MODULE:FUNCTION")
    parser.add_argument("--held-out-misses", action="store_true")
    parser.add_argument("--cases", action="append", default=[], type=Path, metavar="FOLDER")
    given = parser.parse_args(arguments)
    items: tuple[Item, ...] = get_args(Item)
    named = {item: name for item, _, name in (scrub.rpartition("=") for scrub in given.scrubs)}
    if unknown := named.keys() - {"", *items}:
        parser.error(f"no item {', '.join(sorted(unknown))}; there are {', '.join(items)}")
    if lacking := [item for item in items if item not in named and "" not in named]:
        parser.error(f"no function for {', '.join(lacking)}: name one of its own or one for all")
    scrubs = {item: _loaded(named.get(item) or named[""]) for item in items}
    try:
        sys.stdout.write(report(scrubs, given.cases, held_out_misses=given.held_out_misses))
    except ValueError as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
