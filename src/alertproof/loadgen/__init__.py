"""Load: the steady traffic of a drill, and load profiles; each is sent by a process of its own."""

from alertproof.loadgen.capacity_profile import CapacityProfile, read_capacity_profile
from alertproof.loadgen.capacity_tick import CapacityTick
from alertproof.loadgen.carrying import Carry
from alertproof.loadgen.finding_capacity import CapacityRun, find_capacity
from alertproof.loadgen.hold_profile import HoldProfile, read_hold_profile
from alertproof.loadgen.holding import Counted, HeldLoad, HeldTick
from alertproof.loadgen.profile import Profile, find_profile, read_profile
from alertproof.loadgen.run import Ceiling, run_load
from alertproof.loadgen.sender import work_for
from alertproof.loadgen.traffic import Answered, Traffic, TrafficPlan
from alertproof.loadgen.wire import Crew

__all__ = [
    "Answered",
    "CapacityProfile",
    "CapacityRun",
    "CapacityTick",
    "Carry",
    "Ceiling",
    "Counted",
    "Crew",
    "HeldLoad",
    "HeldTick",
    "HoldProfile",
    "Profile",
    "Traffic",
    "TrafficPlan",
    "find_capacity",
    "find_profile",
    "read_capacity_profile",
    "read_hold_profile",
    "read_profile",
    "run_load",
    "work_for",
]
