"""Each tenant lists, finds and creates leads: the answer's status, its shape, how long it took, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.probes import header, holds, schema, status, timed, value, within
from synthetics.probes.leads import LEAD, LEAD_PAGE, new_lead

if TYPE_CHECKING:
    from alertproof.plugin.probes import Probe


def test_leads_are_listed(probe: Probe, tenant: str) -> None:
    probe.get("/api/leads", tenant=tenant, params={"limit": 5}).expect(
        status(200),
        header("Content-Type", "application/json"),
        schema(LEAD_PAGE),
        value("$.limit", 5),
        holds("$.items", "are five", lambda items: len(items) == 5),
        within(),
        timed(),
    )


def test_a_listed_lead_is_found_by_its_name(probe: Probe, tenant: str) -> None:
    page = probe.get("/api/leads", tenant=tenant, params={"limit": 1}).expect(
        status(200), schema(LEAD_PAGE), holds("$.items[0].name", "is there", bool)
    )
    name = page.json()["items"][0]["name"]

    probe.get("/api/leads/search", tenant=tenant, params={"q": name}).expect(
        status(200),
        schema(LEAD_PAGE),
        holds("$.items[*].name", f"holds {name!r}", lambda found: name in found),
        within(),
        timed(),
    )


def test_a_created_lead_is_read_back(probe: Probe, tenant: str) -> None:
    lead = new_lead()

    created = probe.post("/api/leads", tenant=tenant, json=lead).expect(
        status(201),
        schema(LEAD),
        *(value(f"$.{field}", text) for field, text in lead.items()),
        value("$.status", "new"),
        within(),
        timed(),
    )

    read = probe.get(f"/api/leads/{created.json()['id']}", tenant=tenant, name="read a lead")
    read.expect(status(200), schema(LEAD), value("$.name", lead["name"]), within(), timed())
