"""The commands: ``python -m m3core seed | api | worker``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from m3core.settings import Settings, SettingsError, load_settings

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Run one command. Returns the exit code: 0 done, 2 when it cannot start as configured."""
    parser = argparse.ArgumentParser(prog="python -m m3core", description="M3CoreCRM, a small multi-tenant CRM.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("seed", help="create the tables and the sample tenants and leads where absent")
    api = commands.add_parser("api", help="serve the API and the pages")
    api.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    api.add_argument("--port", type=int, default=8000, help="port; 0 takes a free one (default: %(default)s)")
    api.add_argument("--seed", action="store_true", help="seed the database first, as the command seed does")
    commands.add_parser("worker", help="run queued jobs and sample the queue and the database")
    options = parser.parse_args(arguments)
    service = "m3core-worker" if options.command == "worker" else "m3core-api"
    try:
        settings = load_settings(os.environ, service=service)
        _run(settings, options)
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
    else:
        from m3core.worker import work  # noqa: PLC0415 - see above

        work(settings)


def _seed(settings: Settings) -> dict[str, int]:
    from m3core.database import Database  # noqa: PLC0415 - see _run
    from m3core.seed import seed  # noqa: PLC0415 - see _run

    if settings.seed_password is None:
        raise SettingsError("M3CORE_SEED_PASSWORD is not set; set it to the password that the seeded users get")
    database = Database(settings.database_url)
    database.require()
    counts = seed(database, password=settings.seed_password)
    database.close()
    return counts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
