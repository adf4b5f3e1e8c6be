from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog.message import (
    Dialect,
    Quantity,
    TemplateError,
    Variables,
    render_message,
    require_modelled_template,
)

VARIABLES: Variables = {
    "value": Quantity(12.345, "12.345"),
    "threshold": Quantity(0.07, "0.07"),
    "share": Quantity(1 / 3, "0.333333"),
    "bytes": 1536.0,
    "one": 1,
    "zero": 0,
    "negative": -2.5,
    "last_triggered_at_epoch": 1_622_472_207_000,
    "host": {"name": "Web-01", "port": "80", "padded": " host:E ", "offset": "-5"},
    "a": {"value": 4},
    "dot.key": {"name": "7"},
    "abc": "abchost:Eabc",
    "pair": "host:D",
}


def evaluated(expression: str, dialect: Dialect | None = None) -> str:
    return render_message(
        f'{{{{{{eval "{expression}"}}}}}}', conditions=frozenset(), variables=VARIABLES, dialect=dialect or Dialect()
    ).text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("last_triggered_at_epoch-15*60*1000", "1622471307000"),
        ("last_triggered_at_epoch+10*60*1000", "1622472807000"),
        ("int(last_triggered_at_epoch / 3600000 % 24)", "14"),
        ("1+2*3", "7"),
        ("(1+2)*3", "9"),
        ("10-3-2", "5"),
        ("16/4/2", "2.0"),
        ("7 % 4", "3"),
        ("2^3^2", "512"),
        ("-2^2", "-4"),
        ("2^-1", "0.5"),
        ("--2", "2"),
        ("+2", "2"),
        (".5+1.5e1", "15.5"),
        ("9^19", "1350851717672992089"),
        ("9^20", "1.21576654591e+19"),
        ("threshold*100", "7.0"),
        ("value", "12.345"),
        ("share", "0.333333333333"),
        ("a.value*2", "8"),
        ("[dot.key].name+1", "8"),
        ("host.port+1", "81"),
        ("host.offset+1", "-4"),
        ("abs(negative)", "2.5"),
        ("int(value)", "12"),
        ("int(negative)", "-2"),
        ("trunc(value)", "12"),
        ("float(one)", "1.0"),
        ("dec(value)", "0.345"),
        ("dec(negative)", "-0.5"),
        ("round(value)", "12"),
        ("round(12.376, 2)", "12.38"),
        ("round(value, 1)", "12.3"),
        ("round(value, -1)", "10.0"),
        ("ceil(value)", "13"),
        ("floor(negative)", "-3"),
        ("sgn(value)", "1"),
        ("sgn(zero)", "0"),
        ("sgn(negative)", "-1"),
        ("to_bool(one)", "true"),
        ("to_bool(zero)", "false"),
        ("exp(zero)", "1.0"),
        ("log10(1000)", "3.0"),
        ("atan2(one, one)*4", f"{float(f'{math.pi:.12g}')!r}"),
        ("cos(zero)+cosh(zero)+sin(zero)+sinh(zero)+tan(zero)+tanh(zero)", "2.0"),
        ("acos(one)+acosh(one)+asin(zero)+asinh(zero)+atan(zero)+atanh(zero)", "0.0"),
        ("humanize_bytes(bytes)", "1.5 KB"),
        ("humanize_bytes(1023)", "1023 B"),
        ("humanize_bytes(1024)", "1 KB"),
        ("humanize_bytes(5*1024^3)", "5 GB"),
        ("humanize_bits(bytes*1024)", "1.5 Mb"),
        ("humanize_bytes(-2048)", "-2 KB"),
        ("upper(host.name)", "WEB-01"),
        ("lower(host.name)", "web-01"),
        ("substring(pair, 5)", "D"),
        ("substring(host.name, 0, 3)", "Web"),
        ("strip(host.padded)", "host:E"),
        ("strip(abc, 'abc')", "host:E"),
        ("upper(host.port)", "80"),
        ("int(substring(host.name, 4))+1", "2"),
    ],
)
def test_eval_computes(expression: str, text: str) -> None:
    assert evaluated(expression) == text


@pytest.mark.parametrize(
    "expression",
    [
        "unknown",
        "unknown+1",
        "1/zero",
        "1%0",
        "log10(negative)",
        "log10(0)",
        "negative^0.5",
        "exp(1000)",
        "1e308*10",
        "acos(2)",
        "host.name+1",
        "host",
        "to_bool(value)",
        "round(value, 0.5)",
        "round(value, 400)",
        "int('x')",
        "substring(host.name, 'x')",
    ],
)
def test_what_has_no_value_prints_what_the_dialect_says(expression: str) -> None:
    assert evaluated(expression) == ""
    assert evaluated(expression, Dialect(failed_eval="n/a")) == "n/a"


def test_texts_are_encoded_unless_raw() -> None:
    def text(template: str) -> str:
        return render_message(template, conditions=frozenset(), variables={"x": "a&b"}).text

    assert (text('{{eval "upper(x)"}}'), text('{{{eval "upper(x)"}}}')) == ("A&amp;B", "A&B")


def test_how_many_digits_are_printed_is_of_the_dialect() -> None:
    assert evaluated("1/3", Dialect(eval_digits=3)) == "0.333"
    assert evaluated("1/3") == "0.333333333333"


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("", "expected a number, a variable or '(' in the expression of eval, found the end"),
        ("1+", "expected a number, a variable or '(' in the expression of eval, found the end"),
        ("1 2", "expected an operator or the end of the expression, found '2'"),
        ("value value", "expected an operator or the end of the expression, found 'value'"),
        ("(1", "this parenthesis is never closed"),
        ("1)", "expected an operator or the end of the expression, found ')'"),
        ("int(1", "this parenthesis is never closed"),
        ("int()", "expected a number, a variable or '(' in the expression of eval, found ')'"),
        ("int(1,2)", "int() takes 1 arguments, here are 2"),
        ("round(1,2,3)", "round() takes 1 to 2 arguments, here are 3"),
        ("flor(1)", "the function 'flor' of eval is not known (did you mean 'floor'?)"),
        (
            "__import__('os')",
            (
                "the function '__import__' of eval is not known (known: abs, acos, acosh, asin, asinh, atan, "
                "atan2, atanh, ceil, cos, cosh, dec, exp, float, floor, humanize_bits, humanize_bytes, int, "
                "log10, lower, round, sgn, sin, sinh, strip, substring, tan, tanh, to_bool, trunc, upper)"
            ),
        ),
        ("1 & 2", "'&' means nothing in an expression of eval"),
        ("1 ** 2", "expected a number, a variable or '(' in the expression of eval, found '*'"),
        ("a.b.", "'.' means nothing in an expression of eval"),
        ("'open", '"\'" means nothing in an expression of eval'),
        ("1+" * 500 + "1", "an expression of eval with 1001 characters; at most 1000 are read"),
        ("(" * 40 + "1" + ")" * 40, "an expression of eval that is nested more than 32 deep"),
        ("-" * 40 + "1", "an expression of eval that is nested more than 32 deep"),
        ("1^" * 40 + "1", "an expression of eval that is nested more than 32 deep"),
        ("abs(" * 40 + "1" + ")" * 40, "an expression of eval that is nested more than 32 deep"),
    ],
)
def test_a_malformed_expression_is_refused(expression: str, named: str) -> None:
    with pytest.raises(TemplateError) as caught:
        require_modelled_template(f'{{{{eval "{expression}"}}}}')
    assert caught.value.message == named


@pytest.mark.parametrize(
    ("opening", "closing"), [("(", ")"), ("-", ""), ("1^", ""), ("abs(", ")"), ("+", ""), ("round(1,", ")")]
)
@pytest.mark.parametrize("beside", ["", "(1)+", "-1+", "+1+", "1^1+", "abs(1)+", "round(1,2)+"])
def test_an_expression_nests_only_so_deep_whatever_stands_beside(opening: str, closing: str, beside: str) -> None:
    """What is closed again does not count: not for what follows, and not against it."""

    def nested(depth: int) -> str:
        return f'{{{{eval "{beside * 20}{opening * depth}1{closing * depth}"}}}}'

    require_modelled_template(nested(32))
    with pytest.raises(TemplateError, match="^an expression of eval that is nested more than 32 deep") as caught:
        require_modelled_template(nested(33))
    assert caught.value.end - caught.value.start == 1


def test_the_error_points_into_the_expression() -> None:
    source = 'x {{eval "1 + flor(2)"}}'
    with pytest.raises(TemplateError) as caught:
        require_modelled_template(source)
    assert source[caught.value.start : caught.value.end] == "flor"


@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("abs(", ")"), ("round(1,", ")")])
@pytest.mark.parametrize("beside", ["(1)", "-1", "+1", "1^1", "abs(1)", "(((1)))", "--1", "1^1^1"])
def test_what_stands_beside_within_parentheses_does_not_count_either(opening: str, closing: str, beside: str) -> None:
    def nested(depth: int) -> str:
        inner = opening * (depth - 10)
        return f'{{{{eval "{opening * 10}{beside}+{inner}1{closing * depth}"}}}}'

    require_modelled_template(nested(32))
    with pytest.raises(TemplateError, match="^an expression of eval that is nested more than 32 deep"):
        require_modelled_template(nested(33))


@pytest.mark.parametrize(
    ("expression", "pointed"),
    [
        ("2 * flor(2)", "flor"),
        ("1 + (2", "("),
        ("2 * int(1", "("),
        ("1 2", "2"),
        ("1 + 2)", ")"),
        ("3 & 2", "&"),
        ("1 - round(1, 2, 3) * 2", "round(1, 2, 3)"),
        ("1 + * 2", "*"),
    ],
)
def test_an_error_points_at_what_is_wrong_in_the_expression(expression: str, pointed: str) -> None:
    source = f'x {{{{eval "{expression}"}}}} y'
    with pytest.raises(TemplateError) as caught:
        require_modelled_template(source)
    assert source[caught.value.start : caught.value.end] == pointed


numbers = st.integers(-(10**6), 10**6)


@given(numbers, numbers, numbers)
def test_whole_numbers_are_computed_exactly(first: int, second: int, third: int) -> None:
    assert evaluated(f"{first}+{second}*{third}") == str(first + second * third)
    assert evaluated(f"({first}-({second}))*{third}") == str((first - second) * third)


@given(
    st.recursive(
        numbers.map(str),
        lambda inner: st.tuples(inner, st.sampled_from("+-*/%^"), inner).map(lambda t: f"({''.join(t)})"),
        max_leaves=12,
    )
)
def test_any_arithmetic_ends_in_a_number_or_nothing(expression: str) -> None:
    text = evaluated(expression)
    assert text == "" or math.isfinite(float(text))
