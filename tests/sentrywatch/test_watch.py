"""What the official SDK sends is waited for, judged and counted; each defect is seen and said."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
from tests.sentrywatch.conftest import Running

from alertproof.clock import ScaledClock, SystemClock
from alertproof.errors import Broken, ConfigError
from alertproof.redact import Secret
from alertproof.sentry.verify import (
    Allowance,
    Expected,
    Judged,
    SentryEvent,
    breadcrumb,
    environment,
    in_app,
    in_app_only,
    judge,
    judge_check_ins,
    judge_crash_free,
    judge_dsn,
    judge_sampling,
    level,
    other_issue_than,
    read_dsn,
    release,
    same_issue_as,
    sample_rate,
    tag,
    title,
    trace,
    user,
)
from alertproof.sentrywatch import SentryWatch, send_check_event
from alertproof.vendors import Sentry

SOON, ROOTS = timedelta(seconds=1), 400


@dataclass
class Sent:
    """One of each, sent while a watch looked on."""

    watch: SentryWatch
    traces: Mapping[str, str]

    def event(self, name: str) -> SentryEvent:
        waited = self.watch.wait_for({"correlation_id": name})
        assert not waited.missing, waited.missing
        return waited.events[0]


@pytest.fixture(scope="module", name="sent")
def sent_fixture(running: Running, new_watch: Callable[[], SentryWatch]) -> Sent:
    watch = new_watch()
    return Sent(watch, running.send(ROOTS))


def unmet(event: SentryEvent, *expected: Expected) -> list[str]:
    return [one.what for one in judge(event, expected) if not one.met]


def test_an_event_of_the_sdk_meets_all_that_is_expected_of_it(sent: Sent) -> None:
    expected = (
        environment("drill"),
        release("r1"),
        level("error"),
        title("RuntimeError: no answer"),
        tag("tenant", "acme"),
        user("12"),
        trace(sent.traces["good"]),
        breadcrumb(category="database", message="connecting"),
        in_app("__main__", function="lose"),
        in_app_only("__main__"),
        sample_rate(0.25),
    )
    assert unmet(sent.event("good"), *expected) == []


@pytest.mark.parametrize(
    ("expected", "what"),
    [
        (environment("prod"), "environment"),
        (release("r2"), "release"),
        (sample_rate(0.1), "sample rate"),
        (user(None), "user"),
        (trace("0" * 32), "trace"),
        (in_app("__main__", function="overflow"), "innermost frame"),
        (breadcrumb(category="cache"), "breadcrumb"),
    ],
)
def test_what_is_not_so_is_seen_on_the_same_event(sent: Sent, expected: Expected, what: str) -> None:
    assert unmet(sent.event("good"), expected) == [what]


def test_more_of_a_user_than_is_allowed_is_seen(sent: Sent) -> None:
    (judged,) = judge(sent.event("leaky"), [user("12")])
    assert (judged.met, judged.found) == (False, "id '12', also email (22 characters)")


def test_one_cause_is_one_issue_and_two_causes_are_two(sent: Sent) -> None:
    good, again, other = (sent.event(name) for name in ("good", "again", "other"))
    assert unmet(again, same_issue_as(good)) == unmet(other, other_issue_than(good)) == []
    assert unmet(other, same_issue_as(good)) == unmet(again, other_issue_than(good)) == ["issue"]


def test_an_event_that_the_sdk_dropped_is_missing_and_why_is_said(sent: Sent) -> None:
    waited = sent.watch.wait_for({"correlation_id": "dropped"}, within=SOON)
    assert waited.events == ()
    assert waited.missing.startswith("0 of 1 event with correlation_id 'dropped' within 1 s\n  looked    ")
    assert "in project api of acme" in waited.missing
    assert "RuntimeError: no answer" in waited.missing  # what was there instead
    assert waited.missing.endswith("  lost      1 x error dropped by the SDK (before_send)")


def test_more_events_are_waited_for_than_there_are(sent: Sent) -> None:
    tags = {"tenant": "acme"}
    assert len(sent.watch.wait_for(tags, count=4).events) == 4
    assert sent.watch.wait_for(tags, count=5, within=SOON).missing.startswith("4 of 5 events with tenant 'acme'")


def test_no_more_events_are_claimed_than_were_waited_for(sent: Sent, new_watch: Callable[[], SentryWatch]) -> None:
    watch, tags = new_watch(), {"tenant": "acme"}
    newest = [event.id for event in sent.watch.wait_for(tags, count=4).events]

    assert [event.id for event in watch.wait_for(tags, count=2).events] == newest[:2]
    assert watch.claimed == {*newest[:2]}


def test_what_was_taken_and_what_was_dropped_is_counted_by_reason(sent: Sent) -> None:
    outcomes = sent.watch.outcomes()
    assert outcomes.accepted("error") == 5
    assert outcomes.discarded("error") == {"before_send": 1}


def test_the_share_that_was_sampled_fits_the_rate_in_force_and_no_other(sent: Sent) -> None:
    outcomes = sent.watch.outcomes()
    kept, dropped = outcomes.accepted("transaction"), outcomes.discarded("transaction")["sample_rate"]
    assert kept + dropped == ROOTS + 5
    assert judge_sampling(kept, kept + dropped, 0.25).met is True
    assert judge_sampling(kept, kept + dropped, 0.5).met is False


def test_sessions_are_counted_and_one_that_crashed_lowers_the_rate(sent: Sent) -> None:
    health = sent.watch.health(release="r1", environment="drill")
    assert health.by_status == {"healthy": 19, "crashed": 1}
    assert judge_crash_free(health, 0.95).met is True
    assert judge_crash_free(health, 0.96).met is False
    assert judge_crash_free(sent.watch.health(release="r2", environment="drill"), 0.95).met is None


def test_check_ins_say_how_a_job_ended(sent: Sent) -> None:
    def met(slug: str, *, took: float = 10) -> list[bool | None]:
        found = sent.watch.sentry.check_ins(slug)
        judged = judge_check_ins(slug, found, status="ok", environment="drill", within=timedelta(seconds=took))
        return [one.met for one in judged]

    assert met("nightly") == [True, True]
    assert met("nightly", took=4) == [True, False]
    assert met("weekly") == [False, None]
    assert met("no-such-job") == [False]


def test_an_event_that_nobody_waited_for_is_unexpected_until_it_is_claimed_or_allowed(
    running: Running, new_watch: Callable[[], SentryWatch]
) -> None:
    watch = new_watch()
    tags = send_check_event(running.dsn, environment="drill", release="r1", within=timedelta(seconds=5))

    (event,) = watch.unexpected([], settle=SOON)
    assert (event.level, event.environment, event.release) == ("info", "drill", "r1")
    assert watch.unexpected([Allowance(title="alertproof: *", why="ours")], settle=timedelta(0)) == ()
    assert watch.wait_for(tags).events[0].id == event.id
    assert watch.unexpected([], settle=timedelta(0)) == ()


def test_more_events_than_are_looked_at_are_broken_unless_one_of_them_is_unexpected(
    running: Running, client: Sentry
) -> None:
    watch = SentryWatch(client, clock=ScaledClock(running.anchor), within=timedelta(seconds=10), most=2)
    ours = [Allowance(title="alertproof: *", why="ours")]

    def send() -> None:
        watch.wait_for(send_check_event(running.dsn, environment="drill", release="r1", within=timedelta(seconds=5)))

    for _ in range(3):
        send()
    assert watch.unexpected([], settle=timedelta(0)) == ()  # those that were waited for have been looked at
    watch.claimed.pop()
    watch.claimed.pop()
    assert watch.unexpected(ours, settle=timedelta(0)) == ()
    watch.claimed.clear()
    with pytest.raises(Broken, match=r"^the newest 2 events since .* are allowed, and there may be older ones"):
        watch.unexpected(ours, settle=timedelta(0))
    assert len(watch.unexpected([], settle=timedelta(0))) == 2


def test_an_event_of_a_clock_that_is_behind_is_unexpected_though_it_says_it_was_before(
    running: Running, client: Sentry
) -> None:
    clock, within = ScaledClock(running.anchor), timedelta(seconds=10)

    def sent(*, seconds_ago: int) -> str:
        number, at = uuid.uuid4().hex, SystemClock().now() - timedelta(seconds=seconds_ago)
        event = json.dumps({"event_id": number, "message": "late", "timestamp": at.isoformat()})
        body = f'{{"event_id":"{number}"}}\n{{"type":"event"}}\n{event}'
        key, place = {"sentry_key": "a" * 32}, f"{running.standin.endpoints['sentry_api']}/api/1/envelope/"
        assert httpx.post(place, params=key, content=body.encode(), trust_env=False).status_code == 200
        return number

    before = sent(seconds_ago=5)
    assert before in client.listed(since=clock.now() - timedelta(minutes=10), until=clock.now(), most=100)
    tolerant = SentryWatch(client, clock=clock, within=within, behind=timedelta(seconds=30))
    trusting = SentryWatch(client, clock=clock, within=within)
    after = sent(seconds_ago=5)
    sent(seconds_ago=60)

    assert [event.id for event in tolerant.unexpected([], settle=timedelta(0))] == [after]
    assert trusting.unexpected([], settle=timedelta(0)) == ()


def test_a_strict_end_is_broken_where_sentry_heard_nothing_and_not_where_it_heard_of_something_else(
    running: Running, client: Sentry
) -> None:
    watch = SentryWatch(client, clock=ScaledClock(running.anchor), within=SOON)
    with pytest.raises(Broken, match="heard nothing of the platform since .* is its SDK started"):
        watch.unexpected([], settle=timedelta(0))

    running.send_a_sign()
    assert watch.unexpected([], settle=timedelta(0)) == ()


def test_an_event_that_is_listed_and_not_shown_yet_is_waited_for_and_at_last_broken(
    running: Running, client: Sentry
) -> None:
    watch = SentryWatch(client, clock=ScaledClock(running.anchor), within=SOON)
    tags = send_check_event(running.dsn, environment="drill", release="r1", within=timedelta(seconds=5))
    (number,) = [event.id for event in client.events(tags)]
    hidden = {"path": f"/api/0/projects/acme/api/events/{number}/", "status": 404}

    with running.knob(**hidden, times=2):
        assert [event.id for event in watch.unexpected([], settle=timedelta(0))] == [number]
    with running.knob(**hidden), pytest.raises(Broken, match=f"lists event {number} but does not show it"):
        watch.unexpected([], settle=timedelta(0))
    with running.knob(**hidden), pytest.raises(Broken, match=f"lists event {number} but does not show it"):
        watch.wait_for(tags)
    with running.knob(**hidden):
        assert "last seen could not be read (Sentry lists event" in watch.wait_for({"no": "such"}).missing


@pytest.mark.parametrize("behind", [timedelta(0), timedelta(minutes=10)])
def test_what_came_before_the_watch_began_is_nobodys_fault(
    sent: Sent, running: Running, client: Sentry, behind: timedelta
) -> None:
    sent.event("good")
    clock, within = ScaledClock(running.anchor), timedelta(seconds=10)
    watch = SentryWatch(client, clock=clock, within=within, behind=behind)
    running.send_a_sign()
    assert watch.unexpected([], settle=timedelta(0)) == ()


def test_a_wrong_dsn_is_found_by_the_projects_keys_and_by_what_does_not_arrive(
    running: Running, client: Sentry, new_watch: Callable[[], SentryWatch]
) -> None:
    def unmet_of(dsn: str) -> list[str]:
        return [one.what for one in judge_dsn(read_dsn(dsn), client.keys(), project="api") if not one.met]

    wrong = running.dsn.replace("a" * 32, "b" * 32)
    elsewhere = f"{wrong.rpartition('/')[0]}/2"
    assert (unmet_of(running.dsn), unmet_of(wrong), unmet_of(elsewhere)) == ([], ["key"], ["key"])
    watch, within = new_watch(), timedelta(seconds=5)
    for dsn in (wrong, elsewhere):
        tags = send_check_event(dsn, environment="drill", release="r1", within=within)
        assert "0 of 1 event" in watch.wait_for(tags, within=SOON).missing


def test_a_judgement_is_asked_for_until_it_is_met(new_watch: Callable[[], SentryWatch]) -> None:
    looks: list[int] = []

    def judged() -> list[Judged]:
        looks.append(1)
        return [Judged(what="looks", wanted="3", met=len(looks) >= 3, found=str(len(looks)))]

    assert new_watch().until_met(judged)[0].found == "3"
    assert (
        new_watch().until_met(lambda: [Judged(what="w", wanted="x", met=False, found="y")], within=SOON)[0].met is False
    )


def send_many(running: Running, count: int, page: str) -> None:
    """Send events to the project ``web``."""
    place, key = running.standin.endpoints["sentry_api"], "b" * 32
    with httpx.Client(base_url=place, params={"sentry_key": key}) as sender:
        for _ in range(count):
            number = uuid.uuid4().hex
            event = json.dumps({"event_id": number, "message": "m", "tags": {"page": page}})
            body = f'{{"event_id":"{number}"}}\n{{"type":"event"}}\n{event}'
            assert sender.post("/api/2/envelope/", content=body.encode()).status_code == 200


def test_so_many_events_that_new_ones_cannot_be_told_from_old_are_broken(running: Running) -> None:
    client, clock = running.client("web"), ScaledClock(running.anchor)
    try:
        there = client.listed(since=clock.now() - timedelta(hours=9), until=clock.now(), most=1000)
        send_many(running, 998 - len(there), "full")
        watch = SentryWatch(client, clock=clock, within=timedelta(seconds=10), behind=timedelta(minutes=10))
        send_many(running, 1, "full")
        assert len(watch.unexpected([], settle=timedelta(0))) == 1
        send_many(running, 1, "full")
        with pytest.raises(Broken, match="Sentry has 1000 events or more since .* too many to tell new ones from old"):
            watch.unexpected([], settle=timedelta(0))
    finally:
        client.close()


def test_more_events_than_fit_on_a_page_are_read_page_after_page(running: Running) -> None:
    send_many(running, 103, "web")
    client = running.client("web")
    try:
        assert len({event.id for event in client.events({"page": "web"}, most=102)}) == 102
        newest = client.events({"page": "web"}, most=3)
        assert len(newest) == 3
        later = newest[0].at + timedelta(seconds=1)
        assert client.events({"page": "web"}, since=newest[0].at)[0].id == newest[0].id
        assert client.events({"page": "web"}, since=later) == []
        assert client.events({"page": "web"}, since=later, until=later + SOON) == []
    finally:
        client.close()


def test_a_value_that_would_stand_for_any_text_is_refused(client: Sentry) -> None:
    with pytest.raises(ConfigError, match="the tag tenant is searched by 'a\\*'"):
        client.events({"tenant": "a*"})


def test_a_quote_in_a_value_is_searched_as_it_is(running: Running, client: Sentry) -> None:
    assert client.events({"correlation_id": 'it said "no"\\'}) == []


def test_a_sentry_that_does_not_answer_cannot_tell(running: Running, new_watch: Callable[[], SentryWatch]) -> None:
    watch = new_watch()
    watch.sentry = Sentry(base_url="http://127.0.0.1:9", token=Secret("t"), organization="acme", project="api")
    try:
        with pytest.raises(Broken, match="Sentry could not be read for 1 s: Sentry did not answer"):
            watch.wait_for({"correlation_id": "good"}, within=SOON)
        with pytest.raises(Broken, match="Sentry could not be read for 1 s"):
            watch.until_met(lambda: [judge_crash_free(watch.health(release="r1", environment="drill"), 1)], within=SOON)
    finally:
        watch.sentry.close()
