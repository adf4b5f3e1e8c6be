"""Reads event searches: terms, phrases, ``AND``, ``OR`` and ``-``, attributes, ranges, comparisons [LOGSYN].

The grammar::

    search = { and }  joined by "OR"               and = { not }  joined by "AND" or nothing
    not    = ("-" | "!" | "NOT") not | "(" search ")" | name ":" value | value
    value  = word | phrase | comparator ( word | phrase ) | "[" word "TO" word "]" | "(" search ")" | CIDR "(" .. ")"
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, NoReturn

from msgspec.structs import replace

from alertproof.datadog.query.parse.search_tokens import SearchToken, SearchTokenKind, search_tokens
from alertproof.datadog.query.tree import (
    Attribute,
    Cidr,
    Comparison,
    Either,
    Every,
    Phrase,
    Range,
    Search,
    SearchExpression,
    Span,
    Term,
    Without,
)
from alertproof.errors import QuerySyntaxError

if TYPE_CHECKING:
    from alertproof.datadog.query.parse.tokens import Token

__all__ = ["read_bare_search", "read_search"]

_DEEPEST = 40
_AND, _OR, _NOT = ("AND", "&&"), ("OR", "||"), ("NOT", "-", "!")


def read_search(query: str, token: Token) -> Search:
    """Read what stands between the quotes of a text as a search."""
    start, end = token.span
    return _Reader(query, start + 1, end - 1, token.text[0]).search(token.span)


def read_bare_search(text: str) -> Search:
    """Read a search that stands alone, without quotes around it."""
    return _Reader(text, 0, len(text), "").search(Span(0, len(text)))


class _Reader:
    def __init__(self, query: str, start: int, end: int, quote: str) -> None:
        self._query = query
        self._start = start
        self._quote = quote
        self._tokens = search_tokens(query, start, end, quote)
        self._next = 0
        self._depth = 0

    def search(self, span: Span) -> Search:
        """Read all of it; an empty search finds everything."""
        expression = None if self._is(SearchTokenKind.END) else self._either()
        if not self._is(SearchTokenKind.END):
            self._fail(f"expected the end of the search, found {self._peek()}")
        ends = [self._start, *(token.span.end for token in self._tokens)]
        spaces = tuple(self._query[e : token.span.start] for e, token in zip(ends, self._tokens, strict=False))
        return Search(self._quote, expression, spaces, span=span)

    # --- tokens ---

    def _peek(self) -> SearchToken:
        return self._tokens[self._next]

    def _read(self) -> SearchToken:
        token = self._peek()
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _is(self, *kinds: SearchTokenKind) -> bool:
        return self._peek().kind in kinds

    def _accept(self, *texts: str) -> SearchToken | None:
        """Read the token if it is one of these signs or operators."""
        token = self._peek()
        found = token.text in texts and token.kind in {SearchTokenKind.SIGN, SearchTokenKind.WORD}
        return self._read() if found else None

    def _at(self, *texts: str) -> bool:
        token = self._peek()
        return token.text in texts and token.kind in {SearchTokenKind.SIGN, SearchTokenKind.WORD}

    def _expect(self, text: str, why: str) -> None:
        if self._accept(text) is None:
            self._fail(f"expected {text!r} {why}, found {self._peek()}")

    def _since(self, start: int) -> Span:
        return Span(start, max(start, self._tokens[self._next - 1].span.end))

    def _fail(self, message: str, span: Span | None = None) -> NoReturn:
        start, end = span or self._peek().span
        raise QuerySyntaxError(message, query=self._query, start=start, end=end)

    # --- grammar ---

    def _either(self) -> SearchExpression:
        start = self._peek().span.start
        items, words = [self._every()], []
        while word := self._accept(*_OR):
            words.append(word.text)
            items.append(self._every())
        return Either(tuple(items), tuple(words), span=self._since(start)) if words else items[0]

    def _every(self) -> SearchExpression:
        start = self._peek().span.start
        items, words = [self._not()], []
        while not self._is(SearchTokenKind.END) and not self._at(*_OR, ")"):
            word = self._accept(*_AND)
            words.append(word.text if word else "")
            items.append(self._not())
        return Every(tuple(items), tuple(words), span=self._since(start)) if words else items[0]

    def _not(self) -> SearchExpression:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(f"nested more than {_DEEPEST} levels deep")
        start = self._peek().span.start
        if sign := self._accept(*_NOT):
            found: SearchExpression = Without(self._not(), sign.text, span=self._since(start))
        else:
            found = self._operand()
        self._depth -= 1
        return found

    def _operand(self) -> SearchExpression:
        token = self._peek()
        if self._is(SearchTokenKind.FIELD):
            self._read()
            return Attribute(token.text[:-1], self._operand_of(token), span=self._since(token.span.start))
        return self._value()

    def _operand_of(self, name: SearchToken) -> SearchExpression:
        if self._is(SearchTokenKind.END, SearchTokenKind.FIELD) or self._at(*_AND, *_OR, ")"):
            self._fail(f"expected a value after {name}, found {self._peek()}")
        return self._value()

    def _value(self) -> SearchExpression:
        token = self._peek()
        if self._accept("("):
            return self._group(token)
        if self._at("[", "{") and token.kind is SearchTokenKind.SIGN:
            return self._range()
        if self._is(SearchTokenKind.COMPARATOR):
            self._read()
            return Comparison(token.text, self._plain(f"a value after {token}"), span=self._since(token.span.start))
        if self._is(SearchTokenKind.CIDR):
            return self._cidr()
        return self._plain("a term")

    def _group(self, opening: SearchToken) -> SearchExpression:
        if self._at(")"):
            self._fail("a parenthesis is never empty", self._since(opening.span.start))
        inner = self._either()
        if self._is(SearchTokenKind.END):
            self._fail("this parenthesis is never closed", opening.span)
        self._expect(")", "to close the parenthesis")
        return replace(inner, parentheses=inner.parentheses + 1)

    def _plain(self, what: str) -> Term | Phrase:
        token = self._peek()
        if self._is(SearchTokenKind.PHRASE):
            return Phrase(self._read().text, span=token.span)
        if not self._is(SearchTokenKind.WORD) or self._at(*_AND, *_OR):
            self._fail(f"expected {what}, found {token}")
        return Term(self._read().text, span=token.span)

    def _range(self) -> Range:
        opening = self._read()
        low = self._plain("the low end of a range")
        self._expect("TO", "between the ends of a range")
        high = self._plain("the high end of a range")
        closing = self._peek()
        if not self._accept("]", "}"):
            self._fail(f"expected ']' or '}}' to close the range, found {closing}")
        return Range(opening.text, low.text, high.text, closing.text, span=self._since(opening.span.start))

    def _cidr(self) -> Cidr:
        start = self._read().span.start
        self._expect("(", "after CIDR")
        attribute = self._plain("an attribute such as @network.client.ip")
        blocks = []
        while self._accept(","):
            blocks.append(self._block())
        if not blocks:
            self._fail(f"expected ',' and a block such as 13.0.0.0/8, found {self._peek()}")
        self._expect(")", "or ',' after a block")
        return Cidr(attribute.text, tuple(blocks), span=self._since(start))

    def _block(self) -> str:
        block = self._plain("a block such as 13.0.0.0/8")
        try:
            if "$" not in block.text:
                ip_network(block.text, strict=False)
        except ValueError:
            self._fail(f"{block.text[:60]!r} is no block of addresses such as 13.0.0.0/8", block.span)
        return block.text
