from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from alertproof.datadog import Assumptions, Definition, Notification, State
from alertproof.datadog.monitor.notify import Moment, notification
from alertproof.datadog.webhook import Webhook, event_type, payload_variables, webhook_request
from alertproof.errors import ConfigError
from alertproof.tags import Group, Tag

OK, WARN, ALERT, NO_DATA = State.OK, State.WARN, State.ALERT, State.NO_DATA
HOST: Group = (Tag("env", "prod"), Tag("host", "web-01"))


@pytest.fixture
def definition(monitor: Callable[..., Definition]) -> Definition:
    made = monitor(
        "max(last_1m):avg:system.load.1{role:web} by {host,env} > 5",
        'disk "full" on {{host.name}} @webhook-x',
        name="Load",
        priority=2,
        thresholds={"critical": 5, "warning": 3},
    )
    return replace(made, id=42, tags=("team:core",))


@pytest.fixture
def sent(definition: Definition, minute: Callable[[float], datetime]) -> Callable[..., Notification]:
    def make(
        old: State = OK, new: State = ALERT, *, at: float = 7, first: float = 5, group: Group = HOST
    ) -> Notification:
        moment = Moment(
            at=minute(at),
            group=group,
            old=old,
            new=new,
            value=6.0,
            first_triggered_at=minute(first),
            last_triggered_at=minute(first),
        )
        return notification(definition, moment, Assumptions())

    return make


Sent = Callable[..., Notification]


def body(sent: Notification, definition: Definition, payload: str | None = None, **known: str) -> Any:
    webhook = Webhook(name="x", url="http://127.0.0.1/", payload=payload, variables=known)
    return json.loads(webhook_request(webhook, sent, definition, org_name="Acme").body)


def test_the_default_payload_is_that_of_the_api(definition: Definition, sent: Sent) -> None:
    found = body(sent(), definition)
    assert found == {
        "body": found["body"],
        "last_updated": "1704067620000",
        "event_type": "query_alert_monitor",
        "title": "[P2] [Triggered on {env:prod,host:web-01}] Load",
        "date": "1704067620000",
        "org": {"id": "1", "name": "Acme"},
        "id": found["id"],
    }
    assert found["body"].startswith('%%%\ndisk "full" on web-01 @webhook-x\n\n')
    assert found["id"].isdigit()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALERT_ID", "42"),
        ("ALERT_METRIC", "system.load.1"),
        ("ALERT_PRIORITY", "P2"),
        ("ALERT_QUERY", "max(last_1m):avg:system.load.1{role:web} by {host,env} > 5"),
        ("ALERT_SCOPE", "env:prod,host:web-01"),
        (
            "ALERT_STATUS",
            "system.load.1 over role:web, env:prod, host:web-01 was > 5.0 at least once during the last 1m",
        ),
        ("ALERT_TITLE", "[P2] [Triggered on {env:prod,host:web-01}] Load"),
        ("ALERT_TRANSITION", "Triggered"),
        ("ALERT_TYPE", "error"),
        ("DATE", "1704067620000"),
        ("DATE_POSIX", "1704067620"),
        ("EVENT_TITLE", "[P2] [Triggered on {env:prod,host:web-01}] Load"),
        ("EVENT_TYPE", "query_alert_monitor"),
        ("HOSTNAME", "web-01"),
        ("LAST_UPDATED", "1704067620000"),
        ("LAST_UPDATED_POSIX", "1704067620"),
        ("METRIC_NAMESPACE", "system"),
        ("ORG_ID", "1"),
        ("ORG_NAME", "Acme"),
        ("PRIORITY", "normal"),
        ("TAGS", "env:prod,host:web-01,monitor,team:core"),
        ("TAGS[team]", "core"),
        ("TAGS[nothing]", ""),
        # What has no value arrives as it is written.
        ("USER", "$USER"),
        ("EMAIL", "$EMAIL"),
        ("SNAPSHOT", "$SNAPSHOT"),
        ("LOGS_SAMPLE", "$LOGS_SAMPLE"),
        ("INCIDENT_TITLE", "$INCIDENT_TITLE"),
        ("SECURITY_RULE_NAME", "$SECURITY_RULE_NAME"),
        ("SYNTHETICS_SUMMARY", "$SYNTHETICS_SUMMARY"),
        ("NOBODY", "$NOBODY"),
        ("USER[x]", "$USER[x]"),
        ("ID_X", "$ID_X"),
        ("PRIORITY[0]", "normal[0]"),
    ],
)
def test_variables_are_filled_in(variable: str, value: str, definition: Definition, sent: Sent) -> None:
    assert body(sent(), definition, f'{{"x": "${variable}."}}') == {"x": f"{value}."}


def test_a_simple_alert_has_no_host_and_the_scope_of_all(definition: Definition, sent: Sent) -> None:
    found = body(
        sent(group=()), replace(definition, id=None, priority=None), '{"x": "$HOSTNAME $ALERT_SCOPE $ALERT_ID"}'
    )
    assert found == {"x": "$HOSTNAME * $ALERT_ID"}


@pytest.mark.parametrize(
    ("old", "new", "transition", "kind", "status"),
    [
        (OK, ALERT, "Triggered", "error", "was > 5.0"),
        (OK, WARN, "Warn", "warning", "was > 3.0"),
        (OK, NO_DATA, "No Data", "error", ""),
        (OK, State.UNKNOWN, "Unknown", "error", ""),
        (ALERT, OK, "Recovered", "success", ""),
        (ALERT, ALERT, "Re-Triggered", "error", "was > 5.0"),
        (WARN, WARN, "Re-Warn", "warning", "was > 3.0"),
        (NO_DATA, NO_DATA, "Re-No Data", "error", ""),
    ],
)
def test_each_transition_has_its_word_and_type(
    old: State, new: State, *, transition: str, kind: str, status: str, definition: Definition, sent: Sent
) -> None:
    known = payload_variables(sent(old, new), definition)
    assert (known["ALERT_TRANSITION"], known["ALERT_TYPE"]) == (transition, kind)
    assert status in known["ALERT_STATUS"]
    assert bool(known["ALERT_STATUS"]) is bool(status)


def test_keys_tie_together_what_belongs_together(definition: Definition, sent: Sent) -> None:
    def keys(notification: Notification, definition: Definition = definition) -> tuple[str, str, str]:
        known = payload_variables(notification, definition)
        return known["AGGREG_KEY"], known["ALERT_CYCLE_KEY"], known["ID"]

    trigger, recovery = keys(sent()), keys(sent(ALERT, OK, at=9))
    assert trigger[:2] == recovery[:2]
    assert trigger[2] != recovery[2]
    later = keys(sent(at=20, first=20))
    assert (later[0] == trigger[0], later[1] == trigger[1]) == (True, False)
    assert not set(keys(sent(group=(Tag("host", "b"),)))) & set(trigger)
    assert not set(keys(sent(), replace(definition, id=43))) & set(trigger)


def test_a_number_that_names_something_fits_where_databases_keep_one(definition: Definition, sent: Sent) -> None:
    known = [payload_variables(sent(at=minute, first=minute), definition) for minute in range(20)]
    numbers = {int(each[name]) for each in known for name in ("ID", "ALERT_CYCLE_KEY")}
    assert len(numbers) == 40
    assert max(numbers) < 2**63


def test_a_payload_is_escaped_and_may_hold_bare_variables(definition: Definition, sent: Sent) -> None:
    found = body(sent(), definition, '{"id": $ALERT_ID, "text": "$EVENT_MSG", "plain": "$TEXT_ONLY_MSG"}')
    assert found["id"] == 42
    assert '"full"' in found["text"]
    assert "\n" in found["text"]
    assert "%%%" not in found["plain"]
    assert "[[Monitor Status]" not in found["plain"]


def test_the_account_has_variables_of_its_own(definition: Definition, sent: Sent) -> None:
    webhook = Webhook(
        name="x",
        url="http://$USERNAME:$PASS@127.0.0.1/$ALERT_ID",
        payload='{"a": "$PASS", "b": "$ALERT_ID"}',
        headers={"X-Title": "$ALERT_TITLE", "X-Pass": "$PASS"},
        variables={"PASS": 'se"cret', "ALERT_ID": "mine"},
    )
    request = webhook_request(webhook, sent(), definition)
    assert request.url == 'http://$USERNAME:se"cret@127.0.0.1/mine'
    assert json.loads(request.body) == {"a": 'se"cret', "b": "mine"}
    assert request.headers == {
        "Content-Type": "application/json",
        "X-Title": "[P2] [Triggered on {env:prod,host:web-01}] Load",
        "X-Pass": 'se"cret',
    }


def test_a_content_type_of_its_own_replaces_the_default_however_it_is_written(
    definition: Definition, sent: Sent
) -> None:
    webhook = Webhook(name="x", url="u", headers={"content-type": "text/plain"})
    assert webhook_request(webhook, sent(), definition).headers == {"content-type": "text/plain"}


def test_a_payload_may_be_sent_as_a_form(definition: Definition, sent: Sent) -> None:
    webhook = Webhook(name="x", url="u", payload='{"To": "+1", "Body": "$ALERT_ID & more", "n": [1]}', as_form=True)
    request = webhook_request(webhook, sent(), definition)
    assert parse_qs(request.body) == {"To": ["+1"], "Body": ["42 & more"], "n": ["[1]"]}
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    for payload in ("[1]", "not json"):
        with pytest.raises(ConfigError, match="webhook 'x' is no JSON"):
            webhook_request(replace(webhook, payload=payload), sent(), definition)


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("ci-pipelines alert", "ci_pipelines_alert"),
        ("ci-tests alert", "ci_tests_alert"),
        ("composite", "composite_monitor"),
        ("error-tracking alert", "error_tracking_alert"),
        ("event alert", "event_alert"),
        ("event-v2 alert", "event_v2_alert"),
        ("log alert", "log_alert"),
        ("metric alert", "metric_alert_monitor"),
        ("network-path alert", "network_path_alert"),
        ("process alert", "process_alert"),
        ("query alert", "query_alert_monitor"),
        ("rum alert", "rum_alert"),
        ("service check", "service_check"),
        ("slo alert", "metric_slo_alert"),
        ("synthetics alert", "synthetics_alert"),
        ("trace-analytics alert", "trace_analytics_alert"),
    ],
)
def test_an_event_has_the_type_of_its_monitor(kind: str, event: str, definition: Definition) -> None:
    assert event_type(replace(definition, type=kind)) == event


def test_an_organisation_without_a_name_has_none_to_tell(definition: Definition, sent: Sent) -> None:
    assert "ORG_NAME" not in payload_variables(sent(), definition)
    named, nameless = Webhook(name="x", url="http://a/$ORG_NAME"), Webhook(name="x", url="http://a/$NOT_KNOWN")
    assert webhook_request(named, sent(), definition, org_name="Acme").url == "http://a/Acme"
    found, unknown = (webhook_request(each, sent(), definition).url for each in (named, nameless))
    assert found.replace("ORG_NAME", "NOT_KNOWN") == unknown


def test_an_organisation_has_its_own_keys(definition: Definition, sent: Sent) -> None:
    def key(org: int) -> Mapping[str, str]:
        return payload_variables(sent(), definition, assumptions=Assumptions(org_id=org))

    assert key(1)["AGGREG_KEY"] != key(2)["AGGREG_KEY"]
    assert key(2)["ORG_ID"] == "2"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=30))
def test_a_message_never_breaks_the_payload(text: str, definition: Definition, sent: Sent) -> None:
    found = body(structs.replace(sent(), body=text, title=text), definition)
    assert found["title"] == text
    assert text.strip() in found["body"] or not text
