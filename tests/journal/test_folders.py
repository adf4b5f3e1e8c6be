from __future__ import annotations

from pathlib import Path

import pytest

from alertproof.journal import folder_name


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("synthetics/journeys/test_log_in.py::test_it", "test_log_in-test_it-"),
        ("a/test_x.py::TestClass::test_it[a b/c:ü]", "test_x-TestClass-test_it-a-b-c-"),
        ("test_x.py::" + "long" * 50, "test_x-longlong"),
        ("../..::..", ""),
    ],
)
def test_a_folder_is_named_so_that_people_know_it_and_every_file_system_takes_it(check: str, expected: str) -> None:
    name = folder_name(check)
    assert name.startswith(expected)
    assert len(name) <= 90
    assert Path(name).name == name
    assert not name.startswith(".")


def test_no_two_checks_share_a_folder() -> None:
    assert folder_name("test_x.py::test_it[a b]") != folder_name("test_x.py::test_it[a-b]")
