"""What PagerDuty decides: alerts, incidents, urgency and escalation, as a function of events and instants.

Nothing here reads, writes or asks for the time: every change takes the instant at which it happens. The rules
are those of developer.pagerduty.com and support.pagerduty.com; what they leave open is a named option of
:class:`Assumptions`.
"""

from __future__ import annotations

from alertproof.pagerduty.desk import Accepted, Assumptions, Change, Desk, DeskError, Dropped
from alertproof.pagerduty.directory import Directory
from alertproof.pagerduty.event import Action, ChangeEvent, Event, EventRefused, parse_change, parse_event
from alertproof.pagerduty.incident import Agent, Alert, Due, EntryType, Incident, LogEntry, Note, Status, pending
from alertproof.pagerduty.life import Happening
from alertproof.pagerduty.schedule import Layer, Override, Restriction, Schedule, Shift, shifts
from alertproof.pagerduty.service import (
    EscalationPolicy,
    EscalationRule,
    Grouping,
    Integration,
    MaintenanceWindow,
    Service,
    Severity,
    Urgency,
    UrgencyRule,
    User,
    urgency_of,
)

__all__ = [
    "Accepted",
    "Action",
    "Agent",
    "Alert",
    "Assumptions",
    "Change",
    "ChangeEvent",
    "Desk",
    "DeskError",
    "Directory",
    "Dropped",
    "Due",
    "EntryType",
    "EscalationPolicy",
    "EscalationRule",
    "Event",
    "EventRefused",
    "Grouping",
    "Happening",
    "Incident",
    "Integration",
    "Layer",
    "LogEntry",
    "MaintenanceWindow",
    "Note",
    "Override",
    "Restriction",
    "Schedule",
    "Service",
    "Severity",
    "Shift",
    "Status",
    "Urgency",
    "UrgencyRule",
    "User",
    "parse_change",
    "parse_event",
    "pending",
    "shifts",
    "urgency_of",
]
