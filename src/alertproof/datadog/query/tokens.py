"""Cuts the text of a monitor query into tokens.

Two alphabets: between braces (a scope, or group-by tags) almost anything is part of a tag; elsewhere the
text is arithmetic. The braces themselves switch from one to the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from alertproof.datadog.query.tree import Span
from alertproof.errors import QuerySyntaxError

__all__ = ["Token", "TokenKind", "tokenize"]


class TokenKind(Enum):
    """What a token is; the value is how an error names it."""

    NUMBER = "a number"
    NAME = "a name"
    TEXT = "a quoted text"
    TAG = "a tag"
    SIGN = "a sign"
    END = "the end of the query"


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``text`` is as written, quotes included."""

    kind: TokenKind
    text: str
    span: Span

    def __str__(self) -> str:
        return self.kind.value if self.kind is TokenKind.END else f"{self.text!r}"


_SPACE = re.compile(r"\s*")
_OUTSIDE = re.compile(
    r"""
    (?P<NUMBER> (?: \d+ (?: \.\d+ )? | \.\d+ ) (?: [eE][+-]?\d+ )? (?! \w ) )
  | (?P<NAME>   \w [\w.]* )
  | (?P<TEXT>   '[^']*' | "[^"]*" )
  | (?P<SIGN>   [<>=!]= | [-+*/%<>(){},:.=] )
    """,
    re.VERBOSE,
)
# A minus begins a negated tag and an exclamation mark stands alone; inside a tag both are plain characters.
_INSIDE = re.compile(r"(?P<SIGN> [!(){},] ) | (?P<TAG> [^\s!(){},'\"] [^\s(){},'\"]* )", re.VERBOSE)


def tokenize(query: str) -> tuple[Token, ...]:
    """Return the tokens of ``query``, the last of them END; raises `QuerySyntaxError`."""
    tokens: list[Token] = []
    inside = False
    at = _skip_space(query, 0)
    while at < len(query):
        match = (_INSIDE if inside else _OUTSIDE).match(query, at)
        if match is None or match.lastgroup is None:
            raise _unreadable(query, at)
        text, span = match.group(), Span(*match.span())
        tokens.append(Token(TokenKind[match.lastgroup], text, span))
        if text in {"{", "}"}:
            inside = text == "{"
        at = _skip_space(query, match.end())
    tokens.append(Token(TokenKind.END, "", Span(len(query), len(query))))
    return tuple(tokens)


def _skip_space(query: str, at: int) -> int:
    match = _SPACE.match(query, at)
    return match.end() if match else at


def _unreadable(query: str, at: int) -> QuerySyntaxError:
    if query[at] in "'\"":
        return QuerySyntaxError("this quote is never closed", query=query, start=at, end=at + 1)
    return QuerySyntaxError(f"the character {query[at]!r} means nothing here", query=query, start=at, end=at + 1)
