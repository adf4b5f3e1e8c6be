from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.sentry import Envelope, EnvelopeError, Item, encode_envelope, parse_envelope

EVENT_ID = "9ec79c33ec9942ab8353589fcb2e04dc"
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_headers = st.dictionaries(st.text().filter(lambda name: name not in {"type", "length"}), _json, max_size=3)


def _item(payload: st.SearchStrategy[bytes]) -> st.SearchStrategy[Item]:
    return st.builds(lambda kind, more, data: Item({"type": kind, **more}, data), st.text(), _headers, payload)


def _bare(envelope: Envelope) -> Envelope:
    items = [Item({k: v for k, v in item.headers.items() if k != "length"}, item.payload) for item in envelope.items]
    return Envelope(envelope.headers, tuple(items))


@given(st.builds(Envelope, _headers, st.lists(_item(st.binary()), max_size=4).map(tuple)))
def test_an_envelope_with_lengths_comes_back_whatever_bytes_its_payloads_hold(envelope: Envelope) -> None:
    assert _bare(parse_envelope(encode_envelope(envelope))) == envelope


@given(
    st.builds(Envelope, _headers, st.lists(_item(st.binary().filter(lambda b: b"\n" not in b)), max_size=4).map(tuple))
)
def test_an_envelope_without_lengths_comes_back_when_no_payload_holds_a_line_feed(envelope: Envelope) -> None:
    assert parse_envelope(encode_envelope(envelope, lengths=False)) == envelope


@given(st.binary(max_size=200))
def test_any_bytes_are_an_envelope_or_an_envelope_error_and_nothing_else(data: bytes) -> None:
    offsets = []
    try:
        parse_envelope(data)
    except EnvelopeError as error:
        offsets.append(error.offset)
    assert all(0 <= offset <= len(data) for offset in offsets)


def test_a_payload_with_a_line_feed_is_not_written_without_a_length() -> None:
    envelope = Envelope({}, (Item({"type": "attachment"}, b"ab\ncd"),))
    with pytest.raises(EnvelopeError, match=r"a line feed needs a length \(at byte 2\)"):
        encode_envelope(envelope, lengths=False)


def test_the_javascript_form_has_neither_lengths_nor_a_final_newline() -> None:
    data = b'{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}\n{"type":"event"}\n{"a":1}\n{"type":"log"}\n{"b":2}'
    envelope = parse_envelope(data)
    assert [(item.type, item.payload) for item in envelope.items] == [("event", b'{"a":1}'), ("log", b'{"b":2}')]


def test_the_python_form_has_lengths_and_a_final_newline() -> None:
    envelope = parse_envelope(b'{}\n{"type":"attachment","length":5}\na\nb\r\n\n{"type":"event","length":2}\n{}\n')
    assert [item.payload for item in envelope.items] == [b"a\nb\r\n", b"{}"]


@pytest.mark.parametrize("data", [b"{}", b"{}\n"])
def test_an_envelope_may_be_empty(data: bytes) -> None:
    assert parse_envelope(data) == Envelope({})


@pytest.mark.parametrize(
    "data",
    [b'{}\n{"type":"x","length":0}', b'{}\n{"type":"x","length":0}\n', b'{}\n{"type":"x"}', b'{}\n{"type":"x"}\n'],
)
def test_an_item_may_be_empty_at_the_end(data: bytes) -> None:
    assert [item.payload for item in parse_envelope(data).items] == [b""]


def test_an_item_type_that_nobody_knows_is_kept_with_its_headers() -> None:
    (item,) = parse_envelope(b'{}\n{"type":"hologram","colour":"blue"}\n\x00\xff').items
    assert (item.type, item.headers["colour"], item.payload) == ("hologram", "blue", b"\x00\xff")


def test_carriage_returns_are_payload() -> None:
    (item,) = parse_envelope(b'{}\r\n{"type":"x"}\r\nabc\r\n').items
    assert item.payload == b"abc\r"


@pytest.mark.parametrize("written", [EVENT_ID, EVENT_ID.upper(), "9ec79c33-ec99-42ab-8353-589fcb2e04dc"])
def test_the_event_id_is_32_lower_case_digits_however_it_was_written(written: str) -> None:
    assert Envelope({"event_id": written}).event_id == EVENT_ID


@pytest.mark.parametrize("value", [None, 5, {}])
def test_an_event_id_that_is_no_text_is_none(value: object) -> None:
    assert Envelope({"event_id": value}).event_id is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "unexpected end of file: no envelope header (at byte 0)"),
        (b"[]", "invalid envelope header: not a JSON object (at byte 0)"),
        (b"{}\n\n", "unexpected end of file: no item header (at byte 3)"),
        (b"{}\n{}\n", "invalid item header: no 'type' (at byte 3)"),
        (b'{}\n{"type":"x","length":-1}\n', "invalid item header: 'length' is -1 (at byte 3)"),
        (b'{}\n{"type":"x","length":true}\na', "invalid item header: 'length' is True (at byte 3)"),
        (b'{}\n{"type":"x","length":4}\nabc', "unexpected end of file: 1 bytes are missing (at byte 30)"),
        (b'{}\n{"type":"x","length":2}\nabc', "missing newline after the payload (at byte 29)"),
    ],
)
def test_a_malformed_envelope_says_what_is_wrong_and_where(data: bytes, message: str) -> None:
    with pytest.raises(EnvelopeError) as raised:
        parse_envelope(data)
    assert str(raised.value) == message
