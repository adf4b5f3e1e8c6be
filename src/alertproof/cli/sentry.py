"""``alertproof sentry``: whether errors would arrive."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
import msgspec

from alertproof.clock import Anchor, ScaledClock, SystemClock
from alertproof.errors import ConfigError
from alertproof.requirements import parse_span, read_stack_line, sentry_api_of
from alertproof.sentry.audit import changes, parse, words
from alertproof.sentry.verify import Judged, complaint, environment, judge, judge_dsn, read_dsn, release
from alertproof.sentrywatch import SentryWatch, connect, send_check_event
from alertproof.sentrywatch.auditing import audit as measure

__all__ = ["sentry"]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the project is, and the DSN that is said to lead there."""

    name: str
    api: str
    dsn: str
    settings: Mapping[str, str]
    clock: ScaledClock


@click.group()
def sentry() -> None:
    """What an SDK that is started here would do."""


@sentry.command()
@click.option(
    "--target",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The stack's line (alertproof up --json); else SENTRY_AUTH_TOKEN, SENTRY_ORG, SENTRY_PROJECT, SENTRY_URL.",
)
@click.option("--dsn", help="The DSN to check; else that of the target, or SENTRY_DSN.")
@click.option("--environment", "named", help="What the SDK is told; else SENTRY_ENVIRONMENT.")
@click.option("--release", "version", help="What the SDK is told; else SENTRY_RELEASE.")
@click.option("--within", default="60s", show_default=True, help="The longest that the event may take.")
@click.option("--json", "as_json", is_flag=True)
def check(
    *, target: Path | None, dsn: str | None, named: str | None, version: str | None, within: str, as_json: bool
) -> int:
    """Compare a DSN with the keys of the project, send one event by it, and look for it there.

    The event has the level info, and all of them are one issue. Exits with 0 when it arrived as it was sent, with 1
    when the DSN is not the project's or the event is not as sent, with 3 when Sentry could not be read.
    """
    place = _place(target)
    text = dsn or place.dsn
    if not text:
        raise ConfigError("no DSN is given: --dsn, SENTRY_DSN, or the stack's line with --target")
    told = (named or os.environ.get("SENTRY_ENVIRONMENT", ""), version or os.environ.get("SENTRY_RELEASE", ""))
    missing = [name for name, value in zip(("SENTRY_ENVIRONMENT", "SENTRY_RELEASE"), told, strict=True) if not value]
    if missing:
        raise ConfigError(f"{' and '.join(missing)} not set: an event must say where it is from; or give the options")
    judged, notes = _checked(place, text, environment_name=told[0], version=told[1], within=_span(within))
    met = all(one.met for one in judged)
    if as_json:
        click.echo(msgspec.json.encode({"met": met, "judged": judged, "notes": notes}).decode())
    elif met:
        what = ", ".join(one.what for one in judged)
        click.echo("\n".join([f"{read_dsn(text)}: {what} as expected", *(f"  {note}" for note in notes)]))
    else:
        click.echo(complaint(f"{read_dsn(text)}", judged, *notes))
    return 0 if met else 1


def _checked(
    place: _Place, text: str, *, environment_name: str, version: str, within: timedelta
) -> tuple[Sequence[Judged], list[str]]:
    """Return what was judged, and notes; by a key that is not the project's nothing is sent."""
    client = connect(place.api, place.settings, name=place.name)
    try:
        judged = judge_dsn(read_dsn(text), client.keys(), project=client.project)
        if not all(one.met for one in judged):
            return judged, ["nothing was sent"]
        watch, real = SentryWatch(client, clock=place.clock, within=within), SystemClock()
        began = real.monotonic()
        waited = watch.wait_for(send_check_event(text, environment=environment_name, release=version, within=within))
        if waited.missing:
            lost = Judged(what="event", wanted="the one that was sent", met=False, found=waited.missing)
            return (*judged, lost), []
        (event,) = waited.events
        took = (real.monotonic() - began).total_seconds()
        notes = [f"readable {took:.1f} s after it was sent", f"look up {client.address_of(event)}"]
        return (*judged, *judge(event, [environment(environment_name), release(version)])), notes
    finally:
        client.close()


def _place(line: Path | None) -> _Place:
    if line is None:
        clock = ScaledClock(Anchor.at_now(1.0))
        dsn = os.environ.get("SENTRY_DSN", "")
        return _Place("the environment", sentry_api_of(os.environ), dsn, os.environ, clock)
    target = read_stack_line(line.read_text(encoding="utf-8"), source=str(line))
    return _Place(str(line), target.endpoints.sentry_api, target.endpoints.sentry_dsn, target.env, target.stack_clock())


def _span(text: str) -> timedelta:
    try:
        return parse_span(text)
    except ValueError as error:
        raise ConfigError(f"--within: {error}") from error


@sentry.command()
@click.option("--start", help="module:function that starts the SDK as the platform does; else the SDK's own defaults.")
@click.option("--write", type=click.Path(path_type=Path, dir_okay=False), help="Write the record here.")
@click.option("--compare", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A record from before.")
@click.option("--json", "as_json", is_flag=True)
def audit(*, start: str | None, write: Path | None, compare: Path | None, as_json: bool) -> int:
    """Say what the installed SDK sends, which hooks see it and what they do not cover, as measured.

    With --compare it exits with 1 when anything is other than in the record, and names it: an upgrade of the SDK that
    collects more is seen before it is rolled out.
    """
    now = measure(start)
    octets = msgspec.json.format(msgspec.json.encode(now), indent=1) + b"\n"
    changed = changes(parse(compare.read_bytes(), str(compare)), now) if compare else []
    if write:
        write.write_bytes(octets)
    if as_json:
        click.echo(octets.decode().strip())
    else:
        click.echo(words(now))
    for change in changed:
        click.echo(f"changed: {change}", err=as_json)
    return 1 if changed else 0
