from __future__ import annotations

import pytest

from alertproof.datadog.query import parse_query, parse_search
from alertproof.datadog.query.tree import (
    Attribute,
    Cidr,
    Comparison,
    Either,
    EventMonitor,
    Every,
    Phrase,
    Range,
    SearchExpression,
    Term,
    Without,
    characters,
    walk,
)
from alertproof.errors import QuerySyntaxError


def found(text: str) -> SearchExpression:
    expression = parse_search(text).expression
    assert expression is not None
    return expression


def test_terms_side_by_side_are_all_wanted_and_or_binds_looser() -> None:
    a, b, c = Term("a"), Term("b"), Term("c")
    assert found("a b") == found("a AND b") == found("a && b") == Every((a, b))
    assert found("a b OR c") == found("a AND b || c") == Either((Every((a, b)), c))
    assert found("a (b OR c)") == Every((a, Either((b, c))))
    assert found("-a b") == found("NOT a b") == found("!a b") == Every((Without(a), b))


def test_operators_are_in_capitals_only() -> None:
    assert found("a or b not c") == Every(tuple(map(Term, ("a", "or", "b", "not", "c"))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status:error", Attribute("status", Term("error"))),
        ("@http.status_code:>=500", Attribute("@http.status_code", Comparison(">=", Term("500")))),
        ("@a:>-1.5", Attribute("@a", Comparison(">", Term("-1.5")))),
        ("@a:-5", Attribute("@a", Term("-5"))),
        ("@a:[400 TO 499]", Attribute("@a", Range("[", "400", "499", "]"))),
        ("@a:{* TO 5]", Attribute("@a", Range("{", "*", "5", "]"))),
        ('@a:"b c"', Attribute("@a", Phrase('"b c"'))),
        ("*:hello*", Attribute("*", Term("hello*"))),
        ("@http.url:http://x:80/y", Attribute("@http.url", Term("http://x:80/y"))),
        ("env:(prod OR test)", Attribute("env", Either((Term("prod"), Term("test"))))),
        ("host:(a:80 OR b:80)", Attribute("host", Either((Term("a:80"), Term("b:80"))))),
        ("@c:(>=400 <500)", Attribute("@c", Every((Comparison(">=", Term("400")), Comparison("<", Term("500")))))),
        ("@t:(000 OR -*)", Attribute("@t", Either((Term("000"), Without(Term("*")))))),
        ("-@http.status_code:*", Without(Attribute("@http.status_code", Term("*")))),
        ("tags: x", Attribute("tags", Term("x"))),
        ("CIDR(@ip, 13.0.0.0/8,::/0)", Cidr("@ip", ("13.0.0.0/8", "::/0"))),
        ("NOT(CIDR(@ip,1.2.3.4/32))", Without(Cidr("@ip", ("1.2.3.4/32",)))),
        ("a\\ b\\:c", Term("a\\ b\\:c")),
        ("#duration:>1", Attribute("#duration", Comparison(">", Term("1")))),
        ('a"b c"', Every((Term("a"), Phrase('"b c"')))),
        ('"a"b', Every((Phrase('"a"'), Term("b")))),
        ('$x"b"', Every((Term("$x"), Phrase('"b"')))),
        ('@a:b"c d"', Every((Attribute("@a", Term("b")), Phrase('"c d"')))),
        ("a'b c'", Every((Term("a'b"), Term("c'")))),
        ('@a:["x y" TO 2]', Attribute("@a", Range("[", '"x y"', "2", "]"))),
        ('@a:>"x y"', Attribute("@a", Comparison(">", Phrase('"x y"')))),
        ("[1 TO 2]", Every((Term("[1"), Term("TO"), Term("2]")))),
        ("a$ b$", Every((Term("a$"), Term("b$")))),
        ("$host a-b", Every((Term("$host"), Term("a-b")))),
    ],
)
def test_each_form_is_read(text: str, expected: SearchExpression) -> None:
    assert found(text) == expected


def test_an_escaped_quote_is_part_of_a_phrase_whose_own_quotes_are_escaped() -> None:
    tree = parse_query(r'logs("@a:\"b\\\"c\" d").index("*").rollup("count").last("5m") > 1')
    assert isinstance(tree, EventMonitor)
    assert tree.search.expression == Every((Attribute("@a", Phrase(r"\"b\\\"c\"")), Term("d")))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (r"""logs("it's \"a 'b'\"")""", Every((Term("it's"), Phrase(r"\"a 'b'\"")))),
        (r"""logs('a "b c"')""", Every((Term("a"), Phrase('"b c"')))),
        (r"""logs('x"b c"')""", Every((Term("x"), Phrase('"b c"')))),
        (r"""logs("x\"b c\"")""", Every((Term("x"), Phrase(r"\"b c\"")))),
    ],
)
def test_a_phrase_begins_with_its_own_quotes_whatever_is_around_the_search(
    query: str, expected: SearchExpression
) -> None:
    tree = parse_query(f'{query}.rollup("count").last("5m") > 1')
    assert isinstance(tree, EventMonitor)
    assert tree.search.expression == expected


def test_an_empty_search_finds_everything() -> None:
    assert parse_search("").expression is None
    assert parse_search(" \t").expression is None


def test_each_part_knows_where_it_stood() -> None:
    text = " a  (b:[1 TO 2] OR -c )"
    assert {text[slice(*node.span)] for node in walk(found(text))} >= {"a", "b:[1 TO 2]", "[1 TO 2]", "-c", "c"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("hello\\:world", "hello:world"),
        ("a\\ b", "a b"),
        ("C\\\\:x", "C:x"),
        ("\\*x*", "*x*"),
        ("plain", "plain"),
        ("end\\", "end\\"),
    ],
)
def test_a_term_means_itself_without_its_escapes(written: str, meant: str) -> None:
    assert Term(written).value == meant


def test_a_wildcard_counts_only_where_it_is_not_escaped() -> None:
    assert Term("web*").is_pattern
    assert Term("we?").is_pattern
    assert not Term("web\\*").is_pattern
    assert list(characters("\\*a*")) == [("*", True), ("a", False), ("*", False)]


@pytest.mark.parametrize(
    ("written", "meant"), [('"a b*"', "a b*"), ('\\"a b\\"', "a b"), ('"a \\"b\\""', 'a "b"'), ('""', "")]
)
def test_a_phrase_means_what_stands_between_its_quotes(written: str, meant: str) -> None:
    assert Phrase(written).value == meant


@pytest.mark.parametrize(
    ("text", "said", "at"),
    [
        ("a AND", "expected a term, found the end of the search", 5),
        ("AND a", "expected a term, found 'AND'", 0),
        ("a OR OR b", "expected a term, found 'OR'", 5),
        ("a -", "expected a term, found the end of the search", 3),
        ("a NOT", "expected a term, found the end of the search", 5),
        ("(a", "this parenthesis is never closed", 0),
        ("a)", "expected the end of the search, found ')'", 1),
        ("()", "a parenthesis is never empty", 0),
        ('a "b', "this quote is never closed", 2),
        ("@a:", "expected a value after '@a:', found the end of the search", 3),
        ("@a: OR b", "expected a value after '@a:', found 'OR'", 4),
        ("(@a: )", "expected a value after '@a:', found ')'", 5),
        ("@a:>", "expected a value after '>', found the end of the search", 4),
        ("@a:[1 TO 2", "this range is never closed", 3),
        ("@a:[1 2]", "expected 'TO' between the ends of a range, found '2'", 6),
        ("@a:[1 TO]", "expected the high end of a range, found ']'", 8),
        ("@a:[1 TO 2 3]", "expected ']' or '}' to close the range, found '3'", 11),
        ("@a:[( TO 2]", "the character '(' means nothing here", 4),
        ('@a:["x', "this quote is never closed", 4),
        ('CIDR(@a,"x")', "the character '\"' means nothing here", 8),
        ("@a:[ ]", "expected the low end of a range, found ']'", 5),
        ("CIDR(@a", "this parenthesis is never closed", 4),
        ("CIDR(@a)", "expected ',' and a block such as 13.0.0.0/8, found ')'", 7),
        ("CIDR(@a,)", "expected a block such as 13.0.0.0/8, found ')'", 8),
        ("CIDR(@a b)", "expected ',' and a block such as 13.0.0.0/8, found 'b'", 8),
    ],
)
def test_a_search_that_is_none_is_refused_where_it_goes_wrong(text: str, said: str, at: int) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_search(text)
    assert caught.value.message == said
    assert caught.value.start == at
