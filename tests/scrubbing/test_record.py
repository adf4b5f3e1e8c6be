from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from alertproof.canaries import Flock, Place, Places, Run, judge, kind_named
from alertproof.journal import ScrubbingJournal
from alertproof.scrubbing import Proven, journal_of
from alertproof.verdict import Verdict

FLOCK = Flock("seed")
SCRUBBED, CONTROL = (FLOCK.of(run, "body", kind_named("e-mail")) for run in (Run.SCRUBBED, Run.CONTROL))
EVENT, STORED = Place("Sentry event", "request", "as it is"), Place("Sentry, as stored", "", "as it is")


def recorded(seen: Mapping[str, set[Place]], *, sentry_scrubs: bool = True) -> ScrubbingJournal:
    places = Places(
        of={core: frozenset(found) for core, found in seen.items()},
        items={"Sentry event": 2, "Datadog logs": 3},
        octets={"Sentry event": 100, "Datadog logs": 50},
    )
    judgement = judge(places, [SCRUBBED, CONTROL], marks={}, sources=["Sentry event"])
    proven = Proven(
        judgement=judgement,
        places=places,
        canaries=(SCRUBBED, CONTROL),
        began=datetime(2026, 11, 27, tzinfo=UTC),
        wall=timedelta(seconds=1),
        sentry_scrubs=sentry_scrubs,
    )
    return journal_of(proven, check="t", target="local")


def test_a_proof_passes_when_only_the_control_showed_its_canary() -> None:
    journal = recorded({CONTROL.core: {EVENT}})

    assert (journal.verdict, journal.reason) == (Verdict.PASSED, "")
    assert [(source.name, source.items, source.canaries) for source in journal.sources] == [
        ("Datadog logs", 3, 0),
        ("Sentry event", 2, 1),
    ]


def test_a_leak_fails_also_where_the_search_was_blind_elsewhere() -> None:
    journal = recorded({SCRUBBED.core: {EVENT}})

    assert journal.verdict is Verdict.FAILED
    assert "leaked: e-mail by the door 'body': Sentry event, request" in journal.reason
    assert "came out nowhere" in journal.reason


def test_a_blind_search_is_broken() -> None:
    assert recorded({}).verdict is Verdict.BROKEN


def test_what_sentry_would_store_is_known_only_where_an_event_held_it() -> None:
    stored = [
        recorded({CONTROL.core: places}).cells[0].stored
        for places in ({EVENT}, {EVENT, STORED}, {Place("Datadog logs", "", "as it is")})
    ]

    assert stored == [False, True, None]


def test_what_sentry_would_store_is_not_known_where_what_stores_it_does_not_scrub() -> None:
    seen = {CONTROL.core: {EVENT, STORED}}

    assert [recorded(seen, sentry_scrubs=scrubs).cells[0].stored for scrubs in (True, False)] == [True, None]


def test_no_canary_stands_in_the_journal() -> None:
    text = msgspec.json.encode(recorded({SCRUBBED.core: {EVENT}, CONTROL.core: {EVENT}})).decode()

    assert not any(canary.core in text for canary in (SCRUBBED, CONTROL))
