"""Logins that fail: refused from outside, counted at Datadog for one tenant, and for no other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.drills.conftest import Bench, at

from alertproof.clock import Anchor
from alertproof.drills.effects import FailingLogins, effect_of
from alertproof.errors import NotModelled
from alertproof.requirements import LoginAttackSpec

ATTACK = LoginAttackSpec(tenant="acme", each_minute=4, sources=3, text="logins fail")
FAILURES = "auth.failures{{env:drill,tenant:{}}}"
HIT = "the fault makes logins of acme fail"
SAW = "Datadog saw the fault: near 40 failed logins, below 50"
ALONE = "only acme has failed logins"
ANSWERED = "meanwhile none of the steady traffic failed"


@pytest.fixture
def place(bench: Callable[[str], Bench]) -> Bench:
    """Let the attack have stood for twelve minutes, and the clock be a minute past it."""
    place = bench("auth-failures")
    place.fault(began=0, ended=12)
    place.clock.advance(timedelta(minutes=13))
    place.traffic.answer(at(5))
    return place


def failures(place: Bench, tenant: str, each_minute: float, *, since: float = 0, until: float = 12) -> None:
    place.datadog.send(FAILURES.format(tenant), since, until, each_minute / 60, a_minute=6)


def test_the_rate_is_that_of_the_target_s_clock(place: Bench) -> None:
    platform = cast("Any", place.scene.platform)
    platform.clock.anchor = Anchor(real=at(0), stack=at(0), factor=60.0)

    fault = effect_of(ATTACK, place.scene).fault

    assert (fault.kind, fault.door) == ("login_attack", "outside")
    assert {"tenant": "acme", "rate": 4.0, "sources": 3}.items() <= dict(fault.prepare()).items()


def test_only_a_count_shows_it(bench: Callable[[str], Bench]) -> None:
    with pytest.raises(NotModelled, match="failed logins show in a count of them, and 'error rate' is none"):
        effect_of(ATTACK, bench("api-error-rate").scene)


def test_its_timeline_counts_so_many_a_minute_from_its_beginning(place: Bench) -> None:
    effect = FailingLogins(ATTACK, place.scene)
    place.datadog.store = effect.timeline(at(0), at(12))

    assert place.scene.reader.bad_share(since=at(-20), until=at(-0.2)) == 0
    assert place.scene.reader.bad_share(since=at(0), until=at(9.99)) == pytest.approx(40 / 50)
    assert effect.bad_share == pytest.approx(40 / 50)


@pytest.mark.parametrize(("refused", "hit"), [(0, False), (3, True)])
def test_the_first_refusal_shows_it(place: Bench, refused: int, *, hit: bool) -> None:
    states = [SimpleNamespace(kind="login_attack", injected=refused), SimpleNamespace(kind="error", injected=9)]
    cast("Any", place.scene.platform).door_of = lambda _: SimpleNamespace(active=lambda: states)

    FailingLogins(ATTACK, place.scene).see_first()

    assert place.said()[HIT] == (hit, f"{refused} were refused")


@pytest.mark.parametrize(("each_minute", "seen"), [(3.1, False), (3.3, True), (4, True), (4.7, True), (5.1, False)])
def test_a_full_window_must_be_near_what_was_sent_and_below_the_threshold(
    place: Bench, each_minute: float, *, seen: bool
) -> None:
    failures(place, "acme", each_minute)

    FailingLogins(ATTACK, place.scene).see_at_datadog()

    assert place.said()[SAW][0] is seen
    assert place.said()[ALONE][0] is True
    assert place.said()[ANSWERED][0] is True


def test_a_failed_login_of_another_tenant_is_seen(place: Bench) -> None:
    failures(place, "acme", 4)
    failures(place, "globex", 6, since=5, until=5.1)

    FailingLogins(ATTACK, place.scene).prove()

    assert place.said()[ALONE] == (False, "acme 48, globex 1, initech 0")


def test_no_failed_login_at_all_is_not_alone(place: Bench) -> None:
    FailingLogins(ATTACK, place.scene).prove()

    assert place.said()[ALONE][0] is False


def test_an_indicator_of_all_tenants_cannot_tell_whom_it_hits(place: Bench) -> None:
    other = LoginAttackSpec(tenant="globex", each_minute=4, text="logins fail")

    with pytest.raises(NotModelled, match="does not say tenant:globex"):
        FailingLogins(other, place.scene).prove()
