from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3core.faults import DatabaseUnavailable, Fault, FaultDoor, Kind, Match, Plant, lose_database


class Hands:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def hits(door: FaultDoor, number: int, *, path: str = "/api/leads") -> list[bool]:
    return [bool(door.strike(path=path, method="GET", tenant="acme", correlation_id="c")) for _ in range(number)]


def door_with(share: Fraction) -> FaultDoor:
    door = FaultDoor(Hands())
    door.inject(Fault(id="f", kind=Kind.ERROR, share=share), lease_seconds=10)
    return door


@given(percent=st.integers(1, 100), start=st.integers(0, 250))
def test_any_hundred_requests_in_a_row_hold_exactly_the_share(percent: int, start: int) -> None:
    struck = hits(door_with(Fraction(percent, 100)), start + 100)
    assert sum(struck[start:]) == percent


@given(
    tenants=st.lists(st.sampled_from(["acme", "globex", "initech"]), min_size=1, max_size=600),
    percent=st.integers(1, 100),
)
def test_a_fault_of_each_tenant_is_exact_for_each_whatever_the_others_send(tenants: list[str], percent: int) -> None:
    door = FaultDoor(Hands())
    for tenant in ("acme", "globex", "initech"):
        fault = Fault(id=tenant, kind=Kind.ERROR, share=Fraction(percent, 100), match=Match(tenant=tenant))
        door.inject(fault, lease_seconds=10)
    struck: dict[str, list[bool]] = {}
    for tenant in tenants:
        hit = door.strike(path="/api/leads", method="GET", tenant=tenant, correlation_id="c")
        struck.setdefault(tenant, []).append(bool(hit))
    for hits_of in struck.values():
        assert all(sum(hits_of[first : first + 100]) == percent for first in range(len(hits_of) - 99))


@pytest.mark.parametrize("share", ["0.05", "0.01", "0.12", "0.025"])
def test_the_shares_of_the_specification_hit_tenants_that_take_turns_alike(share: str) -> None:
    door = door_with(Fraction(share))
    counts = dict.fromkeys(("acme", "globex", "initech"), 0)
    for number in range(3_600):
        tenant = [*counts][number % 3]
        counts[tenant] += bool(door.strike(path="/api/leads", method="GET", tenant=tenant, correlation_id="c"))
    assert sum(counts.values()) == 3_600 * Fraction(share)
    assert max(counts.values()) - min(counts.values()) <= 1


@given(share=st.fractions(min_value=Fraction(1, 1000), max_value=1), number=st.integers(1, 400))
def test_the_share_is_never_off_by_a_whole_request(share: Fraction, number: int) -> None:
    assert sum(hits(door_with(share), number)) == number * share // 1


@pytest.mark.parametrize(("times", "expected"), [(1, [5]), (2, [5, 10]), (9, [5, 10, 15, 20])])
def test_a_fault_hits_so_many_times_at_the_most(times: int, expected: list[int]) -> None:
    door = FaultDoor(Hands())
    door.inject(Fault(id="f", kind=Kind.ERROR, share=Fraction(1, 5), times=times), lease_seconds=10)
    assert [number for number, hit in enumerate(hits(door, 24), 1) if hit] == expected


def test_a_fault_is_spread_evenly_and_not_bunched() -> None:
    assert [n for n, hit in enumerate(hits(door_with(Fraction("0.05")), 60), 1) if hit] == [20, 40, 60]


def test_a_lease_ends_by_itself_at_its_last_moment() -> None:
    clock = Hands()
    door = FaultDoor(clock)
    door.inject(Fault(id="f", kind=Kind.ERROR), lease_seconds=5)
    clock.now += 4.999
    assert hits(door, 1) == [True]
    clock.now += 0.001
    assert hits(door, 1) == [False]
    assert door.in_force() == []


def test_the_same_fault_again_has_its_lease_renewed_and_its_counts_kept() -> None:
    clock = Hands()
    door = FaultDoor(clock)
    fault = Fault(id="f", kind=Kind.ERROR, share=Fraction(1, 2))
    door.inject(fault, lease_seconds=5)
    hits(door, 3)
    clock.now += 4
    door.inject(fault, lease_seconds=5)
    clock.now += 4
    [(known, left)] = door.in_force()
    assert (known.matched, known.injected, left) == (3, 1, 1.0)


def test_another_fault_under_the_same_id_replaces_it() -> None:
    door = door_with(Fraction(1, 2))
    hits(door, 3)
    door.inject(Fault(id="f", kind=Kind.ERROR, share=Fraction(1)), lease_seconds=5)
    [(known, _)] = door.in_force()
    assert known.matched == 0
    assert known.fault.share == Fraction(1)


def test_reverting_is_idempotent() -> None:
    door = door_with(Fraction(1))
    door.revert("f")
    door.revert("f")
    assert hits(door, 1) == [False]


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        (None, "/api/leads", True),
        (None, "/api/login", False),
        (None, "/healthz", False),
        ("/api/leads*", "/api/leads", True),
        ("/api/leads*", "/api/leads/7/convert", True),
        ("/api/leads", "/api/leads/7", False),
        ("/api/*", "/api/login", False),
        ("/api/login", "/api/login", True),
        ("/api/login*", "/api/login", True),
        ("*", "/leads", False),
        ("/*", "/healthz", False),
        ("*", "/api/leads", True),
        ("/leads*", "/leads/7", True),
        ("/healthz", "/healthz", True),
        ("/_faults*", "/_faults", False),
    ],
)
def test_logins_pages_and_health_are_hit_only_when_the_pattern_names_them(
    pattern: str | None, path: str, expected: bool
) -> None:
    assert Match(path=pattern).covers(path=path, method="GET", tenant=None, correlation_id="c") is expected


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        (Match(method="GET"), True),
        (Match(method="POST"), False),
        (Match(tenant="acme"), True),
        (Match(tenant="globex"), False),
        (Match(correlation_id="c"), True),
        (Match(correlation_id="d"), False),
    ],
)
def test_each_field_narrows_the_match(match: Match, expected: bool) -> None:
    assert match.covers(path="/api/leads", method="GET", tenant="acme", correlation_id="c") is expected


def test_requests_that_do_not_match_are_not_counted() -> None:
    door = door_with(Fraction(1, 2))
    assert sum(hits(door, 5, path="/api/login")) == 0
    assert hits(door, 2) == [False, True]


def test_a_lost_database_leaks_its_password_only_in_the_text() -> None:
    with pytest.raises(DatabaseUnavailable, match=r"^no answer from postgresql://m3core:canary@db\.internal/m3core$"):
        lose_database(Plant("canary"))
    assert "canary" not in repr(Fault(id="f", kind=Kind.ERROR, plant=Plant("canary")))
