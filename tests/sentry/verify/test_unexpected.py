"""What nobody claimed and nobody allowed is unexpected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.sentry.verify.conftest import AT

from alertproof.errors import ConfigError
from alertproof.sentry.verify import Allowance, SentryEvent, unexpected_events, unexpected_text

Make = Callable[..., SentryEvent]


def test_only_what_is_neither_claimed_nor_allowed_is_left_oldest_first(event: Make) -> None:
    late, early = event(id="late", at=AT + timedelta(seconds=2)), event(id="early")
    claimed, noise = event(id="claimed"), event(id="noise", title="ResizeObserver loop [x]")
    allowed = [Allowance(title="ResizeObserver loop [*", why="browsers do that")]
    left = unexpected_events([late, claimed, noise, early], claimed={"claimed"}, allowed=allowed)
    assert [each.id for each in left] == ["early", "late"]


def test_an_allowance_with_a_tag_allows_no_other(event: Make) -> None:
    allowed = Allowance(title="*", why="a canary", tags=(("tenant", "acme"),))
    assert allowed.covers(event())
    assert not allowed.covers(event(tags={"tenant": "globex"}))


@pytest.mark.parametrize(("title", "why", "said"), [("Timeout*", " ", "without a reason"), ("*", "so", "every event")])
def test_an_allowance_says_what_and_why(title: str, why: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Allowance(title=title, why=why)


def test_what_came_is_said_with_where_it_is_found(event: Make) -> None:
    text = unexpected_text([event()])
    assert text.startswith("1 unexpected event came while the test ran\n  12:00:00  DatabaseUnavailable: no answer")
    assert "(issue 7, event e1; correlation_id 'c1', service 'm3core-api')" in text
    assert unexpected_text([]) == ""


def test_of_very_many_the_first_are_named_and_the_rest_counted(event: Make) -> None:
    assert "and 2 more" in unexpected_text([event(id=str(number)) for number in range(12)])
