"""What a master and its workers agree on: parts, the time, and what a worker lets itself be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alertproof.loadgen.crew import Exchange, Part, Post, Refused, accepted, fingerprint, offset_of, share_of
from alertproof.loadgen.schedule import Leg, Schedule
from alertproof.loadgen.wire import Crew, LoadPlan


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_shares_add_up_and_are_as_equal_as_they_can_be(whole: int, of: int) -> None:
    shares = [share_of(whole, part=part, of=of) for part in range(of)]
    assert sum(shares) == whole
    assert max(shares) - min(shares) <= 1


WAYS = st.lists(st.tuples(st.integers(0, 50_000), st.integers(0, 50_000)), min_size=1, max_size=20)


@given(st.integers(-(10**12), 10**12), WAYS)
def test_the_other_clock_is_known_to_within_what_is_said(ahead: int, ways: list[tuple[int, int]]) -> None:
    """However unequal the ways there and back are."""
    exchanges, now = [], 0
    for there, back in ways:
        exchanges.append(Exchange(sent=now, theirs=now + there + ahead, back=now + there + back))
        now += there + back + 1000

    offset, within = offset_of(exchanges)

    assert abs(offset - ahead) <= within
    assert within <= min((there + back + 1) // 2 for there, back in ways)


@pytest.fixture
def part(tmp_path: Path) -> Part:
    scenario = tmp_path / "theirs" / "own.py"
    for folder in ("theirs", "ours"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "own.py").write_text("# a scenario\n", encoding="utf-8")
    plan = LoadPlan(
        base_url="https://staging.example",
        scenario=str(scenario),
        schedule=Schedule(legs=(Leg(seconds=60, start=40, end=40),)),
        users=1,
        max_in_flight=50,
        timeout=2,
        writes=False,
        crew=Crew(workers=2),
    )
    return Part(part=0, of=2, plan=plan, fingerprint=fingerprint(scenario))


def post(folder: Path, **other: Any) -> Post:
    usual: dict[str, Any] = {
        "name": "a",
        "host": "h",
        "port": 1,
        "patience": 1.0,
        "base_url": "https://staging.example",
        "scenarios": str(folder / "ours"),
        "most_rate": 40.0,
        "most_seconds": 60.0,
        "writes": False,
    }
    return Post(**(usual | other))


def test_a_worker_runs_its_own_file_and_leads_no_crew(part: Part, tmp_path: Path) -> None:
    plan = accepted(post(tmp_path), part)
    assert plan == replace(part.plan, scenario=str(tmp_path / "ours/own.py"), crew=None)


@pytest.mark.parametrize(
    ("limits", "asked", "said"),
    [
        ({"base_url": "https://other.example"}, {}, "its target is https://other.example"),
        ({"most_rate": 39.9}, {}, "40 arrivals per second are more than its --max-rate of 39.9"),
        ({}, {"ceiling": 40.1}, "40.1 arrivals per second are more than its --max-rate of 40"),
        ({"most_seconds": 59.9}, {}, "60 s are longer than its --max-duration of 59.9 s"),
        ({}, {"writes": True}, "the load writes"),
        ({}, {"scenario": "/elsewhere/other.py"}, "it has no scenario"),
    ],
)
def test_a_worker_refuses_what_is_beyond_its_post(
    part: Part, tmp_path: Path, limits: dict[str, Any], asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refused) as refused:
        accepted(post(tmp_path, **limits), replace(part, plan=replace(part.plan, **asked)))
    assert said in str(refused.value)


def test_a_worker_refuses_another_text_of_the_scenario(part: Part, tmp_path: Path) -> None:
    (tmp_path / "ours/own.py").write_text("# another\n", encoding="utf-8")
    with pytest.raises(Refused, match="is another than the master's: bring both to one version"):
        accepted(post(tmp_path), part)


def test_a_scenario_cannot_be_named_out_of_its_folder(part: Part, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("# elsewhere\n", encoding="utf-8")
    asked = replace(part, plan=replace(part.plan, scenario="../outside.py"), fingerprint=fingerprint(outside))
    with pytest.raises(Refused, match="it has no scenario"):
        accepted(post(tmp_path), asked)
