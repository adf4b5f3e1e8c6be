"""Cuts the text of a monitor query into tokens.

Two alphabets: between braces (a scope, or group-by tags) almost anything is part of a tag; elsewhere the
text is arithmetic. The braces themselves switch from one to the other. A Terraform interpolation is part of the
name, number or tag it touches, and a name if it touches none. Takes time in proportion to the text.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NoReturn

from msgspec import Struct

from alertproof.datadog.query.parse.placeholders import begins_placeholder, end_of_placeholder, has_placeholder
from alertproof.datadog.query.tree import Span
from alertproof.errors import QuerySyntaxError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Token", "TokenKind", "tokenize"]


class TokenKind(Enum):
    """What a token is; the value is how an error names it."""

    NUMBER = "a number"
    NAME = "a name"
    TEXT = "a quoted text"
    TAG = "a tag"
    SIGN = "a sign"
    END = "the end of the query"


class Token(Struct, frozen=True):
    """One token; ``text`` is as written, quotes included."""

    kind: TokenKind
    text: str
    span: Span

    def __str__(self) -> str:
        if self.kind is TokenKind.END:
            return str(self.kind.value)
        return f"{self.text!r}" if len(self.text) <= 60 else f"{self.text[:57]!r}..."

    @property
    def is_template(self) -> bool:
        """Tell whether a Terraform interpolation is part of a name, number or tag."""
        return self.kind is not TokenKind.TEXT and has_placeholder(self.text)


_KINDS = {kind.name: kind for kind in TokenKind}
_SPACE = re.compile(r"\s*")
_OUTSIDE = re.compile(
    r"""
    (?P<NUMBER> (?: [0-9]+ (?: \.[0-9]+ )? | \.[0-9]+ ) (?: [eE][+-]?[0-9]+ )? (?! \w | \$\$?\{ ) )
  | (?P<NAME>   (?= \w | \$\$?\{ ) )
  | (?P<TEXT>   (?= ['"] ) )
  | (?P<SIGN>   [<>=!]= | && | \|\| | [-+*/%<>(){},:.=!] )
    """,
    re.VERBOSE,
)
# A minus begins a negated tag and an exclamation mark stands alone; inside a tag both are plain characters.
_INSIDE = re.compile(r"(?P<SIGN> [!(){},] ) | (?P<TAG> (?= [^\s'\"] ) )", re.VERBOSE)
_NAME_PART = re.compile(r"[\w.]+")
_TAG_PART = re.compile(r"(?: [^\s(){},'\"$] | \$ (?! \$?\{ ) )+", re.VERBOSE)
_TAG_OPERATOR = re.compile(r"(?: and | or | not | in ) (?! [^\s(){},] )", re.VERBOSE | re.IGNORECASE)
_PLAIN_TEXT = re.compile(r"""[^'"\\$]+""")


def tokenize(query: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    r"""Yield the tokens of a query or of a part of it, the last of them END; raises `QuerySyntaxError` where it is.

    A part stands in quotes, so that its own quotes may be written ``\"``.
    """
    return _Tokenizer(query, start, len(query) if end is None else end, nested=end is not None).run()


class _Tokenizer:
    def __init__(self, query: str, start: int, end: int, *, nested: bool) -> None:
        self._query = query
        self._start = start
        self._end = end
        self._nested = nested
        # Set once an interpolation in a text is never closed: then none behind it is looked for.
        self._unclosed = False

    def run(self) -> Iterator[Token]:
        inside = False
        at = self._behind_space(self._start)
        while at < self._end:
            kind, end = self._next(at, inside=inside)
            text = self._query[at:end]
            if kind is TokenKind.TAG and text.endswith(":"):
                text, end = self._with_value(text, end)
            yield Token(kind, text, Span(at, end))
            if kind is TokenKind.SIGN and text in {"{", "}"}:
                inside = text == "{"
            at = self._behind_space(end)
        yield Token(TokenKind.END, "", Span(self._end, self._end))

    def _next(self, at: int, *, inside: bool) -> tuple[TokenKind, int]:
        """Return what stands at ``at`` and where it ends."""
        if self._nested and not inside and self._query.startswith(('\\"', "\\'"), at):
            return TokenKind.TEXT, self._end_of_text(at, 2)
        match = (_INSIDE if inside else _OUTSIDE).match(self._query, at, self._end)
        if match is None or match.lastgroup is None:
            self._unreadable(at)
        kind = _KINDS[match.lastgroup]
        if kind is TokenKind.NAME:
            return kind, self._end_of_name(at)
        if kind is TokenKind.TAG:
            return kind, self._end_of(_TAG_PART, at)[0]
        if kind is TokenKind.TEXT:
            return kind, self._end_of_text(at, 1)
        return kind, match.end()

    def _behind_space(self, at: int) -> int:
        match = _SPACE.match(self._query, at, self._end)
        return match.end() if match else at

    def _end_of(self, part: re.Pattern[str], at: int) -> tuple[int, int]:
        """Return where a run of plain parts and interpolations ends, and where its last interpolation does."""
        last = at
        while True:
            match = part.match(self._query, at, self._end)
            if match:
                at = match.end()
            elif begins_placeholder(self._query, at):
                at = last = self._behind_placeholder(at)
            else:
                return at, last

    def _end_of_name(self, at: int) -> int:
        end, last = self._end_of(_NAME_PART, at)
        dot = self._query.rfind(".", last, end)
        if last > at and dot >= 0 and self._query.startswith("(", self._behind_space(end)):
            # What a template made is modified: ${local.query}.as_count()
            return dot
        return end

    def _with_value(self, text: str, end: int) -> tuple[str, int]:
        """Join ``pod_name: web-*``, as the documentation writes it [FILTER]."""
        at = self._behind_space(end)
        if at == end or at >= self._end or self._query[at] in "(){},'\"" or _TAG_OPERATOR.match(self._query, at):
            return text, end
        behind = self._end_of(_TAG_PART, at)[0]
        return text + self._query[at:behind], behind

    def _behind_placeholder(self, at: int) -> int:
        end = end_of_placeholder(self._query, at, self._end)
        if end is None:
            raise QuerySyntaxError(
                "this template is never closed", query=self._query, start=at, end=self._query.index("{", at) + 1
            )
        return end

    def _end_of_text(self, at: int, width: int) -> int:
        """Return the end of a quoted text; a backslash keeps a quote from ending it, as does an interpolation."""
        start = at
        quote = self._query[at : at + width]
        at += width
        while at < self._end:
            if self._query.startswith(quote, at):
                return at + width
            if match := _PLAIN_TEXT.match(self._query, at, self._end):
                at = match.end()
            elif self._query[at] == "\\":
                at += 2
            else:
                at = self._behind_dollar(at)
        raise QuerySyntaxError("this quote is never closed", query=self._query, start=start, end=start + width)

    def _behind_dollar(self, at: int) -> int:
        """Return the end of an interpolation in a text, or of the sign alone: "${" may be what a search looks for."""
        if not self._unclosed and begins_placeholder(self._query, at):
            end = end_of_placeholder(self._query, at, self._end)
            if end is not None:
                return end
            self._unclosed = True
        return at + 1

    def _unreadable(self, at: int) -> NoReturn:
        character = self._query[at]
        raise QuerySyntaxError(
            f"the character {character!r} means nothing here", query=self._query, start=at, end=at + 1
        )
