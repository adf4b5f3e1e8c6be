"""The platform answers under light load, in time, and nothing fails: a few seconds, before anything longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alertproof.plugin.load import LoadFixture


def test_a_few_seconds_of_light_load_are_answered_in_time(load: LoadFixture) -> None:
    load("smoke")
