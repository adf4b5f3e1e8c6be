from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3core.scrubbing import FILTERED, is_secret_key, scrub, scrub_event, scrub_text

PLANT = "zq7plantqz"
SECRET_KEYS = st.sampled_from(
    ["password", "DB_PASSWORD", "user.passwd", "x-api-key", "ApiKey", "Authorization", "session_token", "set-cookie"]
)
PLAIN = st.text(max_size=12) | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False)
CARRIERS = st.recursive(
    st.just(PLANT) | PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def events(draw: st.DrawFn) -> Any:
    """A secret key somewhere in a nest of dictionaries and lists, with the plant somewhere under it."""
    value: Any = {draw(SECRET_KEYS): draw(CARRIERS | st.just({"deep": [PLANT]}))}
    for _ in range(draw(st.integers(0, 6))):
        plain = draw(st.dictionaries(st.text(max_size=8), PLAIN, max_size=2))
        value = draw(st.sampled_from([[value], [1, value], {**plain, "inner": value}, {"data": [value, plain]}]))
    return value


@given(events())
def test_nothing_survives_under_a_secret_key_however_deep(value: Any) -> None:
    assert PLANT not in json.dumps(scrub(value))


@given(events())
def test_scrubbing_twice_is_scrubbing_once(value: Any) -> None:
    assert scrub(scrub(value)) == scrub(value)


@given(st.text(alphabet=st.characters(whitelist_categories=["Lu", "Ll"]), max_size=80))
def test_plain_words_are_left_alone(text: str) -> None:
    assert scrub_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        f"no answer from postgresql://m3core:{PLANT}@db.internal/m3core",
        f"redis://:{PLANT}@cache:6379/0",
        f"https://u:{PLANT}@a and amqp://v:{PLANT}@b",
        f"postgresql://m3core:{PLANT}:with@odd@db/m3core",
        f"Authorization: Bearer {PLANT}",
        f"Authorization: {PLANT}",
        f"sent basic {PLANT}== to them",
        f"connecting with password={PLANT}",
        f"DB_PASSWORD: {PLANT}",
        f'{{"api_key": "{PLANT}"}}',
        f"{{'client_secret': '{PLANT}', 'a': 1}}",
        f"?page=1&access_token={PLANT}&x=2",
        f"pwd = '{PLANT} with spaces'",
        f"eyJhbGciOiJIUzI1NiJ9.eyJ{PLANT}.sig",
        f"{PLANT}@mail.example",
        f"password=abc,def;{PLANT}",
        f"password=a&b)c}}{PLANT}",
        f"token=it's{PLANT}",
        f"Cookie: a=x; b={PLANT}",
        f"Set-Cookie: a=x; Path=/; b={PLANT}; HttpOnly",
        f"Authorization: ApiKey {PLANT}",
        f'Authorization: Digest username="x y", response="{PLANT}"',
        f'{{\\"header\\": \\"Authorization: Digest username=\\"x\\", response=\\"{PLANT}\\"\\"}}',
        f"auth={PLANT}",
        f"user session={PLANT}",
        f"m3core_session={PLANT}",
        f"pin: {PLANT}",
        f"OTP={PLANT}",
        f'{{"cvv": "{PLANT}"}}',
        f"signing-key={PLANT}",
        f"xsrf={PLANT}",
        f"reporting to https://{PLANT}@host/1",
        f"reporting to http://{PLANT}@127.0.0.1:9/1",
    ],
)
def test_what_looks_like_a_secret_is_taken_out_of_a_text(text: str) -> None:
    clean = scrub_text(text)
    assert PLANT not in clean
    assert FILTERED in clean
    assert scrub_text(clean) == clean


@pytest.mark.parametrize("card", ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"])
def test_card_numbers_are_taken_out_of_texts_and_numbers(card: str) -> None:
    assert scrub_text(f"paid with {card}.") == f"paid with {FILTERED}."
    if card.isdigit():
        assert scrub({"paid": int(card)}) == {"paid": FILTERED}


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # wrong checksum
        "4924363945819873479",  # a span's id
        "1763923195123456",  # microseconds
        "order 41111111 of 2026-11-23",
        "https://example.com/a?b=c",
        "http://127.0.0.1:8000/api/leads",
        "the author said so",
        "author: Ada, authored by: Bruno",
        "the pin board of the session ended",
        "company: Acme, spin=3, opinion: good, japan: x",
        "postgresql://m3core@db/m3core",
        "https://example.com/@ada",
        "SELECT leads.id FROM leads WHERE leads.tenant = %(my_tenant)s::TEXT",
    ],
)
def test_what_only_resembles_a_secret_stays(text: str) -> None:
    assert scrub_text(text) == text


def test_the_rest_of_the_text_stays_readable() -> None:
    text = f"no answer from postgresql://m3core:{PLANT}@db.internal/m3core (password={PLANT}, retries=3)"
    clean = scrub_text(text)
    assert clean.startswith(f"no answer from postgresql://m3core:{FILTERED}@db.internal/m3core")
    assert clean.endswith(f"(password={FILTERED}, retries=3)")


@given(
    st.text(alphabet="abcXYZ019._~!$&()*+,;-", min_size=4, max_size=40).filter(
        lambda secret: sum(map(str.isalnum, secret)) >= 3 and secret.lower() not in {"none", "null"}
    )
)
def test_nothing_is_left_of_a_password_made_of_what_a_url_may_hold(secret: str) -> None:
    left = scrub_text(f"connecting with password={secret} now").removeprefix(f"connecting with password={FILTERED}")
    # Only punctuation at its end passes for the sentence's own.
    assert left.removesuffix(" now").strip(".,;)!") == ""


@final
@dataclass(frozen=True)
class Connection:
    """An object whose text holds a secret."""

    password: str


@pytest.mark.parametrize(
    "value",
    [
        ValueError(f"password={PLANT}"),
        {f"password={PLANT}"},
        frozenset({("token", PLANT)}),
        Connection(PLANT),
        f"password={PLANT}".encode(),
        bytearray(b"\xffpassword=" + PLANT.encode()),
        {b"password": PLANT},
        [b"cookie", PLANT],
    ],
)
def test_what_only_becomes_text_later_is_scrubbed_as_well(value: object) -> None:
    clean = scrub({"inner": value})
    assert PLANT not in str(clean)
    assert FILTERED in str(clean)


def test_numbers_times_and_an_errors_kind_stay() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    kept = {"at": at, "share": 0.5, "number": 7, "yes": True, "nothing": None}
    assert scrub(kept) == kept
    assert scrub(ValueError("too long")) == "ValueError: too long"


@pytest.mark.parametrize("begin", ["token", "cookie:", "authorization: ", "password=)", "https://", "pin:"])
def test_a_hundred_kilobytes_of_beginnings_are_scrubbed_at_once(begin: str) -> None:
    began = time.process_time()
    scrub_text(begin * (100_000 // len(begin)))
    assert time.process_time() - began < 2


@pytest.mark.parametrize("key", ["password", "X-Api-Key", "SESSION", "dsn", "stripe_secret_key", "Set-Cookie"])
def test_secret_keys_are_known(key: str) -> None:
    assert is_secret_key(key)


@pytest.mark.parametrize("key", ["author", "authored_by", "tenant", "correlation_id", "trace_id", "company", "spin"])
def test_other_keys_are_not(key: str) -> None:
    assert not is_secret_key(key)


def test_pairs_as_headers_and_query_strings_are_written_lose_their_value() -> None:
    assert scrub([["Cookie", PLANT], ["Accept", "*/*"]]) == [["Cookie", FILTERED], ["Accept", "*/*"]]


def test_every_part_of_an_event_is_scrubbed_and_its_identity_is_kept() -> None:
    leak = f"postgresql://m3core:{PLANT}@db/m3core"
    event = {
        "event_id": "4111111111111111",
        "timestamp": "2026-11-23T10:00:00Z",
        "release": "m3core@1.2.3",
        "transaction": leak,
        "logentry": {"message": leak, "params": [leak]},
        "exception": {"values": [{"type": "E", "value": leak, "stacktrace": {"frames": [{"vars": {"url": leak}}]}}]},
        "breadcrumbs": {"values": [{"message": leak, "data": {"password": PLANT}}]},
        "request": {"url": leak, "query_string": [["token", PLANT]], "headers": {"Authorization": PLANT}},
        "contexts": {"custom": {"nested": {"secret": PLANT}}},
        "extra": {"note": leak},
        "tags": {"target": leak},
        "spans": [{"description": leak, "data": {"db.password": PLANT}}],
    }
    clean = scrub_event(event)
    assert PLANT not in json.dumps(clean)
    assert clean["event_id"] == event["event_id"]
    assert clean["release"] == "m3core@1.2.3"
    assert clean["exception"]["values"][0]["value"] == f"postgresql://m3core:{FILTERED}@db/m3core"
