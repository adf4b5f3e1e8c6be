"""Faults: held for the length of a block, and never left behind.

Three nets, from the inside out: the ``finally`` of `injected`; the ledger, swept at the start and the end of
every run and by ``alertproof faults revert``; the lease that the target itself enforces in real time.
"""

from alertproof.faults.door import AnyDoor, FaultDoor, FaultState, refuse_longer
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
    Header,
    JobsReadOnly,
    Latency,
    Lock,
    LoginAttack,
    Loss,
    Overload,
    RateLimit,
    ReadOnly,
    ScrubbingOff,
    SentryLimited,
    SentryUnreachable,
    SentSignals,
    Stop,
)
from alertproof.faults.kinds.header import TRAFFIC
from alertproof.faults.kinds.overload import LOAD
from alertproof.faults.ledger import Ledger, LedgerEntry
from alertproof.faults.outside import OutsideDoor, filled
from alertproof.faults.shield import ended_by_signals, shielded
from alertproof.faults.signals import SIGNALS, Sender, SignalDoor
from alertproof.faults.sweep import Swept, sweep

__all__ = [
    "LOAD",
    "SIGNALS",
    "TRAFFIC",
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
    "Header",
    "JobsReadOnly",
    "Latency",
    "Ledger",
    "LedgerEntry",
    "Lock",
    "LoginAttack",
    "Loss",
    "OutsideDoor",
    "Overload",
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
    "filled",
    "injected",
    "refuse_longer",
    "shielded",
    "sweep",
]
