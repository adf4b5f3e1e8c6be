"""A variable that came out empty is found in what people read; one that has a value is not."""

from __future__ import annotations

import pytest

from alertproof.drills.course.message import empty_variables

TEMPLATE = """{{#is_alert}}
The rate is {{value}}, above {{threshold}}.
Tenant {{tenant.name}} suffers.
{{/is_alert}}
{{#is_recovery}}
The rate is back to {{value}}.
{{/is_recovery}}
Nothing here."""


@pytest.mark.parametrize(
    ("text", "empty", "read"),
    [
        ("The rate is 0.05, above 0.02.\nTenant acme suffers.", [], 3),
        ("The rate is , above 0.02.\nTenant acme suffers.", ["{{value}}"], 3),
        ("The rate is 0.05, above 0.02.\nTenant  suffers.", ["{{tenant.name}}"], 3),
        ("The rate is , above .\nTenant  suffers.", ["{{value}}", "{{threshold}}", "{{tenant.name}}"], 3),
        ("The rate is {{value}}, above 0.02.", ["{{value}}"], 2),
        ("The rate is back to .", ["{{value}}"], 1),
        ("The rate is back to 0.01.", [], 1),
        ("Nothing here.", [], 0),
    ],
)
def test_empty_variables_are_named_as_they_are_written(text: str, empty: list[str], read: int) -> None:
    assert empty_variables([TEMPLATE], [text]) == (empty, read)


def test_a_line_in_a_block_is_known_by_its_words() -> None:
    template = "{{#is_alert}}Up to {{value}} of {{tenant.name}}{{/is_alert}}"

    assert empty_variables([template], ["Up to 3 of acme"]) == ([], 2)
    assert empty_variables([template], ["Up to  of acme"]) == (["{{value}}"], 2)
    assert empty_variables([template], ["Up to 3 of "]) == (["{{tenant.name}}"], 2)


def test_a_title_is_read_behind_what_datadog_puts_before_it() -> None:
    assert empty_variables(["Errors of {{tenant.name}} alone"], ["[P1] [Triggered] Errors of acme alone"]) == ([], 1)
    found = empty_variables(["Errors of {{tenant.name}} alone"], ["[P1] [Triggered] Errors of  alone"])
    assert found == (["{{tenant.name}}"], 1)


def test_signs_that_html_spells_otherwise_are_the_same() -> None:
    assert empty_variables(["a & b: {{{value}}}"], ["a &amp; b: 3"]) == ([], 1)


def test_a_line_without_a_fixed_word_says_nothing() -> None:
    assert empty_variables(["{{value}}"], ["anything"]) == ([], 0)
