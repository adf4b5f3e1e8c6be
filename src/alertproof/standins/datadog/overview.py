"""The account at a glance."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

from alertproof.standins.control.overview import Common, Datadog, Group, Log, Monitor, Told, short
from alertproof.standins.datadog.account import Account
from alertproof.standins.datadog.monitoring import monitors
from alertproof.tags import group_label

__all__ = ["overview"]

_MONITORS, _GROUPS, _TOLD, _LOGS = 100, 20, 20, 8
_LOOK_BACK = timedelta(hours=24)
_WORST_FIRST = ("Alert", "Warn", "No Data", "Unknown", "OK")


def overview(account: Account, common: Common) -> Datadog:
    """Return what is shown of the account: the worst monitors first, the newest of what was told and logged."""
    common.lost_every = account.receiver.loss.every or None
    found = sorted(account.monitors, key=_worst)
    return Datadog(
        common=common,
        counts={
            "metrics": len(account.ingest.store.metrics()),
            "points": account.ingest.points,
            "datagrams": account.receiver.received,
            "spans": account.spans.count,
            "logs": account.records.count("logs"),
            "RUM events": account.records.count("rum"),
            "refused lines": account.ingest.parse_errors,
            "lost datagrams": account.receiver.dropped,
        },
        monitor_count=len(found),
        monitors=[_monitor(each) for each in found[:_MONITORS]],
        logs=_logs(account),
        told=list(islice(_told(account), _TOLD)),
    )


def _worst(monitor: monitors.Monitor) -> tuple[int, str, int]:
    return _WORST_FIRST.index(str(monitor.overall)), monitor.definition.name, monitor.id


def _monitor(monitor: monitors.Monitor) -> Monitor:
    definition = monitor.definition
    groups = [
        Group(
            name=short(group_label(group)), state=str(status.state), value=status.value, since=status.since.timestamp()
        )
        for group, status in monitor.statuses.items()
    ]
    groups.sort(key=lambda group: (_WORST_FIRST.index(group.state), group.name))
    thresholds = definition.options.thresholds
    return Monitor(
        id=monitor.id,
        name=short(definition.name),
        type=definition.type,
        query=short(definition.query),
        state=str(monitor.overall),
        comparator=definition.comparator,
        critical=thresholds.critical,
        warning=thresholds.warning,
        evaluated_at=monitor.evaluated_at.timestamp() if monitor.evaluated_at else None,
        group_count=len(groups),
        groups=groups[:_GROUPS],
    )


def _logs(account: Account) -> list[Log]:
    now = account.clock.now()
    newest = account.records.between("logs", now - _LOOK_BACK, now + _LOOK_BACK)[-_LOGS:]
    found = []
    for kept in reversed(newest):
        attributes = kept.record.attributes
        found.append(
            Log(
                at=kept.record.at,
                service=short(str(attributes.get("service", ""))),
                status=short(str(attributes.get("status", ""))),
                message=short(kept.record.text),
            )
        )
    return found


def _told(account: Account) -> list[Told]:
    return [
        Told(
            at=sent.notification.at.timestamp(),
            what=short(sent.notification.title),
            kind=str(sent.notification.transition),
            to=short(delivery.handle),
            outcome=str(delivery.outcome),
            reason=short(delivery.reason),
        )
        for sent in list(account.outbox.sent)[: -_TOLD - 1 : -1]
        for delivery in sent.deliveries
    ]
