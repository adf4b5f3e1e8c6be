"""Load: the steady traffic of a drill, and load profiles; each is sent by a process of its own."""

from alertproof.loadgen.capacity_profile import CapacityProfile, read_capacity_profile
from alertproof.loadgen.carrying import Carry
from alertproof.loadgen.finding_capacity import CapacityRun, CapacityTick, find_capacity
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
    "Crew",
    "Profile",
    "Traffic",
    "TrafficPlan",
    "find_capacity",
    "find_profile",
    "read_capacity_profile",
    "read_profile",
    "run_load",
    "work_for",
]
