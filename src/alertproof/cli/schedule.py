"""``alertproof schedule``: probes and journeys at their own intervals, until it is told to end."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import click

from alertproof.cli.options import monitoring_option, target_option
from alertproof.cli.pointing import named_for_others
from alertproof.cli.schedule_telling import Told, until_told
from alertproof.cli.schedule_vendors import listening, require_login
from alertproof.errors import ConfigError
from alertproof.requirements import Target, parse_span
from alertproof.stack import reached

if TYPE_CHECKING:
    from alertproof.schedule.record import PlannedCheck
    from alertproof.schedule.scheduler import Listener, Scheduler
    from alertproof.schedule.store import Store
    from alertproof.schedule.wire import WatchedCheck
    from alertproof.schedule.worker import Pool

__all__ = ["SPAN", "schedule"]


class _Span(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions of click alone
    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        try:
            return parse_span(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


SPAN = _Span()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the command was given."""

    folder: Path
    target_name: str
    monitoring: Path
    reports: Path
    store: str
    location: str
    network: str
    service: str
    beat: timedelta
    every: timedelta
    every_journey: timedelta
    jitter: timedelta
    workers: int
    journeys: int
    catch_up: Literal["newest", "none"]
    longest: timedelta
    renew: timedelta
    keep: timedelta
    drain: timedelta
    once: bool
    as_json: bool


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@target_option
@monitoring_option
@click.option(
    "--reports",
    type=click.Path(path_type=Path),
    default=Path("reports/schedule"),
    show_default=True,
    help="Where the history and what failed journeys leave are kept.",
)
@click.option(
    "--store", default="", help="The history: a path, or postgresql://..; default: history.sqlite in --reports."
)
@click.option("--location", envvar="ALERTPROOF_LOCATION", default=socket.gethostname, help="Where this machine is.")
@click.option("--network", default="", help="The network it is in; default: the address that it sends from.")
@click.option("--service", default="m3core-api", show_default=True, help="The tag service of what Datadog is told.")
@click.option("--beat", type=SPAN, default="1m", show_default=True, help="How often Sentry hears that this is alive.")
@click.option("--every", type=SPAN, default="1m", show_default=True, help="Of a probe that says nothing itself.")
@click.option("--every-journey", type=SPAN, default="5m", show_default=True, help="Of a journey that says nothing.")
@click.option("--jitter", type=SPAN, default="0s", show_default=True, help="At most half of the interval.")
@click.option("--workers", type=click.IntRange(1, 16), default=1, show_default=True, help="Probes at once.")
@click.option("--journeys", type=click.IntRange(1, 8), default=1, show_default=True, help="Journeys at once.")
@click.option(
    "--catch-up",
    type=click.Choice(["newest", "none"]),
    default="newest",
    show_default=True,
    help="Of the slots that passed while nobody ran: run the newest at once, or wait for the next.",
)
@click.option("--longest", type=SPAN, default="2m", show_default=True, help="The longest that a run may take.")
@click.option("--renew", type=SPAN, default="30m", show_default=True, help="After that a worker logs in anew.")
@click.option("--keep", type=SPAN, default="90d", show_default=True, help="How long runs are kept.")
@click.option("--drain", type=SPAN, default="1m", show_default=True, help="How long the end waits for what runs.")
@click.option("--once", is_flag=True, help="Run each check once and end; for cron.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each run.")
def schedule(**options: object) -> int:
    """Run the probes and journeys of FOLDER, each at its own interval, until SIGTERM.

    Exit code 0 ended as it was told to; with --once 1 a check failed, 3 one could not tell. 5 there was nothing to
    run, 6 Datadog refused the key.
    """
    given = Given(**options)  # type: ignore[arg-type]
    try:
        from alertproof.schedule.store import Store  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError(f"this needs {error.name}: pip install 'alertproof[schedule]'") from error
    with ExitStack() as stack:
        stack.enter_context(_alone(given))
        store = Store(given.store or given.reports / "history.sqlite")
        stack.callback(store.close)
        target = stack.enter_context(
            reached(given.target_name, targets=Path("alertproof.toml"), monitoring=given.monitoring)
        )
        require_login(target)
        pools = _pools(given, target)
        for pool in pools.values():
            stack.callback(pool.stop)
        checks = _planned(given, pools)
        if not checks:
            click.echo(f"{given.folder} holds no probe and no journey; nothing ran", err=True)
            return 5
        told = Told(as_json=given.as_json)
        vendors = listening(target, store, location=given.location, service=given.service, beat=given.beat)
        scheduler = _scheduler(
            given, target, store, pools, checks=checks, listeners=[told, *stack.enter_context(vendors)]
        )
        if given.once:
            scheduler.once()
            if not scheduler.ran:
                click.echo("nothing was due: each check has run in its present slot", err=True)
            return told.exit_code
        said = f"{len(checks)} checks from {given.location} at {target.endpoints.m3core}; history: {store.shown}"
        click.echo(said, err=True)
        until_told(scheduler, tuple(pools.values()), drain=given.drain)
        click.echo(f"ended; {scheduler.ran} runs", err=True)
        return 0


@contextmanager
def _alone(given: Given) -> Iterator[None]:
    """Hold the folder: two schedulers of one location would settle each other's runs."""
    try:
        given.reports.mkdir(parents=True, exist_ok=True)
        lock = os.open(given.reports / f"{_plain(given.location)}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(
            f"{given.reports} cannot be written: {error.strerror}; name another: --reports DIR"
        ) from error
    with os.fdopen(lock):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(
                f"a scheduler of location {given.location!r} runs already in {given.reports}; end it, or name another"
            ) from None
        yield


def _plain(text: str) -> str:
    return "".join(one if one.isalnum() or one in "-_." else "-" for one in text)


def _pools(given: Given, target: Target) -> dict[str, Pool]:
    from alertproof.schedule.worker import Pool  # noqa: PLC0415 - as its store

    # In one word each: of a path that stands alone pytest thinks that it holds tests, and takes its project's settings.
    arguments = [
        str(given.folder),
        f"--target={named_for_others(target, given.target_name, given.reports)}",
        *((f"--monitoring={given.monitoring}",) if given.monitoring.is_dir() else ()),
        f"--reports={given.reports}",
    ]
    first = Pool(arguments, size=given.workers, renew=given.renew)
    pools = {"probe": first, "test": first}
    if any(one.kind == "journey" for one in first.checks):
        pools["journey"] = Pool(arguments, size=given.journeys, renew=given.renew)
    return pools


def _planned(given: Given, pools: dict[str, Pool]) -> list[PlannedCheck]:
    from alertproof.schedule.record import PlannedCheck  # noqa: PLC0415 - as its store
    from alertproof.schedule.store import timetable_of  # noqa: PLC0415 - as above

    def planned(one: WatchedCheck) -> PlannedCheck:
        every = one.every or (given.every_journey if one.kind == "journey" else given.every)
        jitter = min(given.jitter, every / 2) if one.jitter is None else one.jitter
        return PlannedCheck(
            name=one.name,
            kind=one.kind,
            location=given.location,
            timetable=timetable_of(one.name, given.location, every, jitter),
            quarantine=one.quarantine,
        )

    return [planned(one) for one in pools["probe"].checks]


def _scheduler(
    given: Given,
    target: Target,
    store: Store,
    pools: dict[str, Pool],
    *,
    checks: Sequence[PlannedCheck],
    listeners: Sequence[Listener],
) -> Scheduler:
    from alertproof.schedule.scheduler import Scheduler, Settings  # noqa: PLC0415 - as its store

    sizes = {"probe": given.workers, "test": 1, "journey": given.journeys}
    return Scheduler(
        checks,
        store=store,
        pools={kind: (pool, sizes[kind]) for kind, pool in pools.items()},
        settings=Settings(
            location=given.location,
            network=given.network or _address(target),
            catch_up=given.catch_up,
            longest=given.longest,
            beat=given.beat,
            keep=given.keep,
        ),
        listeners=listeners,
    )


def _address(target: Target) -> str:
    """Return the address that this machine sends from to the platform; empty where there is no way to it."""
    url = urlsplit(target.endpoints.m3core)
    try:
        found = socket.getaddrinfo(url.hostname, url.port or 443, type=socket.SOCK_DGRAM)
        with socket.socket(found[0][0], socket.SOCK_DGRAM) as way:
            way.connect(found[0][4])  # sends nothing
            return str(way.getsockname()[0])
    except OSError:
        return ""
