"""A reader of tokens: what the parsers of a query share."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from alertproof.datadog.query.parse.placeholders import starts_with_placeholder
from alertproof.datadog.query.parse.tokens import Token, TokenKind, tokenize
from alertproof.datadog.query.tree import Span
from alertproof.errors import QuerySyntaxError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Cursor"]

# Deeper than any real query, and far from Python's own recursion limit.
_DEEPEST = 40
# Arithmetic nests to the left: each operator is a level of the tree.
_MOST_OPERATORS = 200


class Cursor:
    """The tokens of one query and how far they have been read.

    ``formula`` says that names are references to other queries, ``conditional`` that a comparison must follow.
    """

    def __init__(
        self, query: str, start: int = 0, end: int | None = None, *, formula: bool = False, conditional: bool = False
    ) -> None:
        self.query = query
        self.formula = formula
        self.conditional = conditional
        self._start = start
        self._source = tokenize(query, start, end)
        # Those looked at so far.
        self._tokens: list[Token] = []
        self._next = 0
        self._depth = 0
        self._operators = 0

    def peek(self, ahead: int = 0) -> Token:
        """Return a token without reading it; END at and behind the end."""
        tokens, wanted = self._tokens, self._next + ahead
        while len(tokens) <= wanted:
            token = next(self._source, None)
            if token is None:
                return tokens[-1]
            tokens.append(token)
        return tokens[wanted]

    def read(self) -> Token:
        """Return the next token and move behind it."""
        token = self.peek()
        self._next += 1
        return token

    def at(self, *texts: str, ahead: int = 0) -> bool:
        """Tell whether the token is one of these signs, names or tags."""
        token = self.peek(ahead)
        return token.text in texts and token.kind is not TokenKind.TEXT

    def at_kind(self, kind: TokenKind, ahead: int = 0) -> bool:
        """Tell whether the token is of this kind."""
        return self.peek(ahead).kind is kind

    def at_template(self, ahead: int = 0) -> bool:
        """Tell whether the token begins with a Terraform interpolation, and so may stand for anything."""
        token = self.peek(ahead)
        return token.kind is TokenKind.NAME and starts_with_placeholder(token.text)

    def accept(self, *texts: str) -> Token | None:
        """Read the token if it is one of these."""
        return self.read() if self.at(*texts) else None

    def expect(self, text: str, why: str) -> Token:
        """Read this very token, or fail saying why it had to be there."""
        return self.accept(text) or self.fail(f"expected {text!r} {why}, found {self.peek()}")

    def expect_kind(self, kind: TokenKind, what: str) -> Token:
        """Read a token of this kind, or fail saying what had to be there."""
        return self.read() if self.at_kind(kind) else self.fail(f"expected {what}, found {self.peek()}")

    def expect_end(self) -> None:
        """Fail if anything is left."""
        if not self.at_kind(TokenKind.END):
            self.fail(f"expected the end of the query, found {self.peek()}")

    def since(self, start: int) -> Span:
        """Return the span from ``start`` to the end of the token read last."""
        return Span(start, max(start, self._tokens[self._next - 1].span.end))

    def spaces(self) -> tuple[str, ...]:
        """Return the white space before each token that was read or looked at, the last of which is the end."""
        ends = [self._start, *(token.span.end for token in self._tokens)]
        return tuple(self.query[end : token.span.start] for end, token in zip(ends, self._tokens, strict=False))

    def fail(self, message: str, span: Span | None = None) -> NoReturn:
        """Raise a syntax error at ``span``, by default at the next token."""
        start, end = span or self.peek().span
        raise QuerySyntaxError(message, query=self.query, start=start, end=end)

    def count_operator(self, span: Span) -> None:
        """Count an arithmetic operator; fail where there are absurdly many."""
        self._operators += 1
        if self._operators > _MOST_OPERATORS:
            self.fail(f"more than {_MOST_OPERATORS} arithmetic operators", span)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Count one level of nesting; fail where a query nests absurdly."""
        self._depth += 1
        if self._depth > _DEEPEST:
            self.fail(f"nested more than {_DEEPEST} levels deep")
        try:
            yield
        finally:
            self._depth -= 1
