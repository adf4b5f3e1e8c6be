"""Sentry's alert on an error spike, proven end to end: real errors of one issue, Sentry's own rule, PagerDuty.

The quiet side comes first: Sentry repeats an alert of the same issue each hour at most. Its page is never resolved by
Sentry, which is known and asserted: a person has to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from alertproof.clock import wait_until
from alertproof.errors import Broken
from alertproof.faults import Error, injected

if TYPE_CHECKING:
    from alertproof.drills import Platform
    from alertproof.requirements import SupportingSpec
    from alertproof.vendors import Incident

# It has not been seen to pass five times in a row: fifteen errors a real second are much for a busy machine.
pytestmark = pytest.mark.prove

T = TypeVar("T")
MINUTE = timedelta(minutes=1)
ENOUGH = 0.9  # of the requests that were due under the fault


@pytest.fixture(scope="module")
def alert(platform: Platform) -> Iterator[SupportingSpec]:
    """The alert as the specification says it, at the target's Sentry, on a platform that is well."""
    from alertproof.drills.scene import Scene  # noqa: PLC0415 - needs an extra
    from alertproof.drills.sentry_alert import sentry_alert  # noqa: PLC0415 - as above
    from alertproof.drills.steady import Baseline, hold_steady  # noqa: PLC0415 - as above

    scene = Scene(platform, "api-error-rate")
    hold_steady(scene, Baseline(ticks=2, back=timedelta(0), trace=1.0))
    with sentry_alert(platform, "sentry-error-spike") as found:
        yield found


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

    def errors(self, until: datetime) -> int:
        """Return how many errors Sentry has of the time since the fault began."""
        return len(self.platform.sentry.listed(since=self.began, until=until, most=500))

    def require_traffic(self) -> None:
        """Raise `Broken` where too few requests were answered for the fault to hit as many as it was to."""
        platform = self.platform
        due = platform.traffic.plan.rate * platform.real_span(self.lasts).total_seconds()
        since, until = platform.real(self.began), platform.real(self.began + self.lasts)
        sent = platform.traffic.tally(since=since, until=until).sent
        if sent < ENOUGH * due:
            raise Broken(f"{sent} of {due:.0f} requests were answered under the fault; run it on a calmer machine")

    def stays_open(self, incident: Incident, span: timedelta) -> bool:
        """Return whether an incident is not resolved for so long."""

        def resolved() -> bool | None:
            now = {one.id: one for one in self.platform.pagerduty.incidents(since=self.began)}[incident.id]
            return True if now.resolved_at is not None else None

        return self._wait(resolved, span) is None

    def _wait(self, look: Callable[[], T | None], span: timedelta) -> T | None:
        clock = self.platform.clock
        return wait_until(look, clock=clock, deadline=clock.now() + span, every=timedelta(seconds=15))


def test_nine_errors_a_minute_of_one_issue_tell_nobody(platform: Platform, alert: SupportingSpec) -> None:
    spike = Spike(platform, alert, each_minute=9, lasts=8 * MINUTE)

    assert spike.page() is None
    spike.require_traffic()
    assert 45 <= spike.errors(platform.clock.now() + MINUTE) <= 90


def test_twelve_errors_a_minute_of_one_issue_tell_operations_and_sentry_never_resolves_it(
    platform: Platform, alert: SupportingSpec
) -> None:
    platform.clock.sleep(6 * MINUTE)  # what the quiet side left is out of the window of five minutes
    spike = Spike(platform, alert, each_minute=12, lasts=7 * MINUTE)

    page = spike.page()

    if page is None:
        spike.require_traffic()
    assert page is not None, f"nobody was told, and Sentry has {spike.errors(platform.clock.now() + MINUTE)} errors"
    assert 4 * MINUTE <= page.opened_at - spike.began <= 6 * MINUTE
    assert spike.errors(page.opened_at) >= 50
    assert (page.urgency, page.severities) == (alert.told.urgency, (alert.told.severity,))
    assert page.title.startswith("DatabaseUnavailable: ")
    assert page.told
    assert spike.stays_open(page, 10 * MINUTE)
    spike.resolve(page)
