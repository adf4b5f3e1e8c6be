from __future__ import annotations

from alertproof.canaries import KINDS, Flock, Run


def test_each_run_door_and_class_has_a_canary_of_its_own() -> None:
    flock = Flock("seed")
    made = [flock.of(run, door, kind) for run in Run for door in ("body", "query") for kind in KINDS]

    assert len({canary.core for canary in made}) == len(made)
    assert set(flock.planted()) == set(made)


def test_the_same_seed_makes_the_same_canaries_and_another_seed_others() -> None:
    one, again, other = (Flock(seed).of(Run.CONTROL, "body", KINDS[0]).core for seed in ("a", "a", "b"))

    assert one == again != other


def test_a_canary_does_not_show_itself_where_it_is_printed() -> None:
    canary = Flock("seed").of(Run.CONTROL, "body", KINDS[0])

    assert canary.core not in repr(canary)
    assert canary.text not in repr(canary)


def test_a_door_without_keys_takes_only_what_shows_itself() -> None:
    taken = Flock("seed").at(Run.CONTROL, "path", without_keys=True)

    assert {canary.kind for canary in taken.values()} == {kind.name for kind in KINDS if kind.shows_itself}
    assert len(Flock("seed").at(Run.CONTROL, "path")) == len(KINDS)
