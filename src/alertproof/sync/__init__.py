"""Monitoring as code: what ``monitoring/`` says against what an account has, and the way from one to the other.

A kind of thing is a class of its own (`Kind`). What is ours is known by its marks; nothing else is touched.
"""

from __future__ import annotations

from alertproof.sync.accounts import Accounts, Settings
from alertproof.sync.apply import Done, Refusal, apply, refusals
from alertproof.sync.compare import Change, in_words
from alertproof.sync.pagerduty_file import PagerDutyFile
from alertproof.sync.plan import Action, Plan, Step

__all__ = [
    "Accounts",
    "Action",
    "Change",
    "Done",
    "PagerDutyFile",
    "Plan",
    "Refusal",
    "Settings",
    "Step",
    "apply",
    "in_words",
    "refusals",
]
