"""The language of monitor queries: text to tree and back."""

from __future__ import annotations

from alertproof.datadog.query.parse import parse_expression, parse_query
from alertproof.datadog.query.render import render_expression, render_query

__all__ = ["parse_expression", "parse_query", "render_expression", "render_query"]
