"""The release gate: is the candidate slower, or does it fail more, than the baseline? By interleaved blocks."""

from __future__ import annotations

from alertproof.gate.before_launch import BeforeLaunch, before_launch, look, words
from alertproof.gate.block import Arm, Block, Pair, block_of
from alertproof.gate.felt import Felt, middle
from alertproof.gate.finding import Finding, GateVerdict
from alertproof.gate.judge import Judgement, judge
from alertproof.gate.order import order_of
from alertproof.gate.rules import Rules
from alertproof.gate.run import GateRun, run_gate
from alertproof.gate.summary import summary

__all__ = [
    "Arm",
    "BeforeLaunch",
    "Block",
    "Felt",
    "Finding",
    "GateRun",
    "GateVerdict",
    "Judgement",
    "Pair",
    "Rules",
    "before_launch",
    "block_of",
    "judge",
    "look",
    "middle",
    "order_of",
    "run_gate",
    "summary",
    "words",
]
