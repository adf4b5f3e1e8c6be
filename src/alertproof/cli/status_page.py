"""``alertproof status-page``: one HTML file of what the schedule's history knows."""

from __future__ import annotations

from pathlib import Path

import click

from alertproof.clock import SystemClock
from alertproof.errors import ConfigError

__all__ = ["status_page"]


@click.command("status-page")
@click.option(
    "--store", default="reports/schedule/history.sqlite", show_default=True, help="A path, or postgresql://.."
)
@click.option("--output", type=click.Path(path_type=Path), default=Path("reports/status.html"), show_default=True)
@click.option("--title", default="Status", show_default=True)
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True, help="How far back.")
@click.option("--objective", type=click.FloatRange(50, 99.999), default=99.9, show_default=True, help="Percent.")
def status_page(*, store: str, output: Path, title: str, days: int, objective: float) -> int:
    """Write the status page. Exit code 5 when the history holds no run."""
    try:
        from alertproof.report.status import Period, write_status_page  # noqa: PLC0415 - an extra
        from alertproof.schedule.store import Store  # noqa: PLC0415 - as above
    except ImportError as error:
        raise ConfigError(f"this needs {error.name}: pip install 'alertproof[schedule]'") from error
    if "://" not in store and not Path(store).is_file():
        raise ConfigError(f"{store}: no such history; alertproof schedule writes one, or name another: --store")
    history = Store(store)
    try:
        period = Period(until=SystemClock().now(), days=days, objective=objective / 100)
        runs = write_status_page(history, output, title=title, period=period)
    finally:
        history.close()
    click.echo(output)
    if not runs:
        click.echo(f"no run in the last {days} days", err=True)
    return 0 if runs else 5
