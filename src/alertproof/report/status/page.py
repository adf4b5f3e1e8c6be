"""Writes the status page."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from alertproof.report.html.page import templates
from alertproof.report.status.view import page_view
from alertproof.report.writers import replace_file
from alertproof.schedule.record import Gap, PlannedCheck, ScheduledRun
from alertproof.schedule.store import Store

__all__ = ["Period", "render_status_page", "write_status_page"]


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """The days up to ``until`` that a page shows, and the share of good runs that is wanted in them."""

    until: datetime
    days: int = 30
    objective: float = 0.999

    @property
    def since(self) -> datetime:
        return self.until - timedelta(days=self.days)


def write_status_page(store: Store, output: Path, *, title: str, period: Period) -> int:
    """Write the page of a history whole or not at all, and return how many runs it shows.

    Raises `ConfigError` when the file cannot be written.
    """
    runs = store.runs(since=period.since)
    page = render_status_page(store.planned(), runs, store.gaps(since=period.since), title=title, period=period)
    replace_file(output, page.encode())
    return len(runs)


def render_status_page(
    checks: list[PlannedCheck], runs: list[ScheduledRun], gaps: list[Gap], *, title: str, period: Period
) -> str:
    """Return the page. It asks no other server for anything, and holds no script."""
    view = page_view(checks, runs, gaps, since=period.since, until=period.until, objective=period.objective)
    return templates().get_template("status.html.j2").render(title=title, view=view, period=period)
