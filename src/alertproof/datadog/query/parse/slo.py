"""Reads SLO alerts [BURN, ERRB].

The grammar::

    slo = ("burn_rate" | "error_budget") "(" text ")" { "." name "(" text ")" } (">" | ">=") number
"""

from __future__ import annotations

from alertproof.datadog.query.parse.cursor import Cursor
from alertproof.datadog.query.parse.tokens import Token, TokenKind
from alertproof.datadog.query.parse.values import read_comparison
from alertproof.datadog.query.tree import SloAlert
from alertproof.errors import nearest

__all__ = ["SLO_ALERTS", "read_slo_alert"]

SLO_ALERTS = ("burn_rate", "error_budget")


def read_slo_alert(cursor: Cursor) -> SloAlert:
    """Read an SLO alert up to its threshold."""
    start = cursor.peek().span.start
    kind = cursor.read().text
    slo = _text_in_parentheses(cursor, "the id of an SLO")
    known = ("over", "long_window", "short_window") if kind == "burn_rate" else ("over",)
    windows: dict[str, Token] = {}
    while cursor.accept("."):
        name = cursor.expect_kind(TokenKind.NAME, "one of " + ", ".join(known))
        if name.text not in known or name.text in windows:
            cursor.fail(f"{name} does not belong here{nearest(name.text[:60], known)}", name.span)
        windows[name.text] = _text_in_parentheses(cursor, "a span such as '30d'")
    for needed in known[:2]:
        if needed not in windows:
            cursor.fail(f"{kind} needs .{needed}(..)")
    if not cursor.at(">", ">=") and not cursor.at_template():
        cursor.fail(f"expected '>' or '>=', found {cursor.peek()}")
    condition = read_comparison(cursor)
    spans = {name: token.text[1:-1] for name, token in windows.items()}
    return SloAlert(
        kind,
        slo.text[1:-1],
        spans["over"],
        spans.get("long_window"),
        spans.get("short_window"),
        condition,
        tuple(windows),
        tuple(token.text[0] for token in (slo, *windows.values())),
        span=cursor.since(start),
    )


def _text_in_parentheses(cursor: Cursor, what: str) -> Token:
    cursor.expect("(", f"before {what}")
    token = cursor.expect_kind(TokenKind.TEXT, f"{what}, in quotes")
    cursor.expect(")", f"after {what}")
    return token
