"""A profile of another kind is refused with what it is for, and each shipped one is of one kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.loadgen import read_capacity_profile, read_hold_profile, read_profile

FOLDER = Path(__file__).parents[2] / "load" / "profiles"
READERS: dict[str, Callable[[Path], object]] = {
    "run": read_profile,
    "search": read_capacity_profile,
    "hold": read_hold_profile,
}


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.toml")))
def test_a_shipped_profile_is_of_one_kind(name: str) -> None:
    def refusal(reader: Callable[[Path], object]) -> str:
        try:
            reader(FOLDER / f"{name}.toml")
        except ConfigError as error:
            return str(error)
        return ""

    refusals = [refusal(reader) for reader in READERS.values()]

    assert refusals.count("") == 1
    assert sum(f"{name}.toml: this profile is for a " in one for one in refusals) == 2


@pytest.mark.parametrize(
    ("reader", "name", "told"),
    [
        ("run", "alert-above", r"a held share: drill\(ALERT\)\.fires\(load=NAME\)"),
        ("run", "find-capacity", "a search: alertproof load find-capacity --profile"),
        ("search", "alert-below", "a held share"),
        ("search", "smoke", "a load run: alertproof load run"),
        ("hold", "find-capacity", "a search"),
    ],
)
def test_it_is_said_what_it_is_for(reader: str, name: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        READERS[reader](FOLDER / f"{name}.toml")


def test_a_file_of_no_kind_and_one_that_is_no_toml_are_told_of_as_before(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('scenario = "own"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="slow_held|start"):
        read_hold_profile(path)
    path.write_text("scenario = \n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"own\.toml"):
        read_profile(path)
