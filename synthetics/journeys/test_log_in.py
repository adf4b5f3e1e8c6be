"""An agent logs in, and nobody else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from synthetics.journeys.pages.login import LoginPage

if TYPE_CHECKING:
    from alertproof.journeys import Journey
    from synthetics.conftest import Account


def test_an_agent_logs_in_and_sees_the_leads(journey: Journey, agent: Account) -> None:
    with journey.step("open the login"):
        login = LoginPage(journey.page).open()
    with journey.step("log in"):
        leads = login.log_in(agent)

    assert leads.count() > 0


def test_a_wrong_password_is_refused(journey: Journey, agent: Account) -> None:
    with journey.step("open the login"):
        login = LoginPage(journey.page).open()
    with journey.step("log in with a wrong password"):
        login.try_to_log_in(agent, "not the agent's password")
        refusal = login.refusal()

    assert refusal == "Tenant, e-mail or password is wrong."


@pytest.mark.conditions(device="Pixel 7")
def test_an_agent_logs_in_by_a_phone(journey: Journey, agent: Account) -> None:
    with journey.step("open the login"):
        login = LoginPage(journey.page).open()
    with journey.step("log in"):
        login.log_in(agent)


def test_everybody_can_use_the_login_and_the_leads(journey: Journey, agent: Account) -> None:
    with journey.step("open the login"):
        login = LoginPage(journey.page).open()
    journey.accessible()
    with journey.step("log in"):
        login.log_in(agent)
    journey.accessible()


def test_logging_in_feels_as_it_must(journey: Journey, agent: Account) -> None:
    for _ in journey.repeat(20):
        with journey.step("open the login"):
            login = LoginPage(journey.page).open()
        with journey.step("log in"):
            login.log_in(agent)
