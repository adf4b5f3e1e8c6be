"""The account at a glance."""

from __future__ import annotations

from alertproof import pagerduty
from alertproof.pagerduty import Desk
from alertproof.standins.control.overview import Common, Entry, Incident, PagerDuty, short

__all__ = ["overview"]

_INCIDENTS, _ENTRIES, _DROPPED = 20, 40, 5


def overview(desk: Desk, common: Common) -> PagerDuty:
    """Return what is shown: incidents, the newest first, each with its log; the newest events that did nothing."""
    found = sorted(desk.incidents.values(), key=lambda incident: incident.number, reverse=True)
    return PagerDuty(
        common=common,
        incident_count=len(found),
        incidents=[_incident(desk, each) for each in found[:_INCIDENTS]],
        dropped=[short(f"{each.event.summary or each.event.action}: {each.reason}") for each in desk.dropped][
            : -_DROPPED - 1 : -1
        ],
    )


def _incident(desk: Desk, incident: pagerduty.Incident) -> Incident:
    directory = desk.directory
    service = directory.services.get(incident.service_id)
    return Incident(
        number=incident.number,
        title=short(incident.title),
        status=str(incident.status),
        urgency=str(incident.urgency),
        service=short(service.name) if service else "",
        level=incident.level,
        assigned=[short(directory.users[user].name) for user in incident.assigned if user in directory.users],
        opened_at=incident.opened_at.timestamp(),
        log=[
            Entry(at=entry.at.timestamp(), type=str(entry.type), summary=short(entry.summary))
            for entry in desk.log_of(incident.id)[-_ENTRIES:]
        ],
    )
