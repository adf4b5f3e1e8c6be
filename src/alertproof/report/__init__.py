"""What a run proved, for people and machines: JSON lines, Markdown, a terminal table and one HTML page.

A `Recorder` (in memory) and a `JsonLinesSink` (on disk) take a run's events and drill journals;
:func:`write_report` writes the files and :func:`print_summary` prints the table.
"""

from __future__ import annotations

from alertproof.report.html import render_html
from alertproof.report.jsonl import JsonLinesSink, decode_record, encode_record, read_lines
from alertproof.report.markdown import render_markdown
from alertproof.report.model import Recorder, Report
from alertproof.report.summary import Headline, headline
from alertproof.report.table import print_summary, summary_table
from alertproof.report.writers import Paths, write_report

__all__ = [
    "Headline",
    "JsonLinesSink",
    "Paths",
    "Recorder",
    "Report",
    "decode_record",
    "encode_record",
    "headline",
    "print_summary",
    "read_lines",
    "render_html",
    "render_markdown",
    "summary_table",
    "write_report",
]
