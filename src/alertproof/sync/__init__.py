"""Monitoring as code: what ``monitoring/`` says against what an account has, and the way from one to the other.

A kind of thing is a class of its own (`Kind`). What is ours is known by its marks; nothing else is touched.
"""

from __future__ import annotations

from alertproof.sync.accounts import Accounts
from alertproof.sync.apply import Done, Refusal, apply, refusals
from alertproof.sync.compare import Change, in_words
from alertproof.sync.declared_sentry import alerts_of_sentry
from alertproof.sync.fill import fill
from alertproof.sync.plan import Action, Plan, Step
from alertproof.sync.sentry_account import SentryAccount
from alertproof.sync.sentry_alerts import SentryAlerts
from alertproof.sync.settings import Settings
from alertproof.sync.things import Marks, Reference

__all__ = [
    "Accounts",
    "Action",
    "Change",
    "Done",
    "Marks",
    "Plan",
    "Reference",
    "Refusal",
    "SentryAccount",
    "SentryAlerts",
    "Settings",
    "Step",
    "alerts_of_sentry",
    "apply",
    "fill",
    "in_words",
    "refusals",
]
