"""The agent's process: which collectors it runs, and how it begins and ends."""

from __future__ import annotations

import json
import logging
import signal
import threading
import time
from functools import partial
from typing import final

from psycopg.conninfo import make_conninfo
from rq import Queue

from m3core.agent.business import BusinessCollector
from m3core.agent.cache import CacheCollector
from m3core.agent.certificates import CertificateCollector
from m3core.agent.finding import Finder
from m3core.agent.gauges import Gauges
from m3core.agent.logs.intake import LogIntake
from m3core.agent.logs.shipping import LogShipper
from m3core.agent.lookups import Lookups
from m3core.agent.machine import MachineCollector
from m3core.agent.meters import ProcessCollector
from m3core.agent.postgres import PostgresCollector
from m3core.agent.queue import QueueCollector
from m3core.agent.rounds import Collector, Round
from m3core.agent.statements import StatementCollector
from m3core.cache import connect
from m3core.database import Database
from m3core.jobs import QUEUE
from m3core.settings import Settings, SettingsError
from m3core.telemetry import sentry

__all__ = ["watch"]

#: A collector is late when it takes longer, in seconds. Most of them ask with this time-out themselves.
_DEADLINE = 5.0
#: Business and certificates change slowly, and to look is dear: not more often than this.
_SLOW_SECONDS = 10.0
_LOG_SECONDS = 1.0
_LAST_WORDS = 3.0


def watch(settings: Settings) -> None:
    """Measure and ship until SIGTERM or SIGINT. Prints ``{"agent": "ready"}``.

    Nothing that it watches has to be there when it starts: what is away is said in the log, and measured when it comes.
    """
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    # It says each request, of which the log would have one more for each time that the log is shipped.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    shipper = _shipper(settings)
    gauges = Gauges(settings)
    work = _Work(settings, gauges)
    if shipper:
        shipper.start()
    work.start()
    print(json.dumps({"agent": "ready"}), flush=True)  # noqa: T201 - the command's answer
    while not ending.wait(1.0):
        work.look()
    work.stop()
    if shipper:
        shipper.stop(within=_LAST_WORDS)
    sentry.flush(_LAST_WORDS)
    gauges.close()


def _shipper(settings: Settings) -> LogShipper | None:
    """Return what ships the logs, None when there are none to ship; raises `SettingsError`."""
    if not settings.log_files:
        return None
    if settings.logs_url is None or settings.datadog_api_key is None:
        raise SettingsError("M3CORE_LOG_FILES is set; set DD_LOGS_URL and DD_API_KEY as well, or unset it")
    tags = f"env:{settings.datadog_env},version:{settings.datadog_version}"
    intake = LogIntake(settings.logs_url, api_key=settings.datadog_api_key)
    seconds = min(_LOG_SECONDS, settings.sample_seconds)
    return LogShipper(settings.log_files, intake, tags=tags, seconds=seconds)


@final
class _Work:
    """All rounds, and the connections that they share."""

    def __init__(self, settings: Settings, gauges: Gauges) -> None:
        self._database = Database(_conninfo(settings.database_url))
        self._client = connect(settings.redis_url, timeout=_DEADLINE)
        sample = settings.sample_seconds
        slowly = max(sample, _SLOW_SECONDS)
        self._rounds = [
            *(self._round(collector, gauges, sample) for collector in self._samplers(settings)),
            self._round(BusinessCollector(self._database), gauges, slowly),
        ]
        if settings.tls_hosts:
            self._rounds.append(self._round(CertificateCollector(settings.tls_hosts), gauges, slowly))

    @staticmethod
    def _round(collector: Collector, gauges: Gauges, seconds: float) -> Round:
        return Round(collector, gauges, seconds=seconds, deadline=_DEADLINE)

    def _samplers(self, settings: Settings) -> list[Collector]:
        lookups = Lookups()
        find = Finder(
            self._database,
            self._client,
            lookups,
            database_url=settings.database_url,
            environment=settings.environment,
        )
        return [
            QueueCollector(Queue(QUEUE, connection=self._client), lookups),
            CacheCollector(self._client, lookups),
            PostgresCollector(self._database),
            StatementCollector(self._database),
            MachineCollector(),
            ProcessCollector("postgres", find.postgres, families=True, also=_postgresql),
            ProcessCollector("redis", find.redis),
            ProcessCollector("worker", find.workers, several=True),
            *(ProcessCollector(part, partial(find.command, part), several=True) for part in ("api", "web")),
        ]

    def start(self) -> None:
        for each in self._rounds:
            each.start()

    def look(self) -> None:
        for each in self._rounds:
            each.look()

    def stop(self) -> None:
        """End every round; one that hangs ends with the process."""
        for each in self._rounds:
            each.stop()
        latest = time.monotonic() + _LAST_WORDS
        for each in self._rounds:
            each.join(max(0.0, latest - time.monotonic()))
        self._client.close()
        self._database.close()


def _postgresql(gauges: Gauges, percent: float, held: int) -> None:
    gauges.gauge("postgresql.cpu", percent)
    gauges.gauge("postgresql.memory", held)


def _conninfo(url: str) -> str:
    """Return how the agent connects: by its own name, and never waiting for long."""
    return make_conninfo(
        url,
        application_name="m3core-agent",
        options=f"-c statement_timeout={_DEADLINE:g}s",
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=10_000,
    )
