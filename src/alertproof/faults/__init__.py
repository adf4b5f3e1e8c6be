"""Faults: held for the length of a block, and never left behind.

Three nets, from the inside out: the ``finally`` of `injected`; the ledger, swept at the start and the end of
every run and by ``alertproof faults revert``; the lease that the target itself enforces in real time.
"""

from alertproof.faults.door import AnyDoor, FaultDoor, FaultState
from alertproof.faults.injection import injected
from alertproof.faults.kinds import (
    AgentStopped,
    Backlog,
    Bandwidth,
    CacheFlushed,
    Connections,
    Cut,
    DatabaseLoad,
    Delay,
    Door,
    Error,
    Fault,
    FeatureFlag,
    Hang,
    JobsReadOnly,
    Latency,
    Lock,
    LoginAttack,
    Loss,
    RateLimit,
    ReadOnly,
    ScrubbingOff,
    SentryLimited,
    SentryUnreachable,
    SentSignals,
    Stop,
)
from alertproof.faults.ledger import Ledger, LedgerEntry
from alertproof.faults.outside import OutsideDoor
from alertproof.faults.shield import ended_by_signals, shielded
from alertproof.faults.signals import SIGNALS, Sender, SignalDoor
from alertproof.faults.sweep import Swept, sweep

__all__ = [
    "SIGNALS",
    "AgentStopped",
    "AnyDoor",
    "Backlog",
    "Bandwidth",
    "CacheFlushed",
    "Connections",
    "Cut",
    "DatabaseLoad",
    "Delay",
    "Door",
    "Error",
    "Fault",
    "FaultDoor",
    "FaultState",
    "FeatureFlag",
    "Hang",
    "JobsReadOnly",
    "Latency",
    "Ledger",
    "LedgerEntry",
    "Lock",
    "LoginAttack",
    "Loss",
    "OutsideDoor",
    "RateLimit",
    "ReadOnly",
    "ScrubbingOff",
    "Sender",
    "SentSignals",
    "SentryLimited",
    "SentryUnreachable",
    "SignalDoor",
    "Stop",
    "Swept",
    "ended_by_signals",
    "injected",
    "shielded",
    "sweep",
]
