"""Sentry's alert on an error spike, proven end to end: real errors of one issue, Sentry's own rule, PagerDuty.

Sentry repeats an alert of the same issue each hour at most, so each side has the rule made anew. Its page is never
resolved by Sentry, which is known and asserted: a person has to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from alertproof.clock import wait_until
from alertproof.errors import Broken
from alertproof.faults import Error, injected
from alertproof.plugin.options import monitoring_folder, target_name

if TYPE_CHECKING:
    from alertproof.drills import Platform
    from alertproof.requirements import SupportingSpec, Target
    from alertproof.vendors import Incident

# Both sides take some two minutes, for a clock that is slower.
pytestmark = [pytest.mark.prove, pytest.mark.timeout(300)]

#: Fifteen errors a minute of this clock are five a second: at sixty times real time they were fifteen, and what each
#: costs the platform is the most of what an older machine has.
FASTEST = 20.0

T = TypeVar("T")
MINUTE = timedelta(minutes=1)
WINDOW, LIMIT = 5 * MINUTE, 50  # of the specification: more than so many errors in so long
ENOUGH = 0.9  # of the requests that were due under the fault


@pytest.fixture(scope="module")
def target(pytestconfig: pytest.Config, alertproof_targets: Path) -> Iterator[Target]:
    """The target; a stack is one of its own, with a clock that is slower."""
    from alertproof.stack import reached  # noqa: PLC0415 - needs an extra

    with reached(
        target_name(pytestconfig),
        targets=alertproof_targets,
        monitoring=monitoring_folder(pytestconfig),
        folder=pytestconfig.invocation_params.dir,
        fastest=FASTEST,
    ) as found:
        yield found


@pytest.fixture
def alert(platform: Platform) -> Iterator[SupportingSpec]:
    """The alert as the specification says it, at the target's Sentry, on a platform whose requests are all answered."""
    from alertproof.drills.sentry_alert import sentry_alert  # noqa: PLC0415 - needs an extra

    clock, seen = platform.clock, ["nothing yet"]

    def well() -> bool | None:
        span = clock.now() - WINDOW - MINUTE, clock.now()
        seen[0] = failed(platform, *span) or unanswered(platform, *span)
        return None if seen[0] else True

    clock.sleep(WINDOW + MINUTE)
    if not wait_until(well, clock=clock, deadline=clock.now() + 30 * MINUTE, every=MINUTE):
        raise Broken(f"no steady traffic within 30 minutes; last seen: {seen[0]}; look at the platform first")
    with sentry_alert(platform, "sentry-error-spike") as found:
        yield found


def unanswered(platform: Platform, since: datetime, until: datetime) -> str:
    """Return how many requests of a span were answered, empty when nearly all were: the others may come at any time."""
    tally = platform.traffic.tally(since=platform.real(since), until=platform.real(until))
    due = platform.traffic.plan.rate * platform.real_span(until - since).total_seconds()
    return f"{tally.sent} of {due:.0f} requests were answered" if tally.sent < ENOUGH * due else ""


def failed(platform: Platform, since: datetime, until: datetime) -> str:
    """Return how many requests of a span failed, empty when none did."""
    tally = platform.traffic.tally(since=platform.real(since), until=platform.real(until))
    return f"{tally.failed} of {tally.sent} requests failed" if tally.failed else ""


class Spike:
    """So many requests ``each_minute`` of the target's clock that fail in one place, and who is told."""

    def __init__(self, platform: Platform, alert: SupportingSpec, *, each_minute: int, lasts: timedelta) -> None:
        share = each_minute / 60 * platform.clock.anchor.factor / platform.traffic.plan.rate
        self.platform, self.alert = platform, alert
        self.fault = Error(text=f"{each_minute} requests a minute fail in one place", share=round(share, 4))
        self.lasts = lasts
        self.began = platform.clock.now()

    def page(self) -> Incident | None:
        """Hold the fault until somebody is told of it by Sentry, or for its whole time."""
        platform = self.platform
        lease = platform.real_span(self.lasts) + timedelta(seconds=15)
        door = platform.door_of(self.fault)
        self.began = platform.clock.now()
        with injected(self.fault, door=door, ledger=platform.ledger, lease=lease, target=platform.name):
            return self._wait(self.told, self.lasts)

    def resolve(self, incident: Incident) -> None:
        """Resolve an incident as somebody who is on call: nobody else does."""
        pagerduty = self.platform.pagerduty
        service = pagerduty.service(incident.service)
        assert service is not None
        people = pagerduty.people(service.policy_id, level=1, at=self.platform.clock.now())
        pagerduty.resolve(incident.id, by=next(iter(people.values())))

    def told(self) -> Incident | None:
        """Return the first incident on the alert's service since the fault began that is Sentry's, by its words."""
        told = self.alert.told
        opened = self.platform.pagerduty.incidents(since=self.began)
        return next((one for one in opened if one.service == told.pagerduty and told.text in one.texts), None)

    def errors(self, since: datetime, until: datetime) -> int:
        """Return how many errors Sentry has of a span."""
        return len(self.platform.sentry.listed(since=since, until=until, most=500))

    def most(self) -> int:
        """Return the most errors of any five minutes since the fault began, for those are what the rule counts."""
        steps = [self.began + MINUTE / 2 * step for step in range(2 * (self.lasts + WINDOW) // MINUTE)]
        return max(self.errors(since, since + WINDOW) for since in steps)

    def require_traffic(self) -> None:
        """Raise `Broken` where too few requests were answered for the fault to hit as many as it was to."""
        found = unanswered(self.platform, self.began, self.began + self.lasts)
        if found:
            raise Broken(f"{found} under the fault; run it on a calmer machine")

    def stays_open(self, incident: Incident, span: timedelta) -> bool:
        """Return whether an incident is not resolved for so long."""

        def resolved() -> bool | None:
            now = {one.id: one for one in self.platform.pagerduty.incidents(since=self.began)}[incident.id]
            return True if now.resolved_at is not None else None

        return self._wait(resolved, span) is None

    def _wait(self, look: Callable[[], T | None], span: timedelta) -> T | None:
        clock = self.platform.clock
        return wait_until(look, clock=clock, deadline=clock.now() + span, every=timedelta(seconds=10))


def test_nine_errors_a_minute_of_one_issue_tell_nobody(platform: Platform, alert: SupportingSpec) -> None:
    spike = Spike(platform, alert, each_minute=9, lasts=8 * MINUTE)

    page = spike.page()
    platform.clock.sleep(2 * MINUTE)  # what was under way has come

    spike.require_traffic()
    most = spike.most()
    if most > LIMIT:
        raise Broken(f"{most} errors came in five minutes, {LIMIT} are allowed; run it on a calmer machine")
    assert most >= 0.8 * 9 * WINDOW // MINUTE
    assert page is None
    assert spike.told() is None


def test_fifteen_errors_a_minute_of_one_issue_tell_operations_and_sentry_never_resolves_it(
    platform: Platform, alert: SupportingSpec
) -> None:
    spike = Spike(platform, alert, each_minute=15, lasts=6 * MINUTE)

    page = spike.page()

    if page is None or page.opened_at - spike.began > 5 * MINUTE:
        spike.require_traffic()
    assert page is not None, f"nobody was told, and Sentry has {spike.most()} errors of five minutes"
    assert 3 * MINUTE <= page.opened_at - spike.began <= 5 * MINUTE
    assert spike.errors(spike.began, page.opened_at) >= LIMIT
    assert (page.urgency, page.severities) == (alert.told.urgency, (alert.told.severity,))
    assert page.title.startswith("DatabaseUnavailable: ")
    assert page.told
    assert spike.stays_open(page, 5 * MINUTE)
    spike.resolve(page)
