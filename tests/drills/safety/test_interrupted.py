"""Whatever interrupts a drill, at whichever step: no fault stands past its lease, and the ledger tells the truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.drills.safety.interrupting import TOKEN, WAYS, Platform, Way, run

from alertproof.faults import FaultDoor, Ledger, sweep
from alertproof.redact import Secret


@pytest.fixture
def platforms() -> Iterator[list[Platform]]:
    """A list of platforms that are ended afterwards."""
    made: list[Platform] = []
    yield made
    for platform in made:
        platform.off()


def steps(platforms: list[Platform], folder: Path) -> int:
    """Return how many lines a drill runs that nobody interrupts; it must have held its fault."""
    platforms.append(Platform())
    count = run(platforms[-1], folder / "whole", at=0, way="raise")
    assert len(platforms[-1].leases) == 1
    return count


def check(platform: Platform, ledger: Ledger, *, way: Way, at: int) -> None:
    """Decide what must hold after an interruption."""
    where = f"{way} at line {at}"
    standing, pending = platform.in_force(), [entry.fault_id for entry in ledger.pending()]
    assert set(standing) <= set(pending), f"{where}: a fault stands that the ledger does not tell of"
    if way in ("sigint", "sigterm"):
        assert standing == [], f"{where}: a signal left a fault standing"
    if way == "off":
        assert standing == [], where
        return
    swept = sweep(ledger, door_at=lambda url: FaultDoor(base_url=url, token=Secret(TOKEN)))
    assert [each.entry.fault_id for each in swept] == pending, where
    assert (platform.in_force(), ledger.pending()) == ([], []), f"{where}: the sweep left something"


def interrupted(platforms: list[Platform], folder: Path, *, every: int, ways: tuple[Way, ...]) -> int:
    """Interrupt a drill at every n-th line in each way; return how often a fault stood afterwards."""
    last, stood = steps(platforms, folder), 0
    platform = platforms[-1]
    for way in ways:
        for at in range(1, last + 1, every):
            if way == "off":
                platforms.append(platform := Platform())
            ledger = Ledger(folder / f"{way}-{at}")
            run(platform, ledger.folder, at=at, way=way)
            stood += bool(platform.in_force())
            check(platform, ledger, way=way, at=at)
    return stood


def test_a_fault_that_nobody_reverts_ends_with_its_lease(platforms: list[Platform], tmp_path: Path) -> None:
    last = steps(platforms, tmp_path)
    platform = platforms[-1]
    for at in range(last, 0, -1):
        run(platform, tmp_path / str(at), at=at, way="kill")
        if platform.in_force():
            break
    (standing,) = platform.in_force()

    platform.now += platform.leases[standing] - 0.001
    assert platform.in_force() == [standing]
    platform.now += 0.002
    assert platform.in_force() == []


@pytest.mark.parametrize("way", WAYS)
def test_a_drill_that_is_interrupted_leaves_the_ledger_true(
    platforms: list[Platform], tmp_path: Path, way: Way
) -> None:
    stood = interrupted(platforms, tmp_path, every=9, ways=(way,))

    assert way != "kill" or stood > 0, "no kill met a fault that stood: nothing was looked at"


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", WAYS)
def test_a_drill_that_is_interrupted_at_every_line_leaves_the_ledger_true(
    platforms: list[Platform], tmp_path: Path, way: Way
) -> None:
    interrupted(platforms, tmp_path, every=1, ways=(way,))
