"""Drills: steady state, fault, expected alert, revert, recovery, and nothing else."""

from alertproof.drills.drill import Drill
from alertproof.drills.platform import Platform

__all__ = ["Drill", "Platform"]
