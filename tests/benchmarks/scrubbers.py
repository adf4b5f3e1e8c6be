"""Prints what share of the corpus each scrubber stops and keeps, as the table in docs/scrubbing.md.

Run from the repository: ``python -m tests.benchmarks.scrubbers``. Relay's column needs the extra ``relay``.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from typing import Any

import sentry_sdk.serializer
from sentry_sdk.scrubber import EventScrubber
from tests.m3core.scrubbing.grammar import Case
from tests.m3core.scrubbing.places import event_with, keeps, kept_in, leaks

from alertproof.canaries import find_canary
from alertproof.sentry.scrub import Scrubber as Relay
from alertproof.sentry.scrub import ScrubSettings
from m3core.scrubbing import scrub_event

Event = dict[str, Any]
GROUPS: dict[str, Callable[[Case], bool]] = {
    "shows itself: cards, tokens, keys, addresses": lambda case: not case.kind.startswith(("form ", "key")),
    "told by the text around it": lambda case: case.kind.startswith("form "),
    "told by its key": lambda case: case.kind == "key",
    "encoded in any way": lambda case: ", as it is," not in case.name and case.kind != "key",
}


def _sent(event: Event) -> Event:
    """Return an event as it is sent: as JSON that any reader reads."""
    sent: Event = json.loads(json.dumps(sentry_sdk.serializer.serialize(event), default=str))
    return sent


def sdk(event: Event) -> Event:
    """Return what the SDK's own scrubber makes of an event, by its defaults."""
    event = copy.deepcopy(event)
    EventScrubber().scrub_event(event)  # type: ignore[arg-type]
    return _sent(event)


def sdk_and_relay(event: Event) -> Event:
    """Return what Sentry stores of it, by the defaults of its server."""
    return Relay(ScrubSettings.required(), ScrubSettings()).scrub(sdk(event))


SCRUBBERS: dict[str, Callable[[Event], Event]] = {
    "nothing": _sent,
    "the SDK by default": sdk,
    "the SDK and Sentry's server by default": sdk_and_relay,
    "`m3core.scrubbing`": lambda event: _sent(scrub_event(event)),
}


def _share(scrub: Callable[[Event], Event], corpus: list[Case]) -> float:
    stopped = 0
    for case in corpus:
        clean = scrub(event_with(case.place, case.content))
        stopped += not find_canary(json.dumps(clean, ensure_ascii=False).encode(), case.canary)
    return stopped / len(corpus)


def main() -> None:
    """Print the table."""
    corpus, useful = leaks(), keeps()
    groups = {name: [case for case in corpus if belongs(case)] for name, belongs in GROUPS.items()}
    heads = [f"{name} ({len(cases)})" for name, cases in groups.items()]
    out = sys.stdout.write
    out(f"| scrubber | all leaks ({len(corpus)}) | {' | '.join(heads)} | kept of what is useful ({len(useful)}) |\n")
    out("| --- " * (len(heads) + 3) + "|\n")
    for name, scrub in SCRUBBERS.items():
        kept = sum(kept_in(scrub(keep.event), keep) for keep in useful) / len(useful)
        shares = [_share(scrub, corpus), *(_share(scrub, cases) for cases in groups.values()), kept]
        out(f"| {name} | {' | '.join(f'{100 * share:.1f} %' for share in shares)} |\n")


if __name__ == "__main__":
    main()
