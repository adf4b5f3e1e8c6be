"""The language of monitor queries: text to tree and back."""

from __future__ import annotations

from alertproof.datadog.query.parse import parse_expression, parse_formula, parse_query, parse_search
from alertproof.datadog.query.render import render_expression, render_query, render_search

__all__ = [
    "parse_expression",
    "parse_formula",
    "parse_query",
    "parse_search",
    "render_expression",
    "render_query",
    "render_search",
]
