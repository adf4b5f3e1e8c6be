"""Sends the blocks of a gate, one after the other, and judges them as soon as enough are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec

from alertproof.clock import Clock, SystemClock
from alertproof.errors import AlertproofError
from alertproof.gate.block import Arm, Block, Pair, block_of
from alertproof.gate.felt import Felt
from alertproof.gate.finding import GateVerdict
from alertproof.gate.judge import Judgement, judge
from alertproof.gate.order import order_of
from alertproof.gate.rules import Rules
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
    ``watch`` is told of each block as it ends, with the number of its pair from 1. A pair with a broken block does not
    count and is sent again, twice at most. What ends a gate after its first block, as the kill switch does, makes it
    invalid, so that what was measured is not lost; before it, the error goes on.
    """
    clock = clock or SystemClock()
    began, start = clock.now(), clock.monotonic()
    blocks: list[Block] = []
    pairs: list[Pair] = []
    spoilt = 0
    judgement = judge(pairs, rules)
    try:
        while judgement.open or len(pairs) < rules.looks[0]:
            of_arm: dict[Arm, Block] = {}
            for arm in order_of(len(pairs)):
                of_arm[arm] = _block(arm, send[arm], walk[arm] if walk else None, timeout=timeout)
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
    except AlertproofError as error:
        if not blocks:
            raise
        judgement = Judgement(verdict=GateVerdict.INVALID, pairs=len(pairs), why=f"it ended early: {error}")
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


def _block(arm: Arm, send: Callable[[], LoadJournal], walk: Callable[[], Felt] | None, *, timeout: timedelta) -> Block:
    """Send a block and go on its journeys, which a broken block has no use for."""
    block = block_of(arm, send(), timeout=timeout)
    return block if walk is None or block.broken else msgspec.structs.replace(block, felt=walk())
