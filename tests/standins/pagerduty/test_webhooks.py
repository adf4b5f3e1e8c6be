"""Webhooks v3 to a receiver that answers as it is told; the courier is pumped by hand, on a clock moved by hand."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alertproof.redact import Secret
from alertproof.standins.pagerduty.courier import Courier
from alertproof.standins.pagerduty.courier import Receiver as Addressee

if TYPE_CHECKING:
    from tests.standins.pagerduty.conftest import Receiver

HIGH = ("incident.triggered", "incident.acknowledged", "incident.escalated", "incident.resolved", "incident.annotated")


def subscribe(pagerduty: Any, receiver: Receiver, **more: Any) -> Any:
    method = {"type": "http_delivery_method", "url": receiver.url} | more.pop("method", {})
    body = {"delivery_method": method, "events": list(HIGH), "filter": {"type": "account_reference"}} | more
    return pagerduty.post("/webhook_subscriptions", "webhook_subscription", type="webhook_subscription", **body)


def pump(pagerduty: Any, times: int = 1) -> None:
    async def run() -> None:
        async with pagerduty.courier.client() as client:
            for _ in range(times):
                await pagerduty.courier.pump(client)

    asyncio.run(run())


def outcomes(pagerduty: Any) -> list[tuple[str, str, int]]:
    rows = pagerduty.get("/control/webhooks")["deliveries"]
    return [(row["outcome"], row["reason"], row["tries"]) for row in rows]


def test_each_step_of_an_incident_is_told_in_order_and_signed(pagerduty: Any, receiver: Receiver) -> None:
    service, integration = pagerduty.account()
    made = subscribe(pagerduty, receiver)
    secret = made["delivery_method"]["secret"]
    pagerduty.send(integration, "trigger")
    pagerduty.clock.advance(timedelta(minutes=5))
    pagerduty.send(integration, "acknowledge")
    pagerduty.send(integration, "resolve")
    pump(pagerduty, 4)
    assert receiver.kinds() == [
        "incident.triggered",
        "incident.escalated",
        "incident.acknowledged",
        "incident.resolved",
    ]
    for headers, body in receiver.got:
        expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        assert headers["x-pagerduty-signature"] == f"v1={expected}"
        event = json.loads(body)["event"]
        assert headers["x-webhook-id"] == event["id"]
        assert headers["x-webhook-subscription"] == made["id"]
        assert event["data"]["service"]["id"] == service["id"]
    events = [json.loads(body)["event"] for _, body in receiver.got]
    assert [event["data"]["status"] for event in events] == ["triggered", "triggered", "acknowledged", "resolved"]
    assert [event["occurred_at"][11:19] for event in events] == ["00:00:00", "00:05:00", "00:05:00", "00:05:00"]
    assert [each["summary"] for each in events[1]["data"]["assignees"]] == ["bob"]
    assert events[0]["agent"]["id"] == integration["id"]


def test_a_second_trigger_of_an_open_alert_is_not_told(pagerduty: Any, receiver: Receiver) -> None:
    _, integration = pagerduty.account()
    subscribe(pagerduty, receiver)
    pagerduty.send(integration, "trigger")
    pagerduty.send(integration, "trigger")
    pump(pagerduty, 2)
    assert receiver.kinds() == ["incident.triggered"]


def test_a_note_is_told_with_its_text(pagerduty: Any, receiver: Receiver) -> None:
    _, integration = pagerduty.account()
    pagerduty.send(integration, "trigger")
    subscribe(pagerduty, receiver)
    (incident,) = pagerduty.get("/incidents")["incidents"]
    pagerduty.note(incident, "on it")
    pump(pagerduty)
    ((_, body),) = receiver.got
    data = json.loads(body)["event"]["data"]
    assert (data["content"], data["incident"]["id"]) == ("on it", incident["id"])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_after_a_failure_that_may_pass_it_is_tried_again_with_the_same_id(
    pagerduty: Any, receiver: Receiver, status: int
) -> None:
    _, integration = pagerduty.account()
    subscribe(pagerduty, receiver)
    receiver.statuses = [status]
    pagerduty.send(integration, "trigger")
    pump(pagerduty, 2)
    assert outcomes(pagerduty) == [("waiting", f"the receiver answered {status}", 1)]
    pagerduty.clock.advance(timedelta(seconds=5))
    pump(pagerduty)
    assert outcomes(pagerduty) == [("delivered", "", 2)]
    first, second = receiver.got
    assert first[0]["x-webhook-id"] == second[0]["x-webhook-id"]
    assert first[1] == second[1]


def test_what_waits_is_not_overtaken_by_its_own_incident_but_by_others(pagerduty: Any, receiver: Receiver) -> None:
    _, integration = pagerduty.account()
    subscribe(pagerduty, receiver)
    receiver.statuses = [500]
    pagerduty.send(integration, "trigger", "a")
    pump(pagerduty)
    pagerduty.send(integration, "resolve", "a")
    pagerduty.send(integration, "trigger", "b")
    pump(pagerduty, 2)
    told = [json.loads(body)["event"] for _, body in receiver.got]
    assert [(each["event_type"], each["data"]["number"]) for each in told] == [
        ("incident.triggered", 1),
        ("incident.triggered", 2),
    ]
    pagerduty.clock.advance(timedelta(seconds=5))
    pump(pagerduty, 2)
    assert receiver.kinds()[2:] == ["incident.triggered", "incident.resolved"]


def test_a_receiver_that_does_not_answer_holds_up_nobody_else(
    pagerduty: Any, start_receiver: Callable[[], Receiver]
) -> None:
    _, integration = pagerduty.account()
    slow, fast = start_receiver(), start_receiver()
    slow.answers.clear()
    for receiver in (slow, fast):
        subscribe(pagerduty, receiver)
    pagerduty.send(integration, "trigger")
    pagerduty.send(integration, "resolve")

    async def until(condition: Callable[[], bool]) -> None:
        for _ in range(2000):
            if condition():
                return
            await asyncio.sleep(0.01)

    async def run() -> None:
        async with pagerduty.courier.serving():
            await until(lambda: len(fast.got) == 2 and len(slow.got) == 1)
            # The slow one's first try is not over yet: a timeout would be its reason.
            assert [(each.tries, each.reason) for each in pagerduty.courier.waiting()[:1]] == [(1, "")]
            slow.answers.set()
            await until(lambda: not pagerduty.courier.waiting())

    asyncio.run(run())
    assert slow.kinds() == fast.kinds() == ["incident.triggered", "incident.resolved"]


def test_a_receiver_that_never_answers_well_is_given_up_after_48_hours(pagerduty: Any, receiver: Receiver) -> None:
    _, integration = pagerduty.account()
    subscribe(pagerduty, receiver, events=["incident.triggered"])
    receiver.statuses = [500] * 1000
    pagerduty.send(integration, "trigger")
    pump(pagerduty)
    pagerduty.clock.advance(timedelta(hours=47, minutes=49))
    pump(pagerduty)
    assert outcomes(pagerduty)[0][0] == "waiting"
    pagerduty.clock.advance(timedelta(minutes=11))
    pump(pagerduty)
    assert outcomes(pagerduty) == [("dropped", "the receiver answered 500", 3)]


def test_it_is_tried_again_every_ten_minutes_at_last(pagerduty: Any, receiver: Receiver) -> None:
    _, integration = pagerduty.account()
    subscribe(pagerduty, receiver, events=["incident.triggered"])
    receiver.statuses = [500] * 1000
    pagerduty.send(integration, "trigger")
    for _ in range(20):
        pump(pagerduty)
        pagerduty.clock.advance(timedelta(minutes=10))
    assert outcomes(pagerduty)[0][2] == 20


def test_more_than_256_kilobytes_are_dropped(pagerduty: Any, receiver: Receiver) -> None:
    to = Addressee(url=receiver.url, secret=Secret("s"), headers={})
    for size in (256 * 1024, 256 * 1024 + 1):
        pagerduty.courier.put(to, b"x" * size, identity=str(size), kind="k", subscription_id="s", order=str(size))
    assert len(pagerduty.courier.waiting()) == 1
    (dropped,) = pagerduty.courier.done
    assert "larger than" in dropped.reason


def test_if_too_many_wait_the_newest_is_dropped(
    pagerduty: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Courier, "QUEUED", 2)
    _, integration = pagerduty.account()
    subscribe(pagerduty, receiver)
    for key in "abc":
        pagerduty.send(integration, "trigger", key)
    (dropped,) = pagerduty.courier.done
    assert "2 webhooks are waiting" in dropped.reason
    pump(pagerduty)
    pagerduty.send(integration, "trigger", "d")
    pump(pagerduty)
    assert len(receiver.got) == 3


def test_a_refusal_is_dropped_at_once_and_three_in_a_row_disable_for_a_day(pagerduty: Any, receiver: Receiver) -> None:
    _, integration = pagerduty.account()
    made = subscribe(pagerduty, receiver, events=["incident.triggered"])
    path = f"/webhook_subscriptions/{made['id']}"
    receiver.statuses = [400, 404, 410]
    for number in range(3):
        assert not disabled(pagerduty, path)
        pagerduty.send(integration, "trigger", str(number))
        pump(pagerduty)
    assert disabled(pagerduty, path)
    pagerduty.send(integration, "trigger", "unheard")
    assert outcomes(pagerduty)[-1] == ("dropped", "the subscription is temporarily disabled", 0)
    pagerduty.clock.advance(timedelta(hours=24))
    assert not disabled(pagerduty, path)
    pagerduty.send(integration, "trigger", "heard")
    pump(pagerduty)
    assert len(receiver.got) == 4


def disabled(pagerduty: Any, path: str) -> bool:
    return bool(pagerduty.get(path)["webhook_subscription"]["delivery_method"]["temporarily_disabled"])


def test_one_that_is_heard_in_between_begins_the_count_anew_and_enable_ends_the_day(
    pagerduty: Any, receiver: Receiver
) -> None:
    _, integration = pagerduty.account()
    made = subscribe(pagerduty, receiver, events=["incident.triggered"])
    path = f"/webhook_subscriptions/{made['id']}"
    receiver.statuses = [400, 400, 200, 400, 400, 400]
    for number in range(6):
        assert not disabled(pagerduty, path)
        pagerduty.send(integration, "trigger", str(number))
        pump(pagerduty)
    assert disabled(pagerduty, path)
    assert pagerduty.client.post(f"{path}/enable", headers=pagerduty.token).status_code == 200
    assert not disabled(pagerduty, path)


def test_no_receiver_off_this_machine_is_called(pagerduty: Any, receiver: Receiver) -> None:
    _, integration = pagerduty.account()
    subscribe(pagerduty, receiver, method={"url": "https://hooks.example.com/x"})
    pagerduty.send(integration, "trigger")
    ((outcome, reason, tries),) = outcomes(pagerduty)
    assert (outcome, tries) == ("dropped", 0)
    assert "hooks.example.com" in reason


def test_a_receiver_that_is_not_there_is_tried_again(pagerduty: Any, receiver: Receiver) -> None:
    _, integration = pagerduty.account()
    subscribe(pagerduty, receiver, method={"url": "http://127.0.0.1:9/x"})
    pagerduty.send(integration, "trigger")
    pump(pagerduty)
    ((outcome, reason, tries),) = outcomes(pagerduty)
    assert (outcome, tries) == ("waiting", 1)
    assert "ConnectError" in reason


def test_a_subscription_hears_of_its_service_and_its_events_only(pagerduty: Any, receiver: Receiver) -> None:
    first, integration = pagerduty.account(name="api")
    _, other = pagerduty.account(name="web")
    subscribe(
        pagerduty, receiver, events=["incident.resolved"], filter={"type": "service_reference", "id": first["id"]}
    )
    for door in (integration, other):
        pagerduty.send(door, "trigger")
        pagerduty.send(door, "resolve")
    pump(pagerduty, 4)
    ((_, body),) = receiver.got
    event = json.loads(body)["event"]
    assert (event["event_type"], event["data"]["service"]["id"]) == ("incident.resolved", first["id"])


def test_one_that_is_not_active_or_deleted_hears_nothing(pagerduty: Any, receiver: Receiver) -> None:
    _, integration = pagerduty.account()
    made = subscribe(pagerduty, receiver)
    path = f"/webhook_subscriptions/{made['id']}"
    pagerduty.change(path, "webhook_subscription", active=False)
    pagerduty.send(integration, "trigger", "a")
    pagerduty.change(path, "webhook_subscription", active=True)
    pagerduty.send(integration, "trigger", "b")
    assert pagerduty.client.delete(path, headers=pagerduty.token).status_code == 204
    pump(pagerduty)
    assert receiver.got == []
    assert outcomes(pagerduty) == [("dropped", "the subscription was deleted", 0)]


def test_custom_headers_are_sent_and_their_values_and_the_secret_are_shown_no_more(
    pagerduty: Any, receiver: Receiver
) -> None:
    method = {"secret": "s3", "custom_headers": [{"name": "X-Team", "value": "crm"}]}
    made = subscribe(pagerduty, receiver, method=method)
    path = f"/webhook_subscriptions/{made['id']}"
    assert made["delivery_method"]["secret"] == "s3"
    shown = pagerduty.get(path)["webhook_subscription"]["delivery_method"]
    assert (shown["secret"], shown["custom_headers"]) == (None, [{"name": "X-Team", "value": "<redacted>"}])
    assert pagerduty.client.post(f"{path}/ping", headers=pagerduty.token).status_code == 202
    pump(pagerduty)
    ((headers, body),) = receiver.got
    assert headers["x-team"] == "crm"
    event = json.loads(body)["event"]
    assert (event["event_type"], event["data"]["type"]) == ("pagey.ping", "ping")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"events": []}, "Events can't be blank"),
        ({"events": ["incident.exploded"]}, "'incident.exploded'"),
        ({"filter": {"type": "team_reference", "id": "T"}}, "'team_reference' is not modelled"),
        ({"filter": {"type": "service_reference", "id": "nope"}}, "'nope'"),
        ({"filter": {"type": "service_reference"}}, "Filter can't be blank"),
        ({"delivery_method": {"type": "email"}}, "http_delivery_method"),
        ({"method": {"url": "ftp://x"}}, "Url is invalid"),
        ({"method": {"url": "http://x/\nHost: y"}}, "Url is invalid"),
        ({"method": {"custom_headers": [{"name": "A: b", "value": ""}]}}, "'A: b' is invalid"),
        ({"method": {"custom_headers": [{"name": "A", "value": "b\r\nC: d"}]}}, "'A' is invalid"),
        ({"method": {"custom_headers": [{"name": f"A{n}", "value": ""} for n in range(11)]}}, "too many"),
    ],
)
def test_what_is_wrong_with_a_subscription_is_named(pagerduty: Any, fields: dict[str, Any], named: str) -> None:
    method = {"type": "http_delivery_method", "url": "http://127.0.0.1/"} | fields.pop("method", {})
    body = {"delivery_method": method, "events": list(HIGH), "filter": {"type": "account_reference"}} | fields
    error = pagerduty.refused("POST", "/webhook_subscriptions", json={"webhook_subscription": body})
    assert named in error["errors"][0]


def test_subscriptions_are_listed_by_what_they_filter(pagerduty: Any, receiver: Receiver) -> None:
    service, _ = pagerduty.account()
    whole = subscribe(pagerduty, receiver)
    one = subscribe(pagerduty, receiver, filter={"type": "service_reference", "id": service["id"]})

    def listed(**parameters: str) -> list[str]:
        rows = pagerduty.get("/webhook_subscriptions", **parameters)["webhook_subscriptions"]
        return [row["id"] for row in rows]

    assert listed() == [whole["id"], one["id"]]
    assert listed(filter_type="account") == [whole["id"]]
    assert listed(filter_type="service", filter_id=service["id"]) == [one["id"]]
    assert listed(filter_type="service", filter_id="nope") == []
