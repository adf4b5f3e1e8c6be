"""What is not as expected is said at once, wanted beside found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from alertproof.errors import ConfigError
from alertproof.sentry.verify import Judged, SentryEvent, complaint, environment, judge, level, tag


def test_all_that_is_not_met_is_said_at_once_and_what_is_met_beside(event: Callable[..., SentryEvent]) -> None:
    judged = judge(event(environment="production"), [environment("prod"), level("error"), tag("tenant", "globex")])
    assert complaint("event e1", judged, "look up http://x/").splitlines() == [
        "event e1 is not as expected",
        "  environment  expected 'prod'",
        "               found 'production'",
        "  tag tenant   expected 'globex'",
        "               found 'acme'",
        "  met          level",
        "  look up http://x/",
    ]


def test_nothing_is_said_of_what_is_as_expected(event: Callable[..., SentryEvent]) -> None:
    assert complaint("event e1", judge(event(), [environment("prod")])) == ""


def test_what_could_not_be_told_is_told_apart() -> None:
    judged = [Judged(what="sampled", wanted="0.1", met=None, found="nothing was there")]
    assert "cannot tell: nothing was there" in complaint("sampling", judged)


def test_to_expect_nothing_is_refused(event: Callable[..., SentryEvent]) -> None:
    with pytest.raises(ConfigError, match="nothing is expected of event e1"):
        judge(event(), [])
