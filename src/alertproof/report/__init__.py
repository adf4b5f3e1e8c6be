"""What a run proved, for people and machines: JSON lines, Markdown, tables for the terminal, one HTML page, a history.

A `Recorder` (in memory) and a `JsonLinesSink` (on disk) take a run's events and journals; :func:`write_report` writes
the files and adds the run to the `History`, :func:`print_summary` prints the tables.
"""

from __future__ import annotations

from alertproof.report.history import History, Past, PastRun
from alertproof.report.html import render_html
from alertproof.report.jsonl import JsonLinesSink, decode_record, encode_record, read_lines
from alertproof.report.markdown import render_markdown
from alertproof.report.model import Recorder, Report
from alertproof.report.proof_page import proof_page
from alertproof.report.review import Finding, review
from alertproof.report.summary import Headline, headline
from alertproof.report.summary.drills import repeats_said
from alertproof.report.table import print_summary, summary_table
from alertproof.report.writers import Paths, render_report, write_report

__all__ = [
    "Finding",
    "Headline",
    "History",
    "JsonLinesSink",
    "Past",
    "PastRun",
    "Paths",
    "Recorder",
    "Report",
    "decode_record",
    "encode_record",
    "headline",
    "print_summary",
    "proof_page",
    "read_lines",
    "render_html",
    "render_markdown",
    "render_report",
    "repeats_said",
    "review",
    "summary_table",
    "write_report",
]
