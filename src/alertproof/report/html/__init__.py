"""The report as one HTML file that needs nothing else: no script, no request, readable in print and in the dark."""

from __future__ import annotations

from alertproof.report.html.page import render_html

__all__ = ["render_html"]
