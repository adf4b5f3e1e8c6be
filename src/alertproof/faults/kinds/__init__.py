"""What can be broken: one module a kind, each with a page in docs/faults."""

from alertproof.faults.kinds.agent_stopped import AgentStopped
from alertproof.faults.kinds.backlog import Backlog
from alertproof.faults.kinds.bandwidth import Bandwidth
from alertproof.faults.kinds.cache_flushed import CacheFlushed
from alertproof.faults.kinds.connections import Connections
from alertproof.faults.kinds.cut import Cut
from alertproof.faults.kinds.database_load import DatabaseLoad
from alertproof.faults.kinds.delay import Delay
from alertproof.faults.kinds.error import Error
from alertproof.faults.kinds.fault import Door, Fault
from alertproof.faults.kinds.flag import FeatureFlag
from alertproof.faults.kinds.hang import Hang
from alertproof.faults.kinds.header import Header
from alertproof.faults.kinds.jobs_read_only import JobsReadOnly
from alertproof.faults.kinds.latency import Latency
from alertproof.faults.kinds.lock import Lock
from alertproof.faults.kinds.login_attack import LoginAttack
from alertproof.faults.kinds.loss import Loss
from alertproof.faults.kinds.overload import Overload
from alertproof.faults.kinds.rate_limit import RateLimit
from alertproof.faults.kinds.read_only import ReadOnly
from alertproof.faults.kinds.scrubbing_off import ScrubbingOff
from alertproof.faults.kinds.sentry_limited import SentryLimited
from alertproof.faults.kinds.sentry_unreachable import SentryUnreachable
from alertproof.faults.kinds.signal import SentSignals
from alertproof.faults.kinds.stop import Stop

__all__ = [
    "AgentStopped",
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
    "FeatureFlag",
    "Hang",
    "Header",
    "JobsReadOnly",
    "Latency",
    "Lock",
    "LoginAttack",
    "Loss",
    "Overload",
    "RateLimit",
    "ReadOnly",
    "ScrubbingOff",
    "SentSignals",
    "SentryLimited",
    "SentryUnreachable",
    "Stop",
]
