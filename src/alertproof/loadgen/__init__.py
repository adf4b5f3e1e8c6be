"""Load: the steady traffic of a drill, and load profiles; each is sent by a process of its own."""

from alertproof.loadgen.carrying import Carry
from alertproof.loadgen.profile import Profile, find_profile, read_profile
from alertproof.loadgen.run import Ceiling, run_load
from alertproof.loadgen.traffic import Answered, Traffic, TrafficPlan

__all__ = [
    "Answered",
    "Carry",
    "Ceiling",
    "Profile",
    "Traffic",
    "TrafficPlan",
    "find_profile",
    "read_profile",
    "run_load",
]
