"""Preflight of the platform's fault doors."""

from __future__ import annotations

from tests.drills.preflight.conftest import Elsewhere


def test_a_wrong_fault_token_is_said(standing: Elsewhere) -> None:
    standing.env["M3CORE_FAULT_TOKEN"] = "wrong"

    (said,) = standing.problems()

    assert said.startswith("the platform's api: ")
    assert said.endswith("look at M3CORE_FAULT_TOKEN, and whether the platform has a fault door")


def test_a_fault_that_stands_already_is_said_with_its_lease(standing: Elsewhere) -> None:
    standing.door.faults["somebody-elses"] = {}

    (said,) = standing.problems()

    assert said.startswith("the platform's api: the fault error (somebody-elses) stands, for 12 s more at most;")
