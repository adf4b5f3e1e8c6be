"""The installed SDK in a child process: what is recorded of M3CoreCRM must still hold, whatever version it is."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
from click.testing import CliRunner
from tests.sentrywatch.started import DSN

from alertproof.cli.sentry import sentry
from alertproof.errors import Broken, ConfigError
from alertproof.sentry.audit import Audit, changes, parse, uncovered
from alertproof.sentrywatch.auditing import _as_chosen, audit

RECORD = Path(__file__).with_name("sdk-audit.json")


@pytest.fixture(scope="module")
def platform() -> Audit:
    return audit("tests.sentrywatch.started:platform")


def test_what_the_sdk_sends_of_the_platform_is_what_is_on_record(platform: Audit) -> None:
    record = parse(RECORD.read_bytes(), RECORD.name)

    assert changes(record, platform) == [], (
        "read what changed, see that it is scrubbed, then write the record anew: "
        "alertproof sentry audit --start tests.sentrywatch.started:platform --write tests/sentrywatch/sdk-audit.json"
    )


def test_each_hook_sees_its_own_kind_and_no_hook_sees_attachments_or_sessions(platform: Audit) -> None:
    assert platform.hooks["event"] == ("before_send",)
    assert platform.hooks["log"] == ("before_send_log",)
    assert platform.hooks["trace_metric"] == ("before_send_metric",)
    assert platform.hooks["transaction"] == ("before_send_transaction",)
    assert platform.hooks["span"] == ("before_send_span",)
    assert platform.hooks["breadcrumb"] == ("before_breadcrumb", "before_send")
    assert platform.hooks["attachment"] == platform.hooks["session"] == ()


def test_the_platform_covers_all_but_what_no_hook_sees_and_spans_that_it_does_not_stream(platform: Audit) -> None:
    assert uncovered(platform) == ["attachment", "session", "span"]
    assert "span" not in platform.fields


def test_options_that_collect_more_are_named_by_the_command_and_turn_it_red(platform: Audit) -> None:
    ran = CliRunner().invoke(
        sentry,
        ["audit", "--start", "tests.sentrywatch.started:careless", "--compare", str(RECORD)],
        standalone_mode=False,
    )

    assert ran.return_value == 1
    assert "changed: option in force data_collection: was 'not set', is 'set'" in ran.output
    assert "changed: option in force before_send: was 'set', is 'not set'" in ran.output
    assert "+exception.values.stacktrace.frames.context_line" in ran.output
    assert "data_collection is set: the SDK's own scrubber is off" in ran.output


def test_an_upgrade_that_changes_a_default_is_named(platform: Audit, tmp_path: Path) -> None:
    before = json.loads(RECORD.read_bytes())
    before["defaults"]["include_local_variables"] = False  # as if it had been off when the record was written

    found = changes(parse(json.dumps(before).encode(), "before"), platform)

    assert found == ["default of the SDK include_local_variables: was False, is True"]


@pytest.mark.parametrize(("chosen", "choice"), [({}, False), ({"data_collection": {"user_info": True}}, True)])
def test_what_the_sdk_filled_in_is_not_taken_for_a_choice_when_it_is_started_again(
    chosen: dict[str, Any], choice: bool
) -> None:
    first = sentry_sdk.Client(dsn=DSN, default_integrations=False, **chosen)

    again = sentry_sdk.Client(**_as_chosen(first.options))

    assert again.options["data_collection"]["provided_by_user"] is choice
    assert (again.options["event_scrubber"] is None) is choice


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("tests.sentrywatch.started:forgotten", "no SDK is started after it: is the DSN set?"),
        ("tests.sentrywatch.started:nothing", "did not start the SDK: AttributeError"),
    ],
)
def test_what_starts_no_sdk_is_refused(start: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        audit(start)


def test_an_audit_has_a_deadline() -> None:
    with pytest.raises(Broken, match="was not done within 0.05 s"):
        audit(within=timedelta(seconds=0.05))
