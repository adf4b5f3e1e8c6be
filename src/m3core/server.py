"""Runs the API until it is told to stop."""

from __future__ import annotations

import json
import signal
import socket
from functools import partial
from typing import final

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from m3core.app import create_app
from m3core.cache import Cache, connect
from m3core.database import Database
from m3core.faults import FaultDoor
from m3core.jobs import Jobs
from m3core.services import Services
from m3core.settings import Settings, SettingsError
from m3core.telemetry import sentry, tracing
from m3core.telemetry.metrics import Metrics
from m3core.tenants import Sessions, read_signing_key

__all__ = ["serve"]

_FLUSH_SECONDS = 2.0


def serve(settings: Settings, *, host: str, port: int) -> None:
    """Answer requests until SIGTERM or SIGINT, then send what the instruments still hold.

    Port 0 takes a free one. Prints ``{"m3core": "http://host:port"}`` on one line once it answers.
    """
    services = _services(settings)
    config = uvicorn.Config(
        _until_reported(create_app(services)),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    # uvicorn raises the signal again after its own clean end; by then there is nothing left to stop.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    _Announced(config).run()
    services.flush()
    services.metrics.close()
    services.database.close()


def _services(settings: Settings) -> Services:
    """Put the API's parts together; raises `SettingsError` when the database is not there or not seeded."""
    database = Database(settings.database_url)
    database.require()
    key = read_signing_key(database)
    if key is None:
        raise SettingsError("the database has no tenants yet; run `python -m m3core seed` first")
    client = connect(settings.redis_url, timeout=0.5)
    return Services(
        settings=settings,
        database=database,
        cache=Cache(client),
        jobs=Jobs(client),
        sessions=Sessions(key),
        metrics=Metrics(settings),
        door=FaultDoor(),
        flush=partial(_flush, settings),
    )


def _flush(settings: Settings) -> None:
    sentry.flush(_FLUSH_SECONDS)
    tracing.flush(settings)


def _until_reported(app: ASGIApp) -> ASGIApp:
    """End an error's way up once the caller has an answer.

    By then it is logged and reported. If uvicorn saw it, it would log it again and cut the connection, and a
    caller's next request on that connection would fail for nothing.
    """

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        complete = False

        async def watch(message: Message) -> None:
            nonlocal complete
            await send(message)
            complete = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            await app(scope, receive, watch)
        except Exception:
            if not complete:
                raise

    return answered


@final
class _Announced(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in self.servers:
            host, port = server.sockets[0].getsockname()[:2]
            print(json.dumps({"m3core": f"http://{host}:{port}"}), flush=True)  # noqa: T201 - the command's answer
