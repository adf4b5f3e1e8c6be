"""A normal event stays as it is: what is made at random is eaten by a rule only by chance, and so it is looked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from tests.m3core.scrubbing.normal import events
from tests.m3core.scrubbing.normal.events import IDENTIFIERS, differences, table
from tests.m3core.scrubbing.normal.values import filled

from m3core.scrubbing import Scrubber

SEED = int(os.environ.get("ALERTPROOF_NORMAL_SEED", "20261127"))
#: In a thousand events so many may lose something by chance: digits with a check, ``mobile`` before a number. Of the
#: first two hundred of each kind 8 events, 3 transactions, no span and no log do.
MOST_OF_A_THOUSAND = 50
KINDS: dict[str, tuple[Callable[[Random], dict[str, Any]], Callable[[Scrubber], Callable[..., dict[str, Any]]]]] = {
    "event": (events.normal, lambda scrubber: scrubber.event),
    "transaction": (events.transaction, lambda scrubber: scrubber.transaction),
    "span": (events.span, lambda scrubber: scrubber.span),
    "log": (events.log, lambda scrubber: scrubber.log),
}


def lost_of(kind: str, seed: int, count: int) -> list[tuple[int, list[tuple[str, Any, Any]]]]:
    """Return what each of so many events lost, with its number; those that stayed are not among them."""
    make, hook = KINDS[kind]
    random, scrubber = Random(seed), Scrubber()
    lost = []
    for number in range(count):
        event = make(random)
        clean = hook(scrubber)(event)
        clean.pop("_meta", None)
        if found := differences(event, clean):
            lost.append((number, found))
    return lost


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_a_normal_event_stays_as_it_is(kind: str) -> None:
    lost = lost_of(kind, SEED, 200)

    assert len(lost) * 1000 <= MOST_OF_A_THOUSAND * 200, f"seed {SEED}: {lost}"


@pytest.mark.prove
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
def test_of_thousands_of_normal_events_all_but_a_few_stay_as_they_are(kind: str) -> None:
    lost = lost_of(kind, SEED + 1, 10_000)

    print(kind, len(lost))  # noqa: T201 - what is measured
    assert len(lost) * 1000 <= MOST_OF_A_THOUSAND * 10_000, f"seed {SEED + 1}: {lost[:20]}"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["fields.txt", "attributes.txt", "headers.txt"])
def test_each_field_of_the_tables_stays_with_each_of_its_values(name: str) -> None:
    random, scrubber = Random(SEED), Scrubber()
    rows = [{key: filled(value, random)} for key, value in table(name)]

    assert [row for row in rows if scrubber.record(row) != row] == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("form", IDENTIFIERS)
def test_an_identifier_names_nothing_and_says_nothing(form: str) -> None:
    """As a key, a random one holds by chance the letters of a secret's name, and as a value those of a token."""
    random, scrubber = Random(f"{SEED} {form}"), Scrubber()
    lost = 0
    for _ in range(20):
        made = [str(filled(form, random)) for _ in range(3)]
        record = {"by": {made[0]: 7, made[1]: {"state": "open"}}, "ref": made[2], "refs": made}
        lost += scrubber.record(record) != record

    assert lost <= 1, f"{lost} of 20"


def test_a_secret_in_a_normal_event_is_still_found() -> None:
    event = events.normal(Random(SEED))
    event["extra"]["api_token"] = "Qm7vLx2pR9tK4wZ8nB3cYd5"

    assert Scrubber().event(event)["extra"]["api_token"] == "[Filtered]"
    assert differences(event, Scrubber().event(event)) != []


def test_what_differs_is_named_by_its_place() -> None:
    assert differences({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}) == [("/a/1/b", 2, 3)]
    assert differences({"a": 1}, {"b": 1}) == [("", {"a": 1}, {"b": 1})]
    assert differences({"a": 1}, {"a": True}) == [("/a", 1, True)]
