"""Hostile messages are rendered or end in an error in words, with little memory and time."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from tests.datadog.adversarial import readers
from tests.datadog.adversarial.conftest import Bounded

from alertproof.datadog.message import TemplateError
from alertproof.datadog.message.parse import LONGEST

DATA = Path(__file__).parents[2] / "data" / "datadog-monitors" / "monitors.jsonl"
MATCH = '{{#is_match "host.name" "a"}}'


@cache
def shipped() -> tuple[str, ...]:
    return tuple(sorted({json.loads(line)["message"] for line in DATA.read_text().splitlines()}))


def filled(unit: str) -> str:
    """Return the longest message of one piece again and again."""
    return unit * (LONGEST // len(unit))


def test_what_is_too_long_too_deep_or_never_closed_is_refused(bounded: Bounded) -> None:
    units = ["{{", "{{{", "{{{{", "{{#is_alert}}", "{{{{raw}}}}", "{{!--", "{{[", MATCH]
    texts = [filled(unit) for unit in units]
    texts += [
        "x" * (LONGEST + 1),
        "{{" + "a." * 40_000 + "b}}",
        "{{" + " " * 90_000 + "}}",
        "{{" + "a" * 90_000 + " b}}",
    ]
    texts += ['{{eval "' + "(" * 900 + '"}}', '{{eval "' + "9^" * 400 + '9"}}', '{{eval "' + "1" * 5000 + '"}}']
    texts += ["{{#is_alert}}" * 3000 + "{{/is_alert}}" * 3000]
    for text, said in zip(texts, bounded("message", texts), strict=True):
        assert said.startswith("TemplateError"), text[:60]


def test_what_is_as_long_as_may_be_is_rendered(bounded: Bounded) -> None:
    units = ["@a ", "@", "@slack-", "@workflow-a(", "a@b.c,", "{{!-- --}}", "[[", "\u202e{{value}}\x00", "\n", "} "]
    units += ['{{eval "value*2"}}', '{{urlencode "host.name"}}', "{{local_time 'first_triggered_at' 'Asia/Tokyo'}}"]
    units += [MATCH + "@x{{else}}@y{{/is_match}}", "{{#is_alert}} x{{/is_alert}}", '{{eval "9^9^9^9"}}']
    texts = [filled(unit) for unit in units]
    texts += ["{{#is_alert}}" * 31 + "@x" + "{{/is_alert}}" * 31, MATCH[:-2] + ' "b"' * 20_000 + "}}x{{/is_match}}"]
    assert bounded("message", texts) == [""] * len(texts)


def test_words_glued_from_many_blocks_are_bounded(bounded: Bounded) -> None:
    """Two to the power of the number of blocks are the words that could be told."""
    glued = "@a" + "".join(
        f'{{{{#is_match "host.name" "{number}"}}}}x{{{{else}}}}y{{{{/is_match}}}}' for number in range(60)
    )
    (said,) = bounded("message", [glued])
    assert said.startswith("TemplateError")


@example("{{#is_alert}}{{/is_alert}}", [(0, 13, "{{#is_warning}}")])
@given(
    st.sampled_from(shipped()),
    st.lists(
        st.tuples(
            st.integers(0, 2000),
            st.integers(0, 30),
            st.sampled_from(
                ["{{", "}}", "{{{", "{{#is_alert}}", "{{/is_alert}}", "{{else}}", "@", '"', "{{^is_match", "\x00"]
            ),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_a_shipped_message_that_is_damaged_is_rendered_or_refused(
    text: str, changes: list[tuple[int, int, str]]
) -> None:
    for at, length, mark in changes:
        text = text[:at] + mark + text[at + length :]
    error = readers.refusal(readers.message, text)
    assert error is None or isinstance(error, TemplateError)
    assert error is None or (0 <= error.start <= error.end <= len(text) and 0 < len(str(error)) < 1000)
