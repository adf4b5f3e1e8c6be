"""The organization at a glance."""

from __future__ import annotations

from alertproof.standins.control.overview import Common, Event, Issue, Sentry, Told, short
from alertproof.standins.sentry import issues
from alertproof.standins.sentry.alerts.outbox import Outbox
from alertproof.standins.sentry.store import Store

__all__ = ["overview"]

_ISSUES, _EVENTS, _TOLD, _DROPPED = 30, 10, 20, 5
#: So many envelopes are read for one look, that nobody who sends has to wait for it.
_READ = 50


def overview(store: Store, outbox: Outbox, common: Common, *, scrubbed: bool) -> Sentry:
    """Return what is shown: issues, the one seen last first; the events that came last, and what alerts told."""
    unread = store.settle_some(_READ)
    found, events, dropped = store.read()
    return Sentry(
        common=common,
        unread=unread,
        scrubbed=scrubbed,
        issue_count=len(found),
        issues=[_issue(each) for each in found[:_ISSUES]],
        event_count=len(events),
        events=[_event(each) for each in events[: -_EVENTS - 1 : -1]],
        dropped=[short(f"{row['project']}: {row['reason']}") for row in dropped[: -_DROPPED - 1 : -1]],
        told=[
            Told(
                at=sent.at.timestamp(),
                what=short(sent.alert),
                kind="",
                to=short(sent.action),
                outcome=str(sent.outcome),
                reason=short(sent.reason),
            )
            for sent in list(outbox.sent)[: -_TOLD - 1 : -1]
        ],
    )


def _issue(issue: issues.Issue) -> Issue:
    newest = issue.newest.event
    return Issue(
        short_id=issue.short_id,
        title=short(newest.title),
        culprit=short(newest.culprit),
        level=short(newest.level),
        status=issue.status,
        seen=issue.seen,
        first_seen=(issue.first_seen or newest.timestamp).timestamp(),
        last_seen=newest.timestamp.timestamp(),
    )


def _event(stored: issues.Stored) -> Event:
    event = stored.event
    return Event(
        event_id=event.event_id,
        kind=event.kind,
        title=short(event.title),
        environment=short(event.environment or ""),
        at=event.timestamp.timestamp(),
    )
