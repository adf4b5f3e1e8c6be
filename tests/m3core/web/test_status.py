from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.m3core.telling import Incident

if TYPE_CHECKING:
    import httpx
    from tests.m3core.web.conftest import Web


def test_users_read_the_open_notes_and_the_closed_ones_without_a_login(anonymous: httpx.Client, web: Web) -> None:
    incident = Incident(anonymous)
    began = f"{incident.began:%Y-%m-%d %H:%M}"
    with web.client() as browser:
        incident.tell("triggered")
        assert f"Since {began} UTC something does not work" in browser.get("/status").raise_for_status().text
        incident.tell("resolved", after=120)
        page = browser.get("/status").text
    assert f"Since {began}" not in page
    assert f"From {began} to {incident.began + timedelta(seconds=120):%Y-%m-%d %H:%M} UTC" in page
