"""Gates for real: three of the platform in the box against itself, three against one that is three quarters slower.

Two stacks stand beside each other. Each bounds itself by waiting (`platform_capacity`), so that two of them, the
generator and a browser find room on one machine; the slower one passes 34 requests a second instead of 60, of 29.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from alertproof.cli.gate_journeys import walking
from alertproof.gate import Arm, GateRun, GateVerdict, Rules, run_gate, summary
from alertproof.journal import LoadJournal
from alertproof.loadgen import Profile, read_profile, run_load
from alertproof.requirements import Target
from alertproof.stack import reached

pytestmark = [pytest.mark.prove, pytest.mark.needs("browser"), pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
AS_BEFORE, SLOWER = 60, 34
PROFILE = f"""
scenario = "{ROOT}/load/scenarios/leads.py"
users = 3
rate = 25
warm_up = "1s"
duration = "4s"
limit = "800ms"
[thresholds]
failed = ["rate<0.01"]
"""
RULES = Rules(looks=(10, 15), minimum_samples=50)


@pytest.fixture(scope="module")
def arms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Target]]:
    """Three stacks, by what they pass: the baseline's, one like it, and a slower one."""
    none = tmp_path_factory.mktemp("targets") / "alertproof.toml"
    with ExitStack() as stack:
        yield {
            number: stack.enter_context(
                reached("local", targets=none, monitoring=ROOT / "monitoring", fastest=1.0, capacity=capacity)
            )
            for number, capacity in enumerate((AS_BEFORE, AS_BEFORE, SLOWER))
        }


def gate(baseline: Target, candidate: Target, folder: Path, *, times: int) -> GateRun:
    (folder / "block.toml").write_text(PROFILE, encoding="utf-8")
    profile = read_profile(folder / "block.toml")
    targets = {Arm.BASELINE: baseline, Arm.CANDIDATE: candidate}
    with ExitStack() as stack:
        walk = {
            arm: stack.enter_context(
                walking(
                    str(ROOT / "synthetics/journeys/test_convert_a_lead.py"),
                    target,
                    "local",
                    times=times,
                    monitoring=ROOT / "monitoring",
                    reports=folder / arm,
                )
            )
            for arm, target in targets.items()
        }
        ran = run_gate(
            {arm: _sender(profile, target) for arm, target in targets.items()},
            RULES,
            profile="block",
            names={Arm.BASELINE: "as before", Arm.CANDIDATE: "the candidate"},
            timeout=profile.timeout,
            walk=walk,
        )
    print(f"\n{summary(ran)}")  # noqa: T201 - what a gate says is what is shown
    return ran


def _sender(profile: Profile, target: Target) -> Callable[[], LoadJournal]:
    return lambda: run_load(profile, target, check="a gate", target_name="own")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_of_two_alike_neither_is_worse(number: int, arms: dict[int, Target], tmp_path: Path) -> None:
    ran = gate(arms[0], arms[1], tmp_path, times=1)

    assert ran.judgement.verdict in {GateVerdict.PASSED, GateVerdict.INCONCLUSIVE}, ran.judgement.why


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_candidate_that_passes_little_more_than_half_as_much_fails(
    number: int, arms: dict[int, Target], tmp_path: Path
) -> None:
    ran = gate(arms[0], arms[2], tmp_path, times=1)

    assert ran.judgement.verdict is GateVerdict.FAILED, ran.judgement.why
    assert any(one.verdict is GateVerdict.FAILED and one.name.startswith("p95") for one in ran.judgement.findings)
