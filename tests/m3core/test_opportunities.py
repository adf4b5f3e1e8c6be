"""Opportunities and the pipeline that they make."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from m3core.database import Database
from m3core.opportunities import AlreadyClosed, NewOpportunity, OpportunityStore, Stage
from m3core.settings import load_settings
from m3core.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from tests.m3core.conftest import Platform

NEW = {"name": "Ten seats", "amount_cents": 125_050}


def create(client: httpx.Client, **more: object) -> int:
    answer = client.post("/api/opportunities", json={**NEW, **more})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def test_an_opportunity_goes_from_the_first_stage_to_won_and_counts_as_revenue(
    platform: Platform, acme: httpx.Client
) -> None:
    number = create(acme)
    assert acme.get(f"/api/opportunities/{number}").json()["stage"] == "qualification"
    moved = acme.post(f"/api/opportunities/{number}/stage", json={"stage": "negotiation"}).json()
    assert (moved["stage"], moved["closed_at"]) == ("negotiation", None)
    won = acme.post(f"/api/opportunities/{number}/stage", json={"stage": "won"}).json()
    assert won["stage"] == "won"
    assert won["closed_at"] is not None
    assert acme.post(f"/api/opportunities/{number}/stage", json={"stage": "lost"}).status_code == 409
    assert platform.points_of("revenue.won", "tenant:acme")[-1].value == 1250
    platform.points_of("opportunities.won", "tenant:acme")


def test_what_is_created_and_what_is_lost_is_counted_and_brings_no_revenue(
    platform: Platform, globex: httpx.Client
) -> None:
    with platform.adds("opportunities.created", "tenant:globex"):
        number = create(globex)
    with (
        platform.adds("opportunities.lost", "tenant:globex"),
        platform.adds("opportunities.won", "tenant:globex", number=0),
        platform.adds("revenue.won", "tenant:globex", number=0),
    ):
        assert globex.post(f"/api/opportunities/{number}/stage", json={"stage": "lost"}).status_code == 200


def test_this_months_wins_are_those_since_its_first_instant(platform: Platform, acme: httpx.Client) -> None:
    def this_month() -> tuple[int, int]:
        won = acme.get("/api/pipeline").json()["won_this_month"]
        return won["count"], won["amount_cents"]

    def closed(number: int, microseconds: int) -> None:
        """Have it closed so long after the month began."""
        with psycopg.connect(platform.environment["DATABASE_URL"]) as connection:
            connection.execute(
                "UPDATE opportunities SET closed_at = "
                "date_trunc('month', now(), 'UTC') + make_interval(secs => %s / 1e6) WHERE id = %s",
                (microseconds, number),
            )

    count, cents = this_month()
    number = create(acme, amount_cents=700)
    assert this_month() == (count, cents)
    acme.post(f"/api/opportunities/{number}/stage", json={"stage": "won"})
    assert this_month() == (count + 1, cents + 700)
    closed(number, -1)
    assert this_month() == (count, cents)
    closed(number, 0)
    assert this_month() == (count + 1, cents + 700)
    lost = create(acme, amount_cents=900)
    acme.post(f"/api/opportunities/{lost}/stage", json={"stage": "lost"})
    assert this_month() == (count + 1, cents + 700)


def test_another_tenants_opportunity_is_not_there_and_the_look_for_it_is_counted(
    platform: Platform, acme: httpx.Client, globex: httpx.Client
) -> None:
    number = create(acme)
    assert globex.get(f"/api/opportunities/{number}").status_code == 404
    assert globex.post(f"/api/opportunities/{number}/stage", json={"stage": "won"}).status_code == 404
    assert number not in [each["id"] for each in globex.get("/api/opportunities?limit=100").json()["items"]]
    platform.points_of("security.suspicious", "kind:foreign-record", "tenant:globex")
    assert acme.get(f"/api/opportunities/{number}").json()["stage"] == "qualification"


def test_what_nobody_has_is_no_foreign_record(platform: Platform, acme: httpx.Client) -> None:
    before = [p for p in platform.points.now() if p.metric == "security.suspicious" and "tenant:acme" in p.tags]
    assert acme.get("/api/opportunities/999999999").status_code == 404
    platform.points_of("api.requests", "endpoint:/api/opportunities/:id", "status_class:4xx", "tenant:acme")
    after = [p for p in platform.points.now() if p.metric == "security.suspicious" and "tenant:acme" in p.tags]
    assert len(after) == len(before)


def test_an_opportunitys_lead_is_the_tenants_own(acme: httpx.Client, globex: httpx.Client) -> None:
    lead = globex.get("/api/leads?limit=1").json()["items"][0]["id"]
    refused = acme.post("/api/opportunities", json={**NEW, "lead_id": lead})
    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["body", "lead_id"])
    assert globex.post("/api/opportunities", json={**NEW, "lead_id": lead}).json()["lead_id"] == lead


@pytest.mark.parametrize(("cents", "status"), [(-1, 422), (0, 201), (10_000_000_000, 201), (10_000_000_001, 422)])
def test_an_amount_is_from_nothing_to_a_hundred_million(acme: httpx.Client, cents: int, status: int) -> None:
    assert acme.post("/api/opportunities", json={**NEW, "amount_cents": cents}).status_code == status


def test_a_stage_is_listed_alone(acme: httpx.Client) -> None:
    page = acme.get("/api/opportunities?stage=proposal&limit=5").json()
    assert page["total"] > 5
    assert {each["stage"] for each in page["items"]} == {"proposal"}
    assert acme.get("/api/opportunities?stage=sold").status_code == 422


class PipelineMachine(RuleBasedStateMachine):
    """A tenant's pipeline, against a dictionary."""

    store: OpportunityStore
    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[int, tuple[Stage, int]] = {}
        self.start = {each.stage: (each.count, each.amount_cents) for each in self.store.pipeline().stages}

    @rule(target=made, cents=st.integers(0, 10_000_000_000))
    def create(self, cents: int) -> int:
        made = self.store.create(NewOpportunity(name="Any", amount_cents=cents))
        self.model[made.id] = (Stage.QUALIFICATION, cents)
        return made.id

    @rule(number=made, stage=st.sampled_from(Stage))
    def move(self, number: int, stage: Stage) -> None:
        before, cents = self.model[number]
        if before.closed:
            with pytest.raises(AlreadyClosed):
                self.store.move(number, stage)
            return
        moved = self.store.move(number, stage)
        assert moved is not None
        assert (moved.stage, moved.closed_at is not None) == (stage, stage.closed)
        self.model[number] = (stage, cents)

    @invariant()
    def each_stage_is_the_sum_of_what_is_in_it(self) -> None:
        numbers, sums = Counter[Stage](), Counter[Stage]()
        for stage, cents in self.model.values():
            numbers[stage] += 1
            sums[stage] += cents
        for each in self.store.pipeline().stages:
            count, amount = self.start[each.stage]
            assert (each.count - count, each.amount_cents - amount) == (numbers[each.stage], sums[each.stage])


def test_the_pipeline_is_the_sum_of_its_opportunities(platform: Platform) -> None:
    tenant = f"t{uuid.uuid4().hex[:8]}"
    with psycopg.connect(platform.environment["DATABASE_URL"]) as connection:
        connection.execute("INSERT INTO tenants (slug, name) VALUES (%s, 'Any')", (tenant,))
    database = Database(platform.environment["DATABASE_URL"])
    metrics = Metrics(load_settings(platform.environment, service="m3core-api"))
    PipelineMachine.store = OpportunityStore(database, metrics, tenant=tenant)
    chosen = settings(max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=[*HealthCheck])
    run_state_machine_as_test(PipelineMachine, settings=chosen)
    metrics.close()
    database.close()
