"""How often may be asked and sent. The limits count in real time, here a clock moved by hand."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from starlette.responses import Response

from alertproof.standins.pagerduty.limits import Limits

EVENT = {
    "routing_key": "k" * 32,
    "event_action": "trigger",
    "payload": {"summary": "s", "source": "h", "severity": "critical"},
}


def limit(pagerduty: Any, **most: int | None) -> Any:
    response = pagerduty.client.put("/control/limits", json=most)
    assert response.status_code == 200
    return response.json()


def ask(pagerduty: Any, whose: str = "mine") -> Any:
    return pagerduty.client.get("/users", headers={"Authorization": f"Token token={whose}"})


def test_every_answer_says_how_many_requests_are_left(pagerduty: Any) -> None:
    left = []
    for _ in range(2):
        headers = ask(pagerduty).headers
        assert headers["ratelimit-limit"] == "960"
        left.append((headers["ratelimit-remaining"], headers["ratelimit-reset"]))
        pagerduty.real.advance(timedelta(seconds=20))
    assert left == [("959", "60"), ("958", "40")]


def test_nothing_is_refused_unless_a_limit_was_set(pagerduty: Any) -> None:
    limits = Limits(pagerduty.real)
    left: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await Response()(scope, receive, send)

    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200
            left.append(dict(message["headers"])[b"ratelimit-remaining"].decode())

    async def many() -> None:
        scope = {"type": "http", "headers": [(b"authorization", b"Token token=abc")]}
        for _ in range(961):
            await limits.around(app)(scope, receive, sent)

    async def receive() -> Any:
        return {"type": "http.request"}

    asyncio.run(many())
    assert left[-3:] == ["1", "0", "0"]
    assert all(limits.refused_event("k" * 32) is None for _ in range(130))


def test_requests_beyond_the_limit_are_429_until_a_minute_has_passed(pagerduty: Any) -> None:
    assert limit(pagerduty, requests=2) == {"requests": 2, "events": None}
    assert [ask(pagerduty).status_code for _ in range(2)] == [200, 200]
    refused = ask(pagerduty)
    assert refused.status_code == 429
    assert refused.json() == {"error": {"message": "Rate Limit Exceeded", "code": 2020}}
    assert (refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]) == ("2", "0")
    assert ask(pagerduty, "other").status_code == 200
    pagerduty.real.advance(timedelta(seconds=int(refused.headers["ratelimit-reset"]) - 1))
    assert ask(pagerduty).status_code == 429
    pagerduty.real.advance(timedelta(seconds=1))
    assert ask(pagerduty).status_code == 200
    assert limit(pagerduty, requests=None) == {"requests": None, "events": None}
    assert {ask(pagerduty).status_code for _ in range(5)} == {200}


@pytest.mark.parametrize("path", ["/v2/enqueue", "/v2/change/enqueue"])
def test_events_beyond_the_limit_of_their_key_are_429_and_not_taken(pagerduty: Any, path: str) -> None:
    limit(pagerduty, events=1)
    assert pagerduty.client.post(path, json=EVENT).status_code == 202
    assert pagerduty.client.post(path, json=EVENT).status_code == 429
    assert pagerduty.client.post(path, json=EVENT | {"routing_key": "o" * 32}).status_code == 202
    pagerduty.real.advance(timedelta(seconds=60))
    assert pagerduty.client.post(path, json=EVENT).status_code == 202
    if path == "/v2/enqueue":
        assert pagerduty.get("/control/dropped")["count"] == 3


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"requests": -1}', b'{"events": "many"}'])
def test_what_is_no_limit_is_refused_and_changes_nothing(pagerduty: Any, body: bytes) -> None:
    limit(pagerduty, requests=7)
    assert pagerduty.client.put("/control/limits", content=body).status_code == 400
    assert pagerduty.client.get("/control/limits").json() == {"requests": 7, "events": None}
