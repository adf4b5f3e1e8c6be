r"""Cuts an event search into tokens [LOGSYN].

A search stands in the quotes of the query, so that a quote in it is written ``\"`` (or ``"`` within ``'``) and a
backslash ``\`` or ``\\``. Takes time in proportion to the text.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NoReturn

from msgspec import Struct

from alertproof.datadog.query.parse.placeholders import begins_placeholder, end_of_placeholder
from alertproof.datadog.query.tree import Span
from alertproof.errors import QuerySyntaxError

__all__ = ["SearchToken", "SearchTokenKind", "search_tokens"]


class SearchTokenKind(Enum):
    """What a token is; the value is how an error names it."""

    WORD = "a word"
    FIELD = "a name with a colon"
    PHRASE = "a phrase in quotes"
    SIGN = "a sign"
    COMPARATOR = "a comparison"
    CIDR = "CIDR"
    END = "the end of the search"


class SearchToken(Struct, frozen=True):
    """One token; ``text`` is as written."""

    kind: SearchTokenKind
    text: str
    span: Span

    def __str__(self) -> str:
        if self.kind is SearchTokenKind.END:
            return str(self.kind.value)
        return f"{self.text!r}" if len(self.text) <= 60 else f"{self.text[:57]!r}..."


_SPACE = re.compile(r"\s*")
_COMPARATOR = re.compile(r"[<>]=?")
_JOINED = re.compile(r"&&|\|\|")
_CIDR = re.compile(r"CIDR(?=\s*\()")
# What ends a word, or needs a closer look inside it; a colon does only in a name.
_VALUE_PART = re.compile(r"[^\s()\"'\\$]+")
_NAME_PART = re.compile(r"[^\s()\"'\\$:]+")
_LIST_PART = re.compile(r"[^\s()\"'\\$,]+")
_RANGE_PART = re.compile(r"[^\s()\"'\\$\]}]+")


def search_tokens(query: str, start: int, end: int, quote: str) -> tuple[SearchToken, ...]:
    """Return the tokens of the search between two offsets, the last of them END; raises `QuerySyntaxError`.

    ``quote`` is the quote around the search, empty without one.
    """
    return _Tokenizer(query, start, end, quote).run()


class _Tokenizer:
    def __init__(self, query: str, start: int, end: int, quote: str) -> None:
        self._query = query
        self._at = start
        self._end = end
        # How a quote that begins a phrase is written.
        self._phrase = '\\"' if quote == '"' else '"'
        self._tokens: list[SearchToken] = []
        # For each open parenthesis, whether the values of a name stand in it: no names are looked for there.
        self._values: list[bool] = []
        self._unclosed = False

    def run(self) -> tuple[SearchToken, ...]:
        self._skip_space()
        while self._at < self._end:
            self._step()
            self._skip_space()
        self._add(SearchTokenKind.END, self._end)
        return tuple(self._tokens)

    @property
    def _is_value(self) -> bool:
        """Tell whether the value of a name comes next, or another of its values."""
        behind_name = bool(self._tokens) and self._tokens[-1].kind is SearchTokenKind.FIELD
        return behind_name or bool(self._values and self._values[-1])

    def _step(self) -> None:
        """Read what stands here: one token, or all those of a range or of ``CIDR(..)``."""
        query, at = self._query, self._at
        behind_name = bool(self._tokens) and self._tokens[-1].kind is SearchTokenKind.FIELD
        if query[at] in "()":
            self._parenthesis(query[at])
        elif query.startswith(self._phrase, at):
            self._add(SearchTokenKind.PHRASE, self._end_of_phrase())
        elif match := _JOINED.match(query, at, self._end):
            self._add(SearchTokenKind.SIGN, match.end())
        elif query[at] in "-!" and not behind_name and not self._behind_comparator():
            self._add(SearchTokenKind.SIGN, at + 1)
        elif match := _COMPARATOR.match(query, at, self._end):
            self._add(SearchTokenKind.COMPARATOR, match.end())
        elif query[at] in "[{" and self._is_value:
            self._range()
        elif not behind_name and (match := _CIDR.match(query, at, self._end)):
            self._add(SearchTokenKind.CIDR, match.end())
            self._cidr()
        else:
            self._word()

    def _behind_comparator(self) -> bool:
        return bool(self._tokens) and self._tokens[-1].kind is SearchTokenKind.COMPARATOR

    def _parenthesis(self, sign: str) -> None:
        if sign == "(":
            self._values.append(self._is_value)
        elif self._values:
            self._values.pop()
        self._add(SearchTokenKind.SIGN, self._at + 1)

    def _word(self) -> None:
        if self._is_value or self._behind_comparator():
            self._add(SearchTokenKind.WORD, self._end_of_run(_VALUE_PART))
            return
        end = self._end_of_run(_NAME_PART)
        if end < self._end and self._query[end] == ":":
            # A colon that begins a word names nothing, and is part of it.
            if end > self._at:
                self._add(SearchTokenKind.FIELD, end + 1)
                return
            end = self._end_of_run(_VALUE_PART)
        self._add(SearchTokenKind.WORD, end)

    def _range(self) -> None:
        """Read ``[400 TO 499]``, each part a token of its own."""
        opening = self._at
        self._add(SearchTokenKind.SIGN, self._at + 1)
        self._skip_space()
        while self._at < self._end and self._query[self._at] not in "]}":
            if self._query.startswith(self._phrase, self._at):
                self._add(SearchTokenKind.PHRASE, self._end_of_phrase())
            else:
                self._some(self._end_of_run(_RANGE_PART))
            self._skip_space()
        if self._at >= self._end:
            self._fail("this range is never closed", opening, opening + 1)
        self._add(SearchTokenKind.SIGN, self._at + 1)

    def _cidr(self) -> None:
        """Read ``(@network.client.ip, 13.0.0.0/8)`` behind ``CIDR``."""
        opening = self._at
        self._skip_space()
        self._add(SearchTokenKind.SIGN, self._at + 1)
        self._skip_space()
        while self._at < self._end and self._query[self._at] != ")":
            if self._query[self._at] == ",":
                self._add(SearchTokenKind.SIGN, self._at + 1)
            else:
                self._some(self._end_of_run(_LIST_PART))
            self._skip_space()
        if self._at >= self._end:
            self._fail("this parenthesis is never closed", opening, opening + 1)
        self._add(SearchTokenKind.SIGN, self._at + 1)

    def _some(self, end: int) -> None:
        """Add a word, which must not be empty."""
        if end == self._at:
            self._fail(f"the character {self._query[self._at]!r} means nothing here", self._at, self._at + 1)
        self._add(SearchTokenKind.WORD, end)

    def _end_of_run(self, part: re.Pattern[str]) -> int:
        """Return where a run of plain parts, escapes and Terraform interpolations ends."""
        at = self._at
        while at < self._end:
            if match := part.match(self._query, at, self._end):
                at = match.end()
            elif self._query[at] == "$":
                at = self._behind_dollar(at)
            elif self._query[at] == "'" or (self._query[at] == '"' and self._phrase != '"'):
                at += 1
            elif self._query[at] == "\\" and not self._query.startswith(self._phrase, at):
                at = self._behind_escape(at)
            else:
                break
        return at

    def _end_of_phrase(self) -> int:
        """Return the end of a phrase; raises `QuerySyntaxError` if it has none."""
        at = self._at + len(self._phrase)
        while at < self._end:
            if self._query.startswith(self._phrase, at):
                return at + len(self._phrase)
            if self._query[at] == "\\":
                at = self._behind_escape(at)
            elif self._query[at] == "$":
                at = self._behind_dollar(at)
            else:
                at += 1
        return self._fail("this quote is never closed", self._at, self._at + len(self._phrase))

    def _behind_escape(self, at: int) -> int:
        """Return the end of a backslash and what it escapes, which may be a quote that has its own."""
        at += 2
        if self._query[at - 1 : at] == "\\" and self._phrase != '"' and self._query.startswith(self._phrase, at):
            at += len(self._phrase)
        return min(at, self._end)

    def _behind_dollar(self, at: int) -> int:
        if not self._unclosed and begins_placeholder(self._query, at):
            end = end_of_placeholder(self._query, at, self._end)
            if end is not None:
                return end
            self._unclosed = True
        return at + 1

    def _skip_space(self) -> None:
        match = _SPACE.match(self._query, self._at, self._end)
        self._at = match.end() if match else self._at

    def _add(self, kind: SearchTokenKind, end: int) -> None:
        self._tokens.append(SearchToken(kind, self._query[self._at : end], Span(self._at, end)))
        self._at = end

    def _fail(self, message: str, start: int, end: int) -> NoReturn:
        raise QuerySyntaxError(message, query=self._query, start=start, end=end)
