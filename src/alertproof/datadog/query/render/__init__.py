"""Prints a query's tree; reading the print gives the same tree.

What was read is printed as it was written, up to white space outside quotes: the tree keeps the spelling. A tree
that was put together by hand is printed in the usual spelling, with the parentheses it needs.
"""

from __future__ import annotations

from alertproof.datadog.query.render.expression import render_expression, render_scope
from alertproof.datadog.query.render.monitor import render_query
from alertproof.datadog.query.render.search import render_search

__all__ = ["render_expression", "render_query", "render_scope", "render_search"]
