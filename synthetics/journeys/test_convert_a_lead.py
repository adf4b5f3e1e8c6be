"""An agent makes a customer of a lead."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from synthetics.journeys.pages.login import LoginPage

if TYPE_CHECKING:
    from alertproof.journeys import Journey
    from synthetics.conftest import Account


def test_an_agent_searches_a_lead_opens_it_and_converts_it(journey: Journey, agent: Account) -> None:
    journey.needs("write")
    name = f"Journey {uuid4().hex[:12]}"  # a lead of its own: each run finds one that is not converted yet

    with journey.step("log in"):
        leads = LoginPage(journey.page).open().log_in(agent)
    with journey.step("create a lead"):
        lead = leads.new().create(name=name, company="Synthetic Travels", email="journey@synthetic.example")
    with journey.step("search"):
        leads = lead.back().search(name)
    with journey.step("open"):
        lead = leads.open(name)
    with journey.step("convert"):
        lead.convert()
