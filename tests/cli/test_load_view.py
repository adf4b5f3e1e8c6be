"""The live view of a capacity search: what stands in its lines, by a search of a platform in virtual time."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console
from tests.loadgen.capacity.known import JUDGED
from tests.loadgen.capacity.simulated import Running

from alertproof.cli.load_view import SearchView
from alertproof.loadgen import CapacityTick, read_capacity_profile
from alertproof.loadgen.capacity import Search

PROFILE = read_capacity_profile(Path(__file__).parents[2] / "load" / "profiles" / "find-capacity.toml")
MM8 = JUDGED["M/M/8"]


class Shown:
    """A search that is shown second by second to somebody, or to nobody."""

    def __init__(self, *, quiet: bool = True) -> None:
        self.console = Console(record=not quiet, quiet=quiet, width=140, force_terminal=not quiet, color_system=None)
        self.view = SearchView(PROFILE, self.console, required=120)
        self.search = Search(PROFILE.plan)
        self._running = Running(MM8.platform, 1)
        self._second = 0

    def second(self, p95: timedelta | None = timedelta(milliseconds=100)) -> list[str]:
        """Let one second pass, and return the lines."""
        seen = self._running.second(self.search.rate)
        self.search.see(seen)
        tick = CapacityTick(
            second=self._second,
            phase=self.search.phase,
            rate=seen.rate,
            n=seen.n,
            slow=seen.slow,
            in_flight=seen.in_flight,
            p95=p95,
        )
        self._second += 1
        self.view.see(tick, self.search)
        written = Console(record=True, width=140, color_system=None, file=io.StringIO())
        written.print(self.view.frame(tick, self.search))
        return written.export_text().splitlines()


def test_before_an_estimate_it_says_when_one_comes() -> None:
    lines = Shown().second()

    assert lines[0].split() == ["find-capacity", "warm-up", "0:00", "of", "about", "7:00"]
    assert lines[1].startswith("offered   10/s   p95 100 ms")
    assert "overloaded twice" in lines[3]
    assert "━" not in lines[4]
    assert lines[4].count("◆") == 2  # on the scale, and what it means


def test_the_estimate_closes_in() -> None:
    shown = Shown()
    lines: list[str] = []
    while not shown.search.done:
        lines = shown.second()

    found = shown.view._estimate
    assert found is not None
    assert lines[3].startswith(f"estimate  {found.rate:.3g}/s (95 % interval {found.low:.3g} to {found.high:.3g})")
    widths = [int(part.strip(" ±%")) for part in lines[3].partition(")")[2].split("→")]
    assert len(widths) == 8
    assert shown.view._widths[-1] < shown.view._widths[0]
    assert "━" in lines[4]
    scale = lines[4].strip()[2:62]
    assert scale.index("┃") / 60 == pytest.approx(found.rate / float(lines[4].split("/s")[0].split()[-1]), abs=0.03)


def test_a_second_above_the_limit_or_without_an_answer_is_a_full_bar() -> None:
    shown = Shown()

    shown.second(timedelta(milliseconds=100))
    shown.second(timedelta(milliseconds=801))
    lines = shown.second(None)

    assert lines[2].split()[1] == "▁██"
    assert "p95 > 800 ms" in lines[1]


def test_only_so_many_seconds_are_in_the_curve() -> None:
    shown = Shown()
    for _ in range(69):
        shown.second()

    lines = shown.second()

    assert len(lines[2].split()[1]) == 60


def test_it_is_written_where_somebody_looks_and_nowhere_else(capsys: pytest.CaptureFixture[str]) -> None:
    with (quiet := Shown()).view:
        quiet.second()
    assert capsys.readouterr().out == ""

    with (seen := Shown(quiet=False)).view:
        seen.second()
    assert "find-capacity" in seen.console.export_text()
