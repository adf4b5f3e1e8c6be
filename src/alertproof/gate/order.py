"""The order of the blocks: neighbours are a pair, and what drifts meets both alike."""

from __future__ import annotations

from alertproof.gate.block import Arm

__all__ = ["order_of"]


def order_of(pair: int) -> tuple[Arm, Arm]:
    """Return the arms of a pair, numbered from 0, in the order in which they run: A B, B A, B A, A B, ...

    The signs are Thue's and Morse's sequence: a machine that grows slower steadily, or ever faster, favours neither,
    and no period of two, three or four blocks falls in step with it.
    """
    first_is_candidate = pair.bit_count() % 2
    return (Arm.CANDIDATE, Arm.BASELINE) if first_is_candidate else (Arm.BASELINE, Arm.CANDIDATE)
