"""Sends the blocks of a gate, one after the other, and judges them as soon as enough are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec

from alertproof.clock import Clock, SystemClock
from alertproof.gate.block import Arm, Block, block_of
from alertproof.gate.felt import Felt
from alertproof.gate.judge import GateVerdict, Judgement, Pair, Rules, judge
from alertproof.gate.order import order_of
from alertproof.journal import LoadJournal

__all__ = ["GateRun", "run_gate"]

_SPARE = 2
"""So many pairs with a broken block are sent again; a third says that this machine cannot measure."""


class GateRun(msgspec.Struct, frozen=True, kw_only=True):
    """A gate that ended: its judgement, and each block in the order in which it ran, broken ones as well."""

    profile: str
    baseline: str
    candidate: str
    began: datetime
    wall: timedelta
    rules: Rules
    judgement: Judgement
    blocks: tuple[Block, ...]


def run_gate(
    send: Mapping[Arm, Callable[[], LoadJournal]],
    rules: Rules,
    *,
    profile: str,
    names: Mapping[Arm, str],
    timeout: timedelta,
    walk: Mapping[Arm, Callable[[], Felt]] | None = None,
    watch: Callable[[int, Block], None] = lambda _pair, _block: None,
    clock: Clock | None = None,
) -> GateRun:
    """Send pairs of blocks until they decide, at most as many as the last of the rules' looks.

    ``send`` sends one block to an arm, and ``walk`` then goes on its journeys; ``timeout`` is that of a request.
    ``watch`` is told of each block as it ends,
    with the number of its pair from 1. A pair with a broken block does not count and is sent again, twice at most.
    """
    clock = clock or SystemClock()
    began, start = clock.now(), clock.monotonic()
    blocks: list[Block] = []
    pairs: list[Pair] = []
    spoilt = 0
    judgement = judge(pairs, rules)
    while judgement.open or len(pairs) < rules.looks[0]:
        of_arm: dict[Arm, Block] = {}
        for arm in order_of(len(pairs)):
            journal, felt = send[arm](), walk[arm]() if walk else None
            of_arm[arm] = block_of(arm, journal, timeout=timeout, felt=felt)
            blocks.append(of_arm[arm])
            watch(len(pairs) + 1, of_arm[arm])
        if broken := [block.broken for block in of_arm.values() if block.broken]:
            spoilt += 1
            if spoilt > _SPARE:
                why = f"a block of {spoilt} pairs was broken, the last: {broken[0]}"
                judgement = Judgement(verdict=GateVerdict.INVALID, pairs=len(pairs), why=why)
                break
            continue
        pairs.append((of_arm[Arm.BASELINE], of_arm[Arm.CANDIDATE]))
        if len(pairs) in rules.looks:
            judgement = judge(pairs, rules)
    return GateRun(
        profile=profile,
        baseline=names[Arm.BASELINE],
        candidate=names[Arm.CANDIDATE],
        began=began,
        wall=clock.monotonic() - start,
        rules=rules,
        judgement=judgement,
        blocks=tuple(blocks),
    )
