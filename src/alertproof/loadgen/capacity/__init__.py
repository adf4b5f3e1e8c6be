"""The rate at which p95 reaches its limit, with an interval: seconds of a load run in, the next rate out. Pure."""

from alertproof.loadgen.capacity.estimate import Estimate
from alertproof.loadgen.capacity.finding import Answer, Finding, Outcome, judge
from alertproof.loadgen.capacity.hold import Hold
from alertproof.loadgen.capacity.observed import SearchPlan, Second
from alertproof.loadgen.capacity.search import Search

__all__ = ["Answer", "Estimate", "Finding", "Hold", "Outcome", "Search", "SearchPlan", "Second", "judge"]
