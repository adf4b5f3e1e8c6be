from __future__ import annotations

from typing import Any

import msgspec
import pytest

from alertproof.errors import ConfigError
from alertproof.sentry.audit import Audit, changes, parse, uncovered, warnings, words

RECORD = Audit(
    sdk="2.75.0",
    defaults={"include_local_variables": True, "max_breadcrumbs": 100},
    options={"before_send": "set", "before_send_log": "not set", "data_collection": "not set"},
    hooks={"event": ("before_send",), "log": ("before_send_log",), "session": ()},
    fields={"event": ("level", "server_name"), "session": ("sid",)},
)


def other(**parts: Any) -> Audit:
    return msgspec.structs.replace(RECORD, **parts)


def test_what_no_hook_that_is_set_sees_is_not_covered() -> None:
    assert uncovered(RECORD) == ["log", "session"]
    assert uncovered(other(options={**RECORD.options, "before_send_log": "set"})) == ["session"]
    assert uncovered(other(options={})) == ["event", "log", "session"]


@pytest.mark.parametrize(
    ("option", "value", "harmless"),
    [
        ("data_collection", "set", "not set"),
        ("send_default_pii", True, None),
        ("attach_stacktrace", True, False),
        ("max_request_body_size", "always", "medium"),
    ],
)
def test_an_option_that_sends_more_is_warned_of_by_its_name(option: str, value: Any, harmless: Any) -> None:
    assert [text.split()[0] for text in warnings(other(options={option: value}))] == [option]
    assert warnings(other(options={option: harmless})) == []


def test_a_record_and_itself_differ_in_nothing_and_the_version_alone_is_no_change() -> None:
    assert changes(RECORD, RECORD) == []
    assert changes(RECORD, other(sdk="3.0.0")) == []


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (
            {"defaults": {**RECORD.defaults, "include_local_variables": False}},
            "default of the SDK include_local_variables: was True, is False",
        ),
        (
            {"defaults": {**RECORD.defaults, "send_screenshots": True}},
            "default of the SDK send_screenshots: is new, True",
        ),
        ({"defaults": {"max_breadcrumbs": 100}}, "default of the SDK include_local_variables: is gone, was True"),
        (
            {"options": {**RECORD.options, "before_send": "not set"}},
            "option in force before_send: was 'set', is 'not set'",
        ),
        ({"hooks": {**RECORD.hooks, "replay": ()}}, "hooks that see replay: is new, none"),
        ({"hooks": {**RECORD.hooks, "event": ()}}, "hooks that see event: -before_send"),
        (
            {"fields": {**RECORD.fields, "event": ("level", "user.ip_address")}},
            "fields of event: +user.ip_address, -server_name",
        ),
    ],
)
def test_what_changed_is_named(parts: dict[str, Any], said: str) -> None:
    assert changes(RECORD, other(**parts)) == [said]


def test_in_words_each_kind_stands_with_what_sees_it_and_what_is_not_covered() -> None:
    text = words(RECORD)

    assert "  event: before_send (set)\n" in text
    assert "  session: no hook sees it\n" in text
    assert "  log: not sent under these options\n" in text
    assert "  session: sid\n" in text
    assert words(other(fields={**RECORD.fields, "session": ()})).count("  session: its bytes\n") == 1


def test_a_record_is_read_back_and_one_that_is_none_is_refused_by_its_name() -> None:
    assert parse(msgspec.json.encode(RECORD), "sdk-audit.json") == RECORD
    with pytest.raises(ConfigError, match=r"sdk-audit\.json is no record of an audit: .*--write sdk-audit\.json"):
        parse(b'{"sdk": 2}', "sdk-audit.json")
