"""Prints event searches, with the white space they were written with."""

from __future__ import annotations

from itertools import pairwise, zip_longest
from typing import assert_never

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
    Term,
    Without,
)

__all__ = ["render_search"]


def render_search(search: Search) -> str:
    """Return the text of a search, with its quotes."""
    tokens = _tokens(search.expression) if search.expression is not None else []
    spaces = search.spaces if len(search.spaces) == len(tokens) + 1 else _usual_spaces(tokens)
    body = "".join(part for pair in zip_longest(spaces, tokens, fillvalue="") for part in pair)
    return f"{search.quote}{body}{search.quote}"


def _usual_spaces(tokens: list[str]) -> tuple[str, ...]:
    """Return the white space before each token, and none behind the last."""
    between = ["" if _touch(before, behind) else " " for before, behind in pairwise(tokens)]
    return ("", *between, "") if tokens else ("",)


def _touch(before: str, behind: str) -> bool:
    return before in {"(", "[", "{", "-", "!", "CIDR", ">", ">=", "<", "<="} or before.endswith(":") or behind in ")]},"


def _tokens(search: SearchExpression) -> list[str]:
    """Return the tokens of a search: what the reader cut it into."""
    return _enclosed(search, needed=False)


def _enclosed(search: SearchExpression, *, needed: bool) -> list[str]:
    pairs = max(search.parentheses, int(needed))
    return ["("] * pairs + _plain(search) + [")"] * pairs


def _plain(search: SearchExpression) -> list[str]:  # noqa: PLR0911 - one per kind of search
    match search:
        case Term() | Phrase():
            return [search.text]
        case Comparison():
            return [search.operator, search.value.text]
        case Range():
            return [search.opening, search.low, "TO", search.high, search.closing]
        case Cidr():
            blocks = [token for block in search.blocks for token in (",", block)]
            return ["CIDR", "(", search.attribute, *blocks, ")"]
        case Attribute():
            compound = isinstance(search.value, Without | Every | Either | Attribute | Cidr)
            return [f"{search.name}:", *_enclosed(search.value, needed=compound)]
        case Without():
            return [search.sign, *_enclosed(search.item, needed=isinstance(search.item, Every | Either))]
        case Every():
            items = [_enclosed(item, needed=isinstance(item, Every | Either)) for item in search.items]
            return _joined(items, search.words, "")
        case Either():
            items = [_enclosed(item, needed=isinstance(item, Either)) for item in search.items]
            return _joined(items, search.words, "OR")
        case _:
            assert_never(search)


def _joined(items: list[list[str]], words: tuple[str, ...], usual: str) -> list[str]:
    between = words if len(words) == len(items) - 1 else (usual,) * (len(items) - 1)
    tokens = list(items[0])
    for word, item in zip(between, items[1:], strict=True):
        if word:
            tokens.append(word)
        tokens.extend(item)
    return tokens
