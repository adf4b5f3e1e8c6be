"""What one tenant owns stays hidden from every other: for each ordered pair, so both ways."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from alertproof.probes import Expected, Part, holds, satisfies, schema, status, value
from synthetics.probes.leads import LEAD, LEAD_PAGE, PROBLEM, new_lead

if TYPE_CHECKING:
    from alertproof.plugin.probes import Probe


@pytest.fixture
def lead(probe: Probe, owner: str) -> Mapping[str, Any]:
    """Return the owner's newest lead. The owner has read it, so it may wait in a cache, too."""
    page = probe.get("/api/leads", tenant=owner, params={"limit": 1}).expect(
        status(200), schema(LEAD_PAGE), holds("$.items[0].id", "is there", bool)
    )
    newest = page.json()["items"][0]["id"]
    return dict(probe.get(f"/api/leads/{newest}", tenant=owner).expect(status(200), schema(LEAD)).json())


def no_leak(owner: str, lead: Mapping[str, Any]) -> Expected:
    """Expect that an answer does not hold the owner's lead, by its id: others may know the same person."""
    mark = re.compile(rf'"id":\s*{lead["id"]}\b')
    return satisfies(
        f"no leak of {owner}'s lead {lead['id']}", lambda answer: mark.search(answer.text) is None, part=Part.HEADER
    )


def test_a_lead_cannot_be_read(probe: Probe, owner: str, stranger: str, lead: Mapping[str, Any]) -> None:
    probe.get(f"/api/leads/{lead['id']}", tenant=stranger).expect(no_leak(owner, lead), status(404), schema(PROBLEM))


def test_a_lead_is_not_listed(probe: Probe, owner: str, stranger: str, lead: Mapping[str, Any]) -> None:
    probe.get("/api/leads", tenant=stranger, params={"limit": 100}).expect(
        no_leak(owner, lead), status(200), schema(LEAD_PAGE)
    )


def test_a_lead_is_not_found(probe: Probe, owner: str, stranger: str, lead: Mapping[str, Any]) -> None:
    probe.get("/api/leads/search", tenant=stranger, params={"q": lead["email"]}).expect(
        no_leak(owner, lead), status(200), schema(LEAD_PAGE)
    )


def test_a_lead_cannot_be_converted(probe: Probe, owner: str, stranger: str) -> None:
    lead = probe.post("/api/leads", tenant=owner, json=new_lead()).expect(status(201), schema(LEAD)).json()

    probe.post(f"/api/leads/{lead['id']}/convert", tenant=stranger).expect(
        no_leak(owner, lead), status(404), schema(PROBLEM)
    )

    probe.get(f"/api/leads/{lead['id']}", tenant=owner).expect(
        status(200), schema(LEAD), value("$.status", "new"), value("$.converted_at", None)
    )
