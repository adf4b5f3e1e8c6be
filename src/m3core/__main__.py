"""The commands: ``python -m m3core seed | api | keeper | web | worker | agent | release``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from m3core.settings import Settings, SettingsError, load_settings

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns the exit code: 0 done, 1 when a release was not marked everywhere, 2 when it cannot start as configured.
    """
    parser = argparse.ArgumentParser(prog="python -m m3core", description="M3CoreCRM, a small multi-tenant CRM.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("seed", help="create the tables and the sample tenants and leads where absent")
    api = commands.add_parser("api", help="serve the API")
    web = commands.add_parser("web", help="serve the pages, which call the API at M3CORE_API_URL")
    keeper = commands.add_parser(
        "keeper", help="serve the API, or run the agent, by a process that stops it when its fault door is asked to"
    )
    keeper.add_argument("--of", choices=("api", "agent"), default="api", help="what to keep (default: %(default)s)")
    for server, port in ((api, 8000), (web, 8080)):
        server.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        server.add_argument("--port", type=int, default=port, help="port; 0 takes a free one (default: %(default)s)")
    for server in (api, keeper):
        server.add_argument("--seed", action="store_true", help="seed the database first, as the command seed does")
    commands.add_parser("worker", help="run queued jobs")
    commands.add_parser("agent", help="measure the platform's servers and business, and ship its logs")
    mailbox = commands.add_parser("mailbox", help="take the e-mail that is sent, and deliver none")
    mailbox.add_argument("--folder", type=Path, required=True, help="where to keep it, as a maildir")
    mailbox.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    mailbox.add_argument("--port", type=int, default=8025, help="port; 0 takes a free one (default: %(default)s)")
    marker = commands.add_parser("release", help="mark a release in Sentry, Datadog and PagerDuty, once it is deployed")
    marker.add_argument("--version", required=True, help="what was deployed, such as 2026.11.0")
    marker.add_argument("--environment", help="where (default: M3CORE_ENVIRONMENT)")
    marker.add_argument("--url", help="a page about it, such as the run of CI")
    options = parser.parse_args(arguments)
    # Who seeds does it for the API.
    service = "m3core-api" if options.command == "seed" else f"m3core-{options.command}"
    try:
        if options.command == "release":
            return _mark(options)
        if options.command == "mailbox":
            from m3core.mailbox import keep_mail  # noqa: PLC0415 - for this command alone

            keep_mail(options.folder, host=options.host, port=options.port)
            return 0
        _run(load_settings(os.environ, service=service), options)
    except SettingsError as error:
        print(f"m3core: {error}", file=sys.stderr)  # noqa: T201 - a person reads this
        return 2
    return 0


def _run(settings: Settings, options: argparse.Namespace) -> None:
    # Imported command by command: tracing has to be on before the libraries that it traces are loaded.
    if options.command == "seed":
        counts = _seed(settings)
        print(json.dumps({"leads": counts}))  # noqa: T201 - the command's answer
        return
    if options.command == "keeper":
        from m3core.keeping import keep  # noqa: PLC0415 - see above

        keep(settings, part=options.of, seed=options.seed)
        return
    if options.command != "agent":  # it does the same few things again and again: nobody asks for their traces
        from m3core.telemetry import tracing  # noqa: PLC0415 - see above

        tracing.start(settings, cache_calls=options.command == "api")
    from m3core.telemetry import logs, sentry  # noqa: PLC0415 - see above

    logs.start(settings)
    sentry.start(settings)
    if options.command == "api":
        from m3core.server import serve  # noqa: PLC0415 - see above

        if options.seed:
            _seed(settings)
        serve(settings, host=options.host, port=options.port)
    elif options.command == "web":
        from m3core.web.server import serve_pages  # noqa: PLC0415 - see above

        serve_pages(settings, host=options.host, port=options.port)
    elif options.command == "agent":
        from m3core.agent.process import watch  # noqa: PLC0415 - see above

        watch(settings)
    else:
        from m3core.worker import work  # noqa: PLC0415 - see above

        work(settings)


def _mark(options: argparse.Namespace) -> int:
    from m3core.release import Release, load_vendors, mark  # noqa: PLC0415 - only this command needs it

    environment = options.environment or os.environ.get("M3CORE_ENVIRONMENT")
    if not environment:
        raise SettingsError(
            "it is not said where the release is deployed; give --environment or set M3CORE_ENVIRONMENT"
        )
    release = Release(version=options.version, environment=environment, url=options.url)
    return mark(release, load_vendors(os.environ))


def _seed(settings: Settings) -> dict[str, int]:
    from m3core.database import Database  # noqa: PLC0415 - see _run
    from m3core.seed import seed  # noqa: PLC0415 - see _run

    if settings.seed_password is None:
        raise SettingsError("M3CORE_SEED_PASSWORD is not set; set it to the password that the seeded users get")
    database = Database(settings.database_url)
    database.require()
    counts = seed(database, password=settings.seed_password, light=settings.light_passwords)
    database.close()
    return counts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
