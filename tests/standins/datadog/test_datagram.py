from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.standins.datadog.agent.datagram import Check, Event, Item, Kind, Malformed, Sample, parse_datagram
from alertproof.standins.datadog.metrics.naming import metric_name, tag_set
from alertproof.tags import Tag, Tags

YEAR_2000 = 946_684_800
YEAR_2100 = 4_102_444_800
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_.]{0,40}", fullmatch=True)
WORDS = st.from_regex(r"[a-z][a-z0-9_./-]{0,12}", fullmatch=True)
TAGS = st.frozensets(st.builds(Tag, WORDS, st.one_of(st.just(""), WORDS)), max_size=4)
VALUES = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5).map(tuple)
RATES = st.one_of(st.just(1.0), st.floats(min_value=1e-4, max_value=1))
INSTANTS = st.one_of(st.none(), st.integers(YEAR_2000, YEAR_2100 - 1))
ORIGINS = st.lists(st.sampled_from(["c:ci-3f2", "e:it-false,cn-app", "card:low"]), max_size=2, unique=True)
# Anything printable but a lone surrogate, the escape sign, and a new line (which has its own test).
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\"), max_size=40)


def one(data: bytes) -> Item:
    (item,) = parse_datagram(data)
    return item


def refused(data: bytes) -> str:
    item = one(data)
    assert isinstance(item, Malformed), item
    return item.reason


def tag_field(tags: Tags) -> list[str]:
    return ["#" + ",".join(sorted(map(str, tags)))] if tags else []


def instant_field(prefix: str, at: int | None) -> list[str]:
    return [f"{prefix}{at}"] if at is not None else []


TIMED = st.builds(
    Sample,
    name=NAMES,
    kind=st.sampled_from([Kind.COUNT, Kind.GAUGE]),
    values=VALUES,
    rate=RATES,
    tags=TAGS,
    at=INSTANTS,
)
UNTIMED = st.builds(
    Sample,
    name=NAMES,
    kind=st.sampled_from([Kind.TIMER, Kind.HISTOGRAM, Kind.DISTRIBUTION]),
    values=VALUES,
    rate=RATES,
    tags=TAGS,
)
EVENTS = st.builds(
    Event,
    title=TEXTS.filter(bool),
    text=TEXTS,
    at=INSTANTS,
    host=WORDS,
    aggregation_key=WORDS,
    priority=st.sampled_from(["normal", "low"]),
    source=WORDS,
    alert_type=st.sampled_from(["error", "warning", "info", "success"]),
    tags=TAGS,
)
CHECKS = st.builds(
    Check,
    name=NAMES,
    status=st.integers(0, 3),
    at=INSTANTS,
    host=WORDS,
    tags=TAGS,
    message=TEXTS.filter(lambda text: not re.search(r"\|(c|e|card):", text)),
)


@given(TIMED | UNTIMED, ORIGINS, st.randoms(use_true_random=False))
def test_a_metric_is_read_as_it_was_written(sample: Sample, origins: list[str], random: Random) -> None:
    rate = [f"@{sample.rate!r}"] if sample.rate != 1 else []
    fields = [*rate, *tag_field(sample.tags), *instant_field("T", sample.at), *origins]
    random.shuffle(fields)  # they come in any order
    head = f"{sample.name}:{':'.join(map(repr, sample.values))}"
    assert one("|".join([head, str(sample.kind), *fields]).encode()) == sample


@given(EVENTS, st.randoms(use_true_random=False))
def test_an_event_is_read_as_it_was_written(event: Event, random: Random) -> None:
    words = [f"h:{event.host}", f"k:{event.aggregation_key}", f"s:{event.source}"]
    fields = [*words, f"p:{event.priority}", f"t:{event.alert_type}", *tag_field(event.tags), "c:ci-1"]
    fields += instant_field("d:", event.at)
    random.shuffle(fields)
    lengths = f"{len(event.title.encode())},{len(event.text.encode())}"
    assert one("|".join([f"_e{{{lengths}}}:{event.title}|{event.text}", *fields]).encode()) == event


@given(CHECKS, ORIGINS)
def test_a_check_is_read_as_it_was_written(check: Check, origins: list[str]) -> None:
    message = check.message.replace("m:", "m\\:")
    fields = [*instant_field("d:", check.at), f"h:{check.host}", *tag_field(check.tags), f"m:{message}"]
    assert one("|".join(["_sc", check.name, str(check.status), *fields, *origins]).encode()) == check


@given(st.binary(max_size=200))
def test_any_bytes_are_read_line_by_line_and_none_is_lost(data: bytes) -> None:
    assert len(parse_datagram(data)) == sum(1 for line in data.split(b"\n") if line)


def test_one_datagram_holds_several_lines_and_ends_with_a_new_line() -> None:
    good = parse_datagram(b"api.requests:1|c\nnonsense\napi.errors:2|c\n")
    assert [type(item) for item in good] == [Sample, Malformed, Sample]


def test_a_set_keeps_its_member_whole() -> None:
    assert one(b"users:a:b|s") == Sample(name="users", kind=Kind.SET, member="a:b")


def test_lengths_and_not_bars_end_an_events_text() -> None:
    item = one(b"_e{7,11}:ti\\ntle|te\\nxt|pipe|h:web-1|k:deploy|s:ci")
    assert item == Event(title="ti\ntle", text="te\nxt|pipe", host="web-1", aggregation_key="deploy", source="ci")


def test_the_official_clients_container_after_a_checks_message_is_not_its_text() -> None:
    item = one(b"_sc|db.up|2|h:web-1|#env:prod|m:down|because m\\:x\\nof that|c:ci-4f1|card:low")
    assert isinstance(item, Check)
    assert item.message == "down|because m:x\nof that"
    assert (item.host, item.tags) == ("web-1", frozenset({Tag("env", "prod")}))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"api.requests|c", "no ':'"),
        (b"api.requests:1", "no type"),
        (b"api.requests:1|x", "unknown type 'x'"),
        (b":1|c", "does not start with a letter"),
        (b"1api:1|c", "does not start with a letter"),
        (b"api:|c", "not a number"),
        (b"api:1:|c", "not a number"),
        (b"api:nan|g", "not a number"),
        (b"api:inf|g", "not a number"),
        (b"api:1_0|c", "not a number"),
        (b"api: 1|c", "not a number"),
        (b"api:1|c|@0", "sample rate"),
        (b"api:1|c|@1.01", "sample rate"),
        (b"api:1|d|@0.00009", "sample rate"),
        (b"api:1|d|T1700000000", "for counts and gauges"),
        (b"api:1|c|T17.5", "not an instant"),
        (b"api:1|c|T946684799", "not an instant"),
        (b"api:1|c|T4102444800", "not an instant"),
        (b"_e{5,4}:title|text|d:1", "not an instant"),
        (b"_sc|db.up|0|d:99999999999999", "not an instant"),
        (b"api:1|c|card:huge", "unknown cardinality"),
        (b"api:1|c|z:1", "unknown field"),
        (b"api:1|c|#\xff", "not UTF-8"),
        (b"_e{5,4}:title", "lengths do not fit"),
        (b"_e{4,4}:title|text", "lengths do not fit"),
        (b"_e{5,3}:title|text", "lengths do not fit"),
        (b"_e{x,4}:title|text", "an event starts with"),
        (b"_e{0,4}:|text", "without a title"),
        (b"_e{5,4}:title|text|t:bad", "unknown alert type"),
        (b"_e{5,4}:title|text|p:high", "unknown priority"),
        (b"_sc|db.up|4", "status is 0, 1, 2 or 3"),
        (b"_sc|db.up", "status is 0, 1, 2 or 3"),
        (b"_sc||0", "without a name"),
        (b"_sc|db.up|0|x:1", "unknown field"),
    ],
)
def test_a_malformed_line_is_kept_with_the_reason(line: bytes, reason: str) -> None:
    assert reason in refused(line)


def test_the_lowest_sample_rate_is_taken() -> None:
    item = one(b"api:1|d|@0.0001")
    assert item == Sample(name="api", kind=Kind.DISTRIBUTION, values=(1.0,), rate=0.0001)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("api-requests total", "api_requests_total"),
        ("größe", "gr__e"),
        ("a" * 201, "a" * 200),
        ("_api", None),
        ("", None),
    ],
)
def test_metric_names_are_stored_in_datadogs_alphabet(sent: str, stored: str | None) -> None:
    assert metric_name(sent) == stored


def test_tags_are_stored_in_lower_case_with_underscores_for_braces() -> None:
    assert tag_set(["Endpoint:/api/leads/{id}", "env:Prod", "größe", "canary:"]) == {
        Tag("endpoint", "/api/leads/_id_"),
        Tag("env", "prod"),
        Tag("größe", ""),
        Tag("canary", ""),
    }


def test_a_comma_inside_a_listed_tag_does_not_make_two() -> None:
    assert tag_set(["a:b,c"]) == {Tag("a", "b_c")}
