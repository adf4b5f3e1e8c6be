from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from sentry_sdk.scrubber import EventScrubber

from alertproof.canaries import KINDS, find_canary, kind_named
from alertproof.sentry.strategies import ENCODINGS, PLACES, Leak, find_leak, leaks, sensitive_events
from m3core.scrubbing import scrub_event


def as_it_is(event: Any, hint: Any) -> Any:
    return event


def nothing(event: Any, hint: Any) -> Any:
    return None


def by_default(event: Any, hint: Any) -> Any:
    """What the SDK's own scrubber makes of an event, by its defaults."""
    event = copy.deepcopy(event)
    EventScrubber().scrub_event(event)
    return event


@settings(max_examples=150, deadline=None)
@given(sensitive_events())
def test_the_secret_of_every_event_is_seen_where_nothing_is_scrubbed(leak: Leak) -> None:
    assert leaks(as_it_is, leak)


@settings(max_examples=150, deadline=None)
@given(sensitive_events())
def test_an_event_that_is_dropped_leaks_nothing(leak: Leak) -> None:
    assert not leaks(nothing, leak)


@pytest.mark.parametrize("place", PLACES)
def test_events_of_each_place_are_made_and_seen(place: str) -> None:
    found = find_leak(as_it_is, sensitive_events(places=[place]), examples=3, seed=1)

    assert found is not None
    assert found.place == place


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_events_of_each_encoding_are_made_and_seen(encoding: str) -> None:
    found = find_leak(as_it_is, sensitive_events(encodings=[encoding]), examples=3, seed=1)

    assert found is not None
    assert found.encoding == encoding


def test_a_leak_of_the_sdk_s_own_scrubber_is_shrunk_to_its_smallest_form() -> None:
    found = find_leak(by_default, seed=7)

    assert found is not None
    assert found.kind == KINDS[0].name
    assert (found.place, found.encoding) == ("extra", "as it is")
    assert found.event == {"extra": {found_key(found): KINDS[0].make(Random(0)).text}}


def found_key(leak: Leak) -> str:
    return str(next(iter(leak.event["extra"])))


def test_what_a_scrubber_stops_at_one_place_is_found_at_another() -> None:
    def only_extra(event: Any, hint: Any) -> Any:
        return {**event, "extra": {}}

    found = find_leak(only_extra, seed=7)

    assert found is not None
    assert found.place == "message"


def test_the_same_seed_finds_the_same_leak_and_a_scrubber_that_takes_all_has_none() -> None:
    assert find_leak(by_default, seed=3) == find_leak(by_default, seed=3)
    assert find_leak(nothing, examples=50) is None


def test_the_platform_s_scrubber_lets_nothing_of_three_hundred_through() -> None:
    found = find_leak(scrub_event, examples=300, seed=11)

    assert found is None, found.as_test("m3core.scrubbing:scrub_event")


def test_what_a_before_send_raises_is_raised() -> None:
    def broken(event: Any, hint: Any) -> Any:
        raise LookupError("no such key")

    with pytest.raises(LookupError, match="no such key"):
        find_leak(broken, examples=5)


def test_the_printed_test_runs_and_fails_until_the_scrubber_is_mended(tmp_path: Path) -> None:
    found = find_leak(by_default, sensitive_events(kinds=[kind_named("password")], places=["source line"]), seed=7)
    assert found is not None
    (tmp_path / "shop_scrubbing.py").write_text(
        "def leaky(event, hint):\n    return event\n\n\ndef tight(event, hint):\n    return {}\n"
    )
    for function in ("leaky", "tight"):
        (tmp_path / f"test_{function}.py").write_text(found.as_test(f"shop_scrubbing:{function}"))

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "-rA"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "FAILED test_leaky.py::test_password_in_source_line_as_it_is_does_not_leave" in ran.stdout, ran.stderr
    assert "PASSED test_tight.py::test_password_in_source_line_as_it_is_does_not_leave" in ran.stdout


@pytest.mark.parametrize("target", ["shop", "shop:", ":scrub", "shop.scrub-bing:scrub", "shop:scrub event"])
def test_a_test_of_what_is_no_function_is_refused(target: str) -> None:
    leak = Leak(event={}, canary="canary-1", kind="password", place="extra", encoding="as it is")

    with pytest.raises(ValueError, match=r"package\.module:function"):
        leak.as_test(target)


def test_places_and_encodings_that_are_none_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'pocket' is no place: choose from extra"):
        sensitive_events(places=["pocket"])
    with pytest.raises(ValueError, match="'morse' is no encoding: choose from as it is"):
        sensitive_events(encodings=["morse"])
    with pytest.raises(ValueError, match="nothing to make events of"):
        sensitive_events(kinds=[])


def test_a_printed_test_holds_the_event_as_it_is() -> None:
    leak = Leak(
        event={"extra": {"a": "b" * 90, "c": ["d"]}}, canary="canary-1", kind="JWT", place="tag", encoding="JSON"
    )
    written = leak.as_test("shop:scrub").replace(
        "from shop import scrub", "scrub = lambda event, hint: seen.append(event)"
    )
    seen: list[Any] = []
    spaces: dict[str, Any] = {"seen": seen}
    exec(written, spaces)  # noqa: S102 - it is what was printed
    spaces["test_jwt_in_tag_json_does_not_leave"]()

    assert seen == [leak.event]
    assert not find_canary(json.dumps(seen).encode(), leak.canary)
