"""Whatever is given: it is not changed, it does not raise, it goes on whole, and it takes no longer than it is long."""

from __future__ import annotations

import copy
import json
import re
from collections import UserDict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.m3core.scrubbing.places import event_with, leaks

from m3core.scrubbing import (
    FILTERED,
    Policy,
    Scrubber,
    scrub,
    scrub_breadcrumb,
    scrub_event,
    scrub_log,
    scrub_metric,
    scrub_record,
    scrub_span,
    scrub_text,
    scrub_transaction,
)

PLANT = "zQ7plant9Kx"
CONTENTS = [case.content for case in leaks()]
TEXTS = (
    st.text(max_size=40) | st.sampled_from(CONTENTS) | st.from_regex(r"[\w=:&%\\'\"{}\[\]@ .+-]{0,60}", fullmatch=True)
)
KEYS = TEXTS | st.sampled_from(
    ["password", "auth", "token_type", "key", "name", "email", "address", "_meta", "cookies", "value"]
)
LEAVES = (
    TEXTS
    | st.integers()
    | st.booleans()
    | st.none()
    | st.floats()
    | st.binary(max_size=40)
    | st.dates()
    | st.decimals()
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)
TOP = st.sampled_from(
    [
        "exception",
        "request",
        "extra",
        "logentry",
        "breadcrumbs",
        "user",
        "tags",
        "contexts",
        "spans",
        "_meta",
        "modules",
        "type",
    ]
)
EVENTS = st.dictionaries(TOP | KEYS, VALUES, max_size=5)
HOOKS: list[Callable[..., dict[str, Any]]] = [
    scrub_event, scrub_transaction, scrub_span, scrub_log, scrub_metric, scrub_breadcrumb, scrub_record,
]  # fmt: skip


@given(EVENTS)
def test_an_event_is_not_changed_by_being_scrubbed(event: dict[str, Any]) -> None:
    before = copy.deepcopy(event)

    scrub_event(event, {})

    assert repr(event) == repr(before)


@given(EVENTS)
def test_scrubbing_an_event_twice_is_scrubbing_it_once(event: dict[str, Any]) -> None:
    once = scrub_event(event)

    assert repr(scrub_event(once)) == repr(once)


@given(VALUES)
def test_scrubbing_any_value_twice_is_scrubbing_it_once(value: Any) -> None:
    once = scrub(value)

    assert repr(scrub(once)) == repr(once)


@given(TEXTS, TEXTS)
def test_two_texts_joined_are_scrubbed_for_good(one: str, other: str) -> None:
    once = scrub_text(one + other)

    assert scrub_text(once) == once


@given(st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), VALUES, max_size=4))
def test_an_event_keeps_its_form(event: dict[str, Any]) -> None:
    def form(value: Any) -> Any:
        if isinstance(value, Mapping):
            return len(value)
        return len(value) if isinstance(value, list | tuple) else None

    clean = scrub_event({"extra": event})["extra"]

    assert list(map(form, clean.values())) == list(map(form, event.values()))


class Hostile:
    """An object of an application that raises whatever is asked of it."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


class HostileMapping(Mapping[str, Any]):
    def __getitem__(self, key: str) -> Any:
        raise RuntimeError(key)

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("no keys")

    def __len__(self) -> int:
        return 1


class Shout(str):
    """A text that is not quite one."""

    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("no text")

    def find(self, *_: Any) -> int:
        raise RuntimeError("no search")


class Mute(int):
    """A number that cannot be written, as `10**5000` cannot."""

    def __repr__(self) -> str:
        raise RuntimeError("no figures")

    __str__ = __repr__


HOSTILE: list[Any] = [
    10**5000, -(10**4300), Mute(5),
    Hostile(), HostileMapping(), Shout(f"password={PLANT}"), object(), Ellipsis, 10**400, float("nan"),
    float("inf"), "\ud800 broken", b"\xff\x00", memoryview(b"abc"), {Hostile(): 1}, {1: 2, None: 3, (1, 2): 4},
    {"a": Hostile()}, [Hostile()], Decimal("1.5"), UUID(int=1), date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC),
    UserDict({"password": PLANT}), range(3), lambda: None, type, "\x00" * 50,
]  # fmt: skip


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.__name__)
@pytest.mark.parametrize(
    "value", HOSTILE, ids=[f"{place} {type(value).__name__}" for place, value in enumerate(HOSTILE)]
)
def test_nothing_raises_and_the_rest_of_the_item_goes_on(hook: Callable[..., dict[str, Any]], value: Any) -> None:
    clean = hook({"note": value, "password": PLANT, "kept": "as it is"})

    assert clean["kept"] == "as it is"
    assert clean["password"] == FILTERED
    assert PLANT not in repr(clean)


@pytest.mark.parametrize(
    "part",
    [
        {"logentry": {"message": "password=%s of %s", "params": [Hostile(), PLANT]}},
        {"logentry": {"message": "password=%(a)s", "params": {"a": Hostile()}}},
        {"logentry": HostileMapping()},
        {"_meta": {Hostile(): {"": {"rem": 1}}}},
        {"_meta": HostileMapping()},
    ],
    ids=["parameter", "named parameter", "message", "mark", "marks"],
)
def test_no_part_of_an_event_that_has_rules_of_its_own_raises(part: dict[str, Any]) -> None:
    clean = scrub_event({**part, "extra": {"kept": "as it is", "password": PLANT}})

    assert clean["extra"] == {"kept": "as it is", "password": FILTERED}


def test_a_parameter_of_a_log_that_cannot_be_read_does_not_keep_the_others() -> None:
    params = {"sentry.message.parameter.0": Hostile(), "sentry.message.parameter.1": PLANT}
    attributes = {"sentry.message.template": "password=%s, token=%s", **params}

    assert PLANT not in repr(scrub_log({"body": "sent", "attributes": attributes}))


@pytest.mark.parametrize("number", [10**4300 - 1, 1 - 10**4300], ids=["positive", "negative"])
def test_the_longest_number_that_can_be_written_stays(number: int) -> None:
    assert scrub({"ticks": number, "password": PLANT})["ticks"] == number


def test_an_object_that_a_policy_lets_stay_may_raise() -> None:
    allowed = Hostile()

    clean = Scrubber(Policy(allow_keys=frozenset(["raw"]))).event(
        {"extra": {"raw": allowed, "password": PLANT, "note": f"it was {PLANT}"}}
    )

    assert clean["extra"]["raw"] is allowed
    assert clean["extra"]["note"] == f"it was {FILTERED}"


def test_a_whole_event_that_cannot_be_read_is_still_an_event() -> None:
    assert scrub_event(HostileMapping()) == {}


def test_what_comes_back_to_itself_ends() -> None:
    event: dict[str, Any] = {"extra": {"kept": 1, "password": PLANT}}
    event["extra"]["again"] = event["extra"]
    event["extra"]["list"] = [event]

    clean = scrub_event(event)

    assert clean["extra"]["kept"] == 1
    assert PLANT not in json.dumps(clean)


def test_what_lies_too_deep_goes_unread() -> None:
    value: Any = {"password": PLANT, "note": PLANT}
    for _ in range(5000):
        value = [value]

    assert PLANT not in repr(scrub({"kept": 1, "deep": value}))


def test_a_few_lists_that_hold_each_other_many_times_end() -> None:
    value: Any = [PLANT]
    for _ in range(60):
        value = [value, value]
    policy = Policy(most_values=1000)

    clean = Scrubber(policy).value({"doubled": value, "kept": 1})

    assert len(repr(clean)) < 200_000


def test_more_text_than_is_allowed_goes_unread() -> None:
    clean = Scrubber(Policy(most_text=1000)).event({"extra": {"one": "a b " * 200, "two": f"{PLANT} " * 100}})

    assert clean["extra"] == {"one": "a b " * 200, "two": FILTERED}


def test_a_text_longer_than_an_event_may_be_goes_whole_with_its_reason_and_what_comes_after_it_is_read() -> None:
    longest = Policy().most_text
    fits, too_long = "a b " * (longest // 8), "a b " * (longest // 4) + "a"

    clean = scrub_event({"extra": {"long": too_long, "fits": fits, "after": f"password={PLANT}", "kept": "won"}})

    assert longest == 1_000_000  # about the largest event that Sentry takes
    assert clean["extra"] == {"long": FILTERED, "fits": fits, "after": f"password={FILTERED}", "kept": "won"}
    assert clean["_meta"]["extra"]["long"] == {"": {"rem": [["m3core:out-of-bounds", "s"]]}}
    assert scrub_text(too_long) == FILTERED
    assert scrub_text(fits) == fits


def test_octets_and_names_beyond_the_bound_go_as_well() -> None:
    scrubber = Scrubber(Policy(most_text=100))

    assert scrubber.value({"packed": b"a b " * 30}) == {"packed": FILTERED}
    assert scrubber.value({"n " * 60: 1, "kept": 2}) == {FILTERED: 1, "kept": 2}


@pytest.mark.parametrize("key", ["correlation_id", "X-Request-ID", "request_id", "job_id", "messaging.message.id"])
def test_an_identifier_that_the_caller_may_choose_is_looked_at_like_any_text(key: str) -> None:
    for chosen in ("4111111111111111", 4111111111111111, "417-59-3862", "+49 171 5550127", "jane@client.example"):
        assert scrub_event({"tags": {key: chosen}})["tags"] == {key: FILTERED}
    for random in (
        "002f88b66cd2c8a1b44b223a86d07be5", "5f29936c-9076-4350-ae2a-02d6615e4ebb", "01JDM5X8K3QZ7V2W9Y4R6T1N0B",
        "import-1",
        "1795725762292-0", 4111111111111112,
    ):  # fmt: skip
        assert scrub_event({"tags": {key: random}})["tags"] == {key: random}


def test_what_was_measured_may_pass_for_a_card_and_a_text_in_its_place_may_not() -> None:
    assert scrub_metric({"name": "bytes", "value": 4532015112830366.0})["value"] == 4532015112830366.0
    assert scrub_metric({"name": "bytes", "value": "4532015112830366"})["value"] == FILTERED
    assert scrub_metric({"name": "bytes", "value": 4532015112830366 * 10**9})["value"] == 4532015112830366 * 10**9


def test_a_number_in_the_place_of_a_user_stays_where_the_sentence_is_about_a_secret() -> None:
    attributes = {"sentry.message.template": "password of user %s was changed", "sentry.message.parameter.0": 17}
    log = {"body": "password of user 17 was changed", "attributes": attributes}

    assert scrub_log(log) == log


def test_cookies_of_taste_stay_beside_those_of_sessions() -> None:
    cookies = {"theme": "dark", "lang": "de-AT", "zoom": "1.25", "sid": "zz", "uid": "tigerlily", "pref": PLANT}

    assert scrub_event({"request": {"cookies": cookies}})["request"]["cookies"] == {
        **cookies, "sid": FILTERED, "uid": FILTERED, "pref": FILTERED,
    }  # fmt: skip


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.__name__)
def test_every_hook_takes_its_item_and_a_hint(hook: Callable[..., dict[str, Any]]) -> None:
    item = {
        "attributes": {"password": PLANT, "user.email": "jane@client.example", "route": "/leads"},
        "body": f"token={PLANT}",
    }

    clean = hook(item) if hook.__name__ == "record" else hook(item, {})

    assert clean["attributes"] == {"password": FILTERED, "user.email": FILTERED, "route": "/leads"}
    assert clean["body"] == f"token={FILTERED}"


def test_the_reason_stands_in_the_meta_of_the_event() -> None:
    clean = scrub_event({"extra": {"password": PLANT, "note": "pay 4242424242424242"}, "tags": {"kept": "x"}})

    assert clean["_meta"] == {
        "extra": {
            "password": {"": {"rem": [["m3core:secret-key", "s"]]}},
            "note": {"": {"rem": [["m3core:card", "s"]]}},
        }
    }


def test_an_event_without_secrets_has_no_meta() -> None:
    assert "_meta" not in scrub_event({"extra": {"note": "nothing"}})


def test_marks_that_were_there_stay_without_the_originals_in_them() -> None:
    marks = {"user": {"email": {"": {"rem": [["!config", "s"]], "val": "jane@client.example", "len": 19}}}}

    clean = scrub_event({"user": {"email": FILTERED}, "_meta": marks})

    assert clean["_meta"] == {"user": {"email": {"": {"rem": [["!config", "s"]], "len": 19}}}}


def test_what_was_found_under_a_key_is_taken_out_of_every_other_text() -> None:
    event = {
        "exception": {"values": [{"value": f"cannot sign in with {PLANT}"}]},
        "extra": {"password": PLANT},
    }

    clean = scrub_event(event)

    assert clean["exception"]["values"][0]["value"] == f"cannot sign in with {FILTERED}"
    assert clean["_meta"]["exception"]["values"]["0"]["value"] == {"": {"rem": [["m3core:seen-elsewhere", "s"]]}}


@pytest.mark.parametrize(
    ("template", "params", "kept"),
    [
        ("password=%s for %s", ["hunterxyz", "4823"], [FILTERED, "4823"]),
        ("user %s with token %s", ["4823", "hunterxyz"], ["4823", FILTERED]),
        ("%(user)s has secret %(word)s", {"user": "4823", "word": "hunterxyz"}, {"user": "4823", "word": FILTERED}),
        ("api key: {} of {}", ["hunterxyz", "4823"], [FILTERED, "4823"]),
        ("lead %s of %s", ["4823", "acme"], ["4823", "acme"]),
    ],
)
def test_a_messages_template_says_which_parameter_is_secret(template: str, params: Any, kept: Any) -> None:
    entry = {"message": template, "params": params, "formatted": "it was hunterxyz then"}

    clean = scrub_event({"logentry": entry})["logentry"]

    assert clean["params"] == kept
    assert clean["message"] == template
    assert ("hunterxyz" in clean["formatted"]) == (template == "lead %s of %s")


def test_a_logs_template_says_which_parameter_is_secret() -> None:
    attributes = {
        "sentry.message.template": "lead %s has password %s",
        "sentry.message.parameter.0": "4823",
        "sentry.message.parameter.1": "hunterxyz",
    }

    clean = scrub_log({"body": "lead 4823 has password hunterxyz", "attributes": attributes})

    assert clean["attributes"] == {**attributes, "sentry.message.parameter.1": FILTERED}
    assert clean["body"] == f"lead 4823 has password {FILTERED}"


def test_grouping_stays_as_it_was() -> None:
    event = event_with("extra", f"password={PLANT}") | {
        "fingerprint": ["{{ default }}", "password-reset"],
        "transaction": "/password-reset/{token_id}",
        "exception": {"values": [{"type": "TokenError", "module": "m3core.secrets", "value": "expired"}]},
        "modules": {"tokenizers": "0.15.0"},
    }

    clean = scrub_event(event)

    for key in (
        "event_id",
        "timestamp",
        "platform",
        "level",
        "release",
        "environment",
        "fingerprint",
        "transaction",
        "exception",
        "modules",
    ):
        assert clean[key] == event[key]


def test_a_policy_says_what_stays_and_what_goes_besides() -> None:
    policy = Policy(
        allow_keys=frozenset(["public_token"]),
        allow_values=(re.compile(r".*@m3core\.example"),),
        secret_keys=frozenset(["tenant_code"]),
        addresses="all",
    )

    clean = Scrubber(policy).value(
        {
            "public_token": PLANT,
            "note": "ask help@m3core.example, not jane@client.example",
            "tenant_code": "x1",
            "at": "from 10.0.0.1",
        }
    )

    assert clean == {
        "public_token": PLANT,
        "note": f"ask help@m3core.example, not {FILTERED}",
        "tenant_code": FILTERED,
        "at": f"from {FILTERED}",
    }
    assert Scrubber(Policy(addresses="none")).text("from 81.2.69.142") == "from 81.2.69.142"


@pytest.mark.prove
@settings(max_examples=20_000, deadline=None)
@given(TEXTS, VALUES)
def test_a_great_many_hostile_values_are_scrubbed_for_good(key: str, value: Any) -> None:
    once = scrub_event({"extra": {key: value}})

    assert repr(scrub_event(once)) == repr(once)


def _hex(digits: int) -> st.SearchStrategy[str]:
    return st.integers(0, 16**digits - 1).map(lambda number: f"{number:0{digits}x}")


@settings(max_examples=500)
@given(_hex(32), _hex(16), _hex(16), st.integers(10**14, 2**47), _hex(32))
def test_what_a_span_measured_stays_whatever_its_random_identifiers_look_like(
    trace: str, root: str, child: str, thread: int, event: str
) -> None:
    """Hexadecimal digits hold ``cc`` or ``dead`` by chance; the data beside them is not what such a name holds."""
    data = {"thread.id": str(thread), "thread.name": "MainThread", "http.method": "GET", "rows": 3}
    span = {"trace_id": trace, "span_id": child, "parent_span_id": root, "op": "db", "data": dict(data)}
    context = {"trace_id": trace, "span_id": root, "op": "http.server", "data": dict(data)}
    transaction = {"event_id": event, "type": "transaction", "contexts": {"trace": context}, "spans": [span]}

    assert scrub_transaction(transaction) == transaction


@pytest.mark.parametrize("identity", ["req_8fPINq27", "msg_01cvC93xPw", "9cc0e1f2a3b4c5d6", "evt_1NtokenG9h2"])
def test_the_data_beside_an_identifier_is_not_what_its_letters_name(identity: str) -> None:
    for key in ("id", "request_id", "span_id", "messageId"):
        record = {key: identity, "data": {"plan": "team", "rows": "17"}}

        assert scrub_record(record) == record


def test_what_stands_beside_the_name_of_a_field_goes_if_that_is_called_its_id() -> None:
    assert scrub_record({"field_id": "password", "value": "tulip-orange"})["value"] == FILTERED
    assert scrub_record({"id": "password2", "value": "tulip-orange"})["value"] == FILTERED
