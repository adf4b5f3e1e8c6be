"""Load: the steady traffic of a drill, and later Locust profiles, each in a process of its own."""

from alertproof.loadgen.traffic import Answered, Traffic, TrafficPlan

__all__ = ["Answered", "Traffic", "TrafficPlan"]
