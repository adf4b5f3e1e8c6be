"""How a gate goes: pairs in alternating order, looks, broken blocks; and what is written of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pytest

from alertproof.clock import VirtualClock
from alertproof.errors import ConfigError
from alertproof.gate import Arm, Felt, GateRun, GateVerdict, Rules, block_of, run_gate, summary
from alertproof.journal import EndpointSeen, LoadJournal
from alertproof.verdict import Verdict

START = datetime(2026, 11, 27, 12, tzinfo=UTC)
SIX = Rules(looks=(6, 8))


def journal(p95: float | None, *, verdict: Verdict = Verdict.PASSED, reason: str = "", failed: int = 0) -> LoadJournal:
    span = None if p95 is None else timedelta(seconds=p95)
    return LoadJournal(
        check="gate",
        target="here",
        profile="gate",
        scenario="leads",
        verdict=verdict,
        reason=reason,
        began=START,
        wall=timedelta(seconds=1),
        limit=timedelta(seconds=0.8),
        n=1000,
        failed=failed,
        slow=failed,
        p95=span,
        endpoints=(EndpointSeen(name="GET /x", n=1000, slow=0, failed=failed, p95=span),),
    )


class Sent:
    """Sends blocks that were written beforehand, and keeps whose turn it was; the last is sent for ever."""

    def __init__(self, **blocks: list[LoadJournal]) -> None:
        self.order: list[str] = []
        self._blocks = blocks

    def of(self, arm: Arm) -> Callable[[], LoadJournal]:
        def send() -> LoadJournal:
            self.order.append(arm.value)
            left = self._blocks[arm.value]
            return left.pop(0) if len(left) > 1 else left[0]

        return send


def gate(sent: Sent, rules: Rules = SIX) -> GateRun:
    return run_gate(
        {arm: sent.of(arm) for arm in Arm},
        rules,
        profile="gate",
        names={Arm.BASELINE: "production", Arm.CANDIDATE: "staging"},
        timeout=timedelta(seconds=10),
        clock=VirtualClock(START),
    )


def swaying(p95: float) -> list[LoadJournal]:
    return [journal(p95 * (1 + 0.004 * ((7 * at) % 5 - 2))) for at in range(20)]


def test_pairs_alternate_and_it_ends_at_the_first_look_that_decides() -> None:
    sent = Sent(baseline=swaying(0.1), candidate=swaying(0.1))

    ran = gate(sent)

    assert ran.judgement.verdict is GateVerdict.PASSED
    assert ran.judgement.pairs == 6
    assert sent.order[:8] == [*["baseline", "candidate"], *["candidate", "baseline"] * 2, *["baseline", "candidate"]]
    assert len(ran.blocks) == 12


def test_an_undecided_gate_goes_on_to_its_last_look_and_asks_a_person() -> None:
    ran = gate(Sent(baseline=swaying(0.2), candidate=swaying(0.2 * 1.099)[1:]))

    assert ran.judgement.verdict is GateVerdict.INCONCLUSIVE
    assert ran.judgement.pairs == 8
    assert "a person decides" in summary(ran)


def test_a_pair_with_a_broken_block_is_sent_again_whole() -> None:
    broken = journal(None, verdict=Verdict.BROKEN, reason="the generator could not keep its rate")
    sent = Sent(baseline=swaying(0.1), candidate=[broken, *swaying(0.1)])

    ran = gate(sent)

    assert ran.judgement.verdict is GateVerdict.PASSED
    assert sent.order[:4] == ["baseline", "candidate"] * 2
    assert "14 blocks (1 of them broken)" in summary(ran)


def walked(sent: Sent, walk: Callable[[Arm], Felt]) -> GateRun:
    return run_gate(
        {arm: sent.of(arm) for arm in Arm},
        SIX,
        profile="gate",
        names={Arm.BASELINE: "production", Arm.CANDIDATE: "staging"},
        timeout=timedelta(seconds=10),
        walk={arm: partial(walk, arm) for arm in Arm},
        clock=VirtualClock(START),
    )


def test_journeys_follow_the_load_of_each_block() -> None:
    order: list[str] = []
    sent = Sent(baseline=swaying(0.1), candidate=swaying(0.1))

    def walk(arm: Arm) -> Felt:
        order.append(f"{len(sent.order)} {arm}")
        return Felt(times={"LCP": 0.3})

    ran = walked(sent, walk)

    assert order[:3] == ["1 baseline", "2 candidate", "3 candidate"]
    assert ran.judgement.verdict is GateVerdict.PASSED
    assert "| ✅ | LCP | 300.0 ms | 300.0 ms | +0.0% |" in summary(ran)


def test_a_block_that_is_broken_goes_on_no_journey() -> None:
    broken = journal(None, verdict=Verdict.BROKEN, reason="the generator could not keep its rate")
    order: list[Arm] = []

    def walk(arm: Arm) -> Felt:
        order.append(arm)
        return Felt(times={"LCP": 0.3})

    walked(Sent(baseline=swaying(0.1), candidate=[broken, *swaying(0.1)]), walk)

    assert order[:3] == [Arm.BASELINE, Arm.BASELINE, Arm.CANDIDATE]


def test_what_ends_a_gate_early_leaves_what_was_measured() -> None:
    walks = iter([Felt(), Felt(), Felt()])

    def walk(_: Arm) -> Felt:
        found = next(walks, None)
        if found is None:
            raise ConfigError("the kill switch load.stop is there")
        return found

    ran = walked(Sent(baseline=swaying(0.1), candidate=swaying(0.1)), walk)

    assert ran.judgement.verdict is GateVerdict.INVALID
    assert ran.judgement.why == "it ended early: the kill switch load.stop is there"
    assert len(ran.blocks) == 3


def test_what_ends_a_gate_before_its_first_block_goes_on() -> None:
    def walk(_: Arm) -> Felt:
        raise ConfigError("the kill switch load.stop is there")

    with pytest.raises(ConfigError):
        walked(Sent(baseline=swaying(0.1), candidate=swaying(0.1)), walk)


def test_a_summary_takes_nothing_that_a_page_says_for_its_own() -> None:
    said = Felt(broken="the journey failed: <img src=x> | @everybody\nnext line")
    text = summary(walked(Sent(baseline=swaying(0.1), candidate=swaying(0.1)), lambda _: said))

    assert "the journey failed: &lt;img src=x&gt; &#124; &#64;everybody next line" in text


def test_a_third_spoilt_pair_makes_the_gate_invalid_and_says_why() -> None:
    broken = journal(None, verdict=Verdict.BROKEN, reason="the generator could not keep its rate")

    ran = gate(Sent(baseline=swaying(0.1), candidate=[broken]))

    assert ran.judgement.verdict is GateVerdict.INVALID
    assert ran.judgement.why == "a block of 3 pairs was broken, the last: the generator could not keep its rate"
    assert "Nothing was measured" in summary(ran)


def test_a_block_that_missed_its_thresholds_is_compared_like_any_other() -> None:
    block = block_of(
        Arm.CANDIDATE, journal(0.9, verdict=Verdict.FAILED, reason="p(95)<800"), timeout=timedelta(seconds=9)
    )

    assert not block.broken
    assert block.p95 == {"": 0.9, "GET /x": 0.9}


def test_a_percentile_that_falls_on_a_failed_request_counts_as_the_time_out() -> None:
    block = block_of(Arm.CANDIDATE, journal(None, failed=100), timeout=timedelta(seconds=9))

    assert block.p95 == {"": 9.0, "GET /x": 9.0}


def test_a_broken_block_without_samples_is_broken_and_never_empty() -> None:
    with_nothing = msgspec.structs.replace(journal(None, verdict=Verdict.BROKEN, reason="no samples at all"), n=0)

    assert block_of(Arm.BASELINE, with_nothing, timeout=timedelta(seconds=9)).broken == "no samples at all"


def test_the_summary_says_what_was_compared_with_its_interval() -> None:
    text = summary(gate(Sent(baseline=swaying(0.1), candidate=swaying(0.15))))

    lines = text.splitlines()
    assert lines[0] == "## ❌ Release gate: failed"
    assert lines[2].startswith("`staging` against `production`, profile `gate`: p95 of all requests is +50%")
    assert any(line.startswith("| ❌ | p95 of GET /x | 100.0 ms | 150.0 ms | +50.") for line in lines)
    assert any(line.startswith("| ✅ | failed requests | 0.00% | 0.00% | +0.00 pp |") for line in lines)
    assert lines[-1] == "8 pairs, 16 blocks, 16,000 requests, 0 s."


@pytest.mark.parametrize("verdict", list(GateVerdict))
def test_a_gate_is_written_whole_as_json(verdict: GateVerdict) -> None:
    ran = gate(Sent(baseline=swaying(0.1), candidate=swaying(0.1)))
    told = msgspec.structs.replace(ran, judgement=msgspec.structs.replace(ran.judgement, verdict=verdict))

    assert msgspec.json.decode(msgspec.json.encode(told), type=GateRun) == told
