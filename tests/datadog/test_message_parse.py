from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alertproof.datadog.message import TemplateError, parse_template, reachable, render, require_modelled_template
from alertproof.datadog.message.parse import LONGEST
from alertproof.datadog.message.tree import Block, Call, Comment, Name, Part, Variable

BLOCKS = (
    "is_alert, is_alert_recovery, is_alert_to_warning, is_exact_match, is_match, is_no_data, is_no_data_recovery,"
    " is_priority, is_recovery, is_renotify, is_unknown, is_warning, is_warning_recovery"
)


@pytest.mark.parametrize(
    ("template", "named"),
    [
        (
            "{{#if x}}{{/if}}",
            f"the block helper 'if' is not modelled (known: {BLOCKS})",
        ),
        ("{{#is_alrt}}{{/is_alrt}}", "the block helper 'is_alrt' is not modelled (did you mean 'is_alert'?)"),
        (
            "{{#is_resolve}}{{/is_resolve}}",
            "the block helper 'is_resolve' is not modelled (did you mean 'is_recovery'?)",
        ),
        (
            "{{#host.name}}{{/host.name}}",
            f"the block helper 'host.name' is not modelled (known: {BLOCKS})",
        ),
        (
            "{{uppercase value}}",
            "the helper 'uppercase' is not modelled (known: eval, local_time, override_priority, urlencode)",
        ),
        ("{{is_alert}}", "{{is_alert}} is a block: open it with {{#is_alert}}"),
        (
            "{{{{verbatim}}}}{{{{/verbatim}}}}",
            f"the block helper 'verbatim' is not modelled (known: {BLOCKS})",
        ),
        ("{{#is_alert}}", "the block {{#is_alert}} is never closed"),
        ("{{#is_alert}}{{#is_warning}}{{/is_warning}}", "the block {{#is_alert}} is never closed"),
        ("{{/is_alert}}", "{{/is_alert}} closes no block: none is open here"),
        (
            "{{#is_alert}}{{#is_warning}}{{/is_alert}}{{/is_warning}}",
            "{{/is_alert}} does not close the block that is open here, {{#is_warning}}; write {{/is_warning}}",
        ),
        (
            '{{#is_exact_match "a.b" ""}}{{/is_match}}',
            (
                "{{/is_match}} does not close the block that is open here, {{#is_exact_match}}; write "
                "{{/is_exact_match}}"
            ),
        ),
        ("{{#is_alert}}{{/is_alert now}}", "an end tag has a name and nothing else; write {{/is_alert}}"),
        (
            "{{#is_alert}}{{/is_warning}}",
            "{{/is_warning}} does not close the block that is open here, {{#is_alert}}; write {{/is_alert}}",
        ),
        ("{{else}}", "an {{else}} outside a block"),
        ("{{^}}", "an {{else}} outside a block"),
        ("{{#is_alert}}{{else}}{{else}}{{/is_alert}}", "a second {{else}} in one block"),
        (
            "{{#is_alert}}{{else is_warning}}{{/is_alert}}",
            "an {{else}} with a question is not modelled; nest a block instead",
        ),
        ("{{#is_alert now}}{{/is_alert}}", "is_alert takes no arguments"),
        ('{{#is_match "host.name"}}{{/is_match}}', "is_match needs a variable and something to compare it with"),
        ("{{#is_match}}{{/is_match}}", "is_match needs a variable and something to compare it with"),
        ('{{#is_match "host.name" web}}{{/is_match}}', "is_match compares with texts in quotes"),
        ('{{#is_match "host name" "web"}}{{/is_match}}', "'host name' is no variable"),
        ('{{#is_match (upper "x") "web"}}{{/is_match}}', 'only (eval "...") may stand in parentheses'),
        ('{{#is_match (eval "x" "web"}}{{/is_match}}', 'only (eval "...") may stand in parentheses'),
        ("{{#is_priority}}{{/is_priority}}", "is_priority needs a priority, such as 'P1'"),
        ("{{#is_priority 'P6'}}{{/is_priority}}", "'P6' is no priority; they are P1, P2, P3, P4, P5"),
        ("{{override_priority 'P0'}}", "'P0' is no priority; they are P1, P2, P3, P4, P5"),
        ("{{override_priority P1}}", "override_priority is written {{override_priority 'P1'}}"),
        ("{{local_time 'last_triggered_at'}}", "local_time is written {{local_time 'last_triggered_at' 'Asia/Tokyo'}}"),
        (
            "{{local_time 'last_triggered_at' 'Asia/Tokio'}}",
            "there is no time zone 'Asia/Tokio' (did you mean 'Asia/Tokyo'?)",
        ),
        (
            "{{local_time 'last_triggered_at' '../../etc'}}",
            "there is no time zone '../../etc'; write it as the tz database does, such as 'Asia/Tokyo'",
        ),
        ("{{urlencode}}", 'urlencode is written {{urlencode "service.name"}}'),
        ("{{eval value}}", 'eval is written {{eval "value * 100"}}'),
        ("{{eval}}", 'eval is written {{eval "value * 100"}}'),
        ('{{eval "value*10}}&to={{eval "value*10}}', "this quote is never closed"),
        ("{{value", "this tag is never closed"),
        ('{{#is_match "host.name" "bar"}}HERE{{/is_match}', "this tag is never closed"),
        ("{{value {{host.name}}", "this tag is never closed"),
        ("{{{value}}", "this tag has three braces at its start and two at its end"),
        ("{{value}}}", "there is a closing brace too many here"),
        ("} {{value}}}", "there is a closing brace too many here"),
        ("{} {{value}}}", "there is a closing brace too many here"),
        ("{{{{raw}}}} {{{{/raw}}", "the block {{{{raw}}}} is never closed"),
        ("{{{{raw", "these braces are never closed"),
        ("{{! never", "this comment is never closed"),
        ("{{!-- {{value}} ", "this comment is never closed"),
        ("{{}}", "there is nothing in this tag"),
        ("{{ }}", "there is nothing in this tag"),
        ("{{#}}", "a tag with '#' is not known of messages"),
        ("{{> partial}}", "a tag with '>' is not known of messages"),
        ("{{~value}}", "a tag with '~' is not known of messages"),
        ("{{&value}}", "a tag with '&' is not known of messages"),
        ("{{value~}}", "'value~' is no variable"),
        ("{{a..b}}", "'a..b' is no variable"),
        ("{{'value'}}", "a tag begins with a name"),
        ('{{"a": 1}}', "a tag begins with a name"),
        ("{{a[b}}", "'[' means nothing in a tag"),
    ],
)
def test_what_is_not_rendered_is_refused_by_name(template: str, named: str) -> None:
    with pytest.raises(TemplateError) as caught:
        require_modelled_template(template)
    assert caught.value.message == named


def test_an_error_points_at_its_place() -> None:
    with pytest.raises(TemplateError) as caught:
        require_modelled_template("first line\r\nsecond {{#is_alrt}} line\nthird")
    assert str(caught.value).splitlines() == [
        "the block helper 'is_alrt' is not modelled (did you mean 'is_alert'?) (line 2, column 8 of the message)",
        "  second {{#is_alrt}} line",
        "         ^^^^^^^^^^^^",
    ]


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r\nthird", "\nthird"])
def test_an_error_shows_its_line_from_the_first_to_the_last_letter(end: str) -> None:
    with pytest.raises(TemplateError) as caught:
        require_modelled_template(f"XX\nX {{{{#is_alrt}}}} Xray XX{end}")
    _, shown, carets = str(caught.value).split("\n")
    assert (shown, carets) == ("  X {{#is_alrt}} Xray XX", "    ^^^^^^^^^^^^")


def test_an_error_that_goes_on_in_the_next_line_is_marked_to_the_end_of_its_own() -> None:
    with pytest.raises(TemplateError) as caught:
        require_modelled_template("ab {{#is_alert\n 'x'}} c")
    assert str(caught.value).split("\n") == [
        "is_alert takes no arguments (line 1, column 4 of the message)",
        "  ab {{#is_alert",
        "     ^^^^^^^^^^^",
    ]


@pytest.mark.parametrize(
    ("template", "pointed"),
    [("ab {{{{raw", "{{{{"), ("ab {{!-- c", "{{!"), ("ab {{value", "{{"), ("ab {{{value", "{{{")],
)
def test_what_is_never_closed_is_pointed_at_where_it_opens(template: str, pointed: str) -> None:
    with pytest.raises(TemplateError) as caught:
        require_modelled_template(template)
    _, shown, carets = str(caught.value).splitlines()
    assert shown[carets.index("^") : carets.rindex("^") + 1] == pointed


def test_an_error_in_a_long_line_shows_its_surroundings_only() -> None:
    with pytest.raises(TemplateError) as caught:
        require_modelled_template("x" * 5000 + "{{#oops}}" + "y" * 5000)
    _, shown, carets = str(caught.value).splitlines()
    assert len(shown) < 110
    assert shown[carets.index("^") : carets.rindex("^") + 1] == "{{#oops}}"


def nodes(parts: tuple[Part, ...]) -> list[Part]:
    return [
        node
        for part in parts
        for node in (part, *(nodes((*part.body, *part.otherwise)) if isinstance(part, Block) else ()))
    ]


def test_every_part_knows_where_it_stands() -> None:
    source = 'a {{#is_alert}}b{{value}}{{else}}{{{host.name}}}{{/is_alert}}{{! c }}{{eval "value"}} d'
    source += "{{{{raw}}}}{{x}}{{{{/raw}}}}{{override_priority 'P1'}}"
    parts = nodes(parse_template(source).parts)
    texts = [source[part.span.start : part.span.end] for part in parts]
    assert texts == [
        "a ",
        "{{#is_alert}}b{{value}}{{else}}{{{host.name}}}{{/is_alert}}",
        "b",
        "{{value}}",
        "{{{host.name}}}",
        "{{! c }}",
        '{{eval "value"}}',
        " d",
        "{{x}}",
        "{{override_priority 'P1'}}",
    ]
    assert [type(part) for part in parts[3:7]] == [Variable, Variable, Comment, Call]


def test_what_a_helper_is_about_stands_where_it_is_written() -> None:
    source = 'a {{urlencode host.name}}{{#is_match [kube.pod].name "b"}}{{/is_match}}'
    call, block = parse_template(source).parts[1:]
    assert isinstance(call, Call)
    assert isinstance(block, Block)
    found = [each for each in (*call.arguments, block.question.subject) if isinstance(each, Name)]
    assert [source[slice(*each.span)] for each in found] == ["host.name", "[kube.pod].name"]


def test_spans_take_no_part_in_comparison() -> None:
    assert parse_template("{{ value }}").parts == parse_template("{{value}}").parts
    assert parse_template("{{value}}").parts != parse_template("{{{value}}}").parts


@pytest.mark.parametrize(("depth", "readable"), [(32, True), (33, False)])
def test_blocks_nest_only_so_deep(depth: int, *, readable: bool) -> None:
    template = "{{#is_alert}}" * depth + "x" + "{{/is_alert}}" * depth
    if readable:
        assert render(template, conditions=frozenset({"is_alert"}), variables={}) == "x"
        return
    with pytest.raises(TemplateError, match="nested more than 32 deep"):
        require_modelled_template(template)


def test_a_message_is_only_so_long() -> None:
    assert render("x" * LONGEST, conditions=frozenset(), variables={}) == "x" * LONGEST
    with pytest.raises(TemplateError, match=f"at most {LONGEST}"):
        require_modelled_template("x" * (LONGEST + 1))


SIGNS = "{{ }} {{{ }}} {{{{ }}}} { } # ^ / ! -- \" ' ( ) [ ] . @ + * - % , 1 0 9e9"
NAMES = "is_alert is_match is_exact_match is_priority else raw eval local_time urlencode override_priority"
OTHERS = "P1 UTC round value host.name @slack-x last_triggered_at"
TAGS = "{{#is_alert}} {{/is_alert}} {{else}} {{/is_match}} {{{{raw}}}} {{{{/raw}}}}"
SPACED = [" ", "\n", '{{#is_match "host.name" "a"}}', '{{eval "', '"}}']
PIECES = [*SIGNS.split(), *NAMES.split(), *OTHERS.split(), *TAGS.split(), *SPACED]


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join), st.booleans())
@example("{{!--{{x}}--}}{{{{is_alert}}}}{{{{/is_alert}}}}", True)
def test_any_template_renders_or_is_refused(template: str, vanish: bool) -> None:
    with suppress(TemplateError):
        parse_template(template, lines_vanish=vanish)
        for held in (frozenset[str](), frozenset({"is_alert", "is_recovery"})):
            assert isinstance(render(template, conditions=held, variables={"value": 1.5, "host": {"name": "a b"}}), str)
        assert isinstance(reachable(template, template), tuple)


@pytest.mark.parametrize(
    "template",
    [
        "{{" * (LONGEST // 2),
        "{{{{" * (LONGEST // 4),
        "{{!" * (LONGEST // 3),
        "{{!--{{" * (LONGEST // 7),
        "{{{{raw}}}}" * (LONGEST // 11),
        "{{a" + " " * (LONGEST - 5) + "}}",
        "{{" + "[" * (LONGEST - 4) + "}}",
        "{{" + "a." * (LONGEST // 2 - 3) + "}}",
        "{{value}}" * (LONGEST // 9),
        "{{#is_alert}}{{/is_alert}}" * (LONGEST // 26),
        "{{#is_alert}} @a {{/is_alert}}" * (LONGEST // 30),
        "@{{#is_alert}}a{{/is_alert}}" * (LONGEST // 28),
        "".join(f'{{{{#is_match "a.b" "{n}"}}}}a{{{{/is_match}}}}' for n in range(2000)),
        "@" + "".join(f'{{{{#is_match "a.b" "{n}"}}}}a{{{{/is_match}}}}' for n in range(2000)),
        "@workflow-a(" * (LONGEST // 12),
        "@workflow-a(b=c, d=e) " * (LONGEST // 22),
        '{{eval "' + "(" * (LONGEST - 20) + '"}}',
        '{{eval "' + "-" * (LONGEST - 20) + '1"}}',
        '{{eval "' + "1+" * 499 + '1"}}',
        '{{eval "' + "9*" * 499 + '9"}}',
        '{{eval "' + "9^" * 499 + '9"}}',
        '{{eval "' + "9" * 1000 + '"}}',
        ('{{eval "' + "9*" * 499 + '9"}}') * (LONGEST // 1011),
        '{{eval "' + "abs(" * 5000 + '"}}',
        '{{eval "9^9^9^9^9"}}',
    ],
    ids=range(25),
)
def test_adversarial_templates_end(template: str) -> None:
    for work in (require_modelled_template, reachable, lambda text: render(text, conditions=frozenset(), variables={})):
        with suppress(TemplateError):
            work(template)
