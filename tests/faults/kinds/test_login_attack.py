"""An attack on logins has a rate and sources that are bounded, and locks nobody out who was not named."""

from __future__ import annotations

import pytest

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults import LoginAttack


def test_without_names_as_many_made_up_accounts_are_tried_as_there_are_sources() -> None:
    fault = LoginAttack(text="t", tenant="acme", rate=20, sources=2)

    assert fault.prepare() == {
        "tenant": "acme",
        "rate": 20,
        "sources": 2,
        "accounts": ("nobody-1@acme.example", "nobody-2@acme.example"),
    }
    assert (fault.kind, fault.door) == ("login_attack", "outside")
    assert fault.blast_radius == "20 logins a second at tenant acme, each as dear as a real one; no account is locked"


def test_accounts_that_are_named_may_be_locked_out_and_that_is_said() -> None:
    fault = LoginAttack(text="t", tenant="acme", rate=1, accounts=("admin@acme.example",))

    assert fault.prepare()["accounts"] == ("admin@acme.example",)
    assert "admin@acme.example may be locked out" in fault.blast_radius


@pytest.mark.parametrize("rate", [0, -1, 20.1])
def test_more_logins_than_a_platform_can_bear_are_refused(rate: float) -> None:
    with pytest.raises(BlastRadiusExceeded, match="at most 20 logins a second"):
        LoginAttack(text="t", tenant="acme", rate=rate).prepare()


@pytest.mark.parametrize("sources", [0, 255])
def test_more_addresses_than_there_are_for_examples_are_refused(sources: int) -> None:
    with pytest.raises(BlastRadiusExceeded, match="1 to 254 addresses"):
        LoginAttack(text="t", tenant="acme", rate=1, sources=sources).prepare()
