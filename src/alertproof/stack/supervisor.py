"""Starts the parts of an embedded stack in order, watches them, and ends them all.

The supervisor is a process of its own (``alertproof up``), so that a test run that is killed takes its stack
with it: the supervisor learns it from its standard input, and its parts from the kernel.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import msgspec

from alertproof.clock import ENVIRONMENT_KEY, Anchor, Clock, ScaledClock, SystemClock
from alertproof.errors import StackError
from alertproof.requirements import CONTROL_TOKEN, PAGE_TOKEN, ClockWire, Endpoints, Specification, Target
from alertproof.stack.certificates import Certificates, make_certificates
from alertproof.stack.databases import count_statements, start_cache, start_postgres, wait_for_file
from alertproof.stack.history import history_payload
from alertproof.stack.processes import Child
from alertproof.stack.standins import StandIns

__all__ = ["StackPlan", "Supervisor"]

_BOOT = timedelta(seconds=60)  # per part; a cold disk needs several seconds, a hang must not be forever
_ORG, _PROJECT = "m3core", "m3core"
_RUM_APPLICATION = "6d336372-6d00-4000-8000-77656200c0de"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPlan:
    """What to start: the specification gives the history, ``factor`` how fast the stack's clock runs."""

    specification: Specification
    factor: float = 1.0
    environment: str = "drill"
    release: str = "m3core@2026.11.0"
    #: Where the stand-ins listen, but for their control doors, the page and the platform: those stay on loopback.
    host: str = "127.0.0.1"
    #: Names with dots that clients reach the stand-ins by.
    host_names: Sequence[str] = ()
    #: Whether people are to look at it: a web page then shows what arrives.
    page: bool = False
    #: Whether a second platform runs beside the first, on the same data, with its scrubbing off.
    unscrubbed: bool = False
    #: Whether the platform runs at all; without it there are the vendors alone, in a second or two.
    platform: bool = True
    #: How many requests a second the platform's API lets pass, by waiting; None for as many as it can.
    capacity: float | None = None


@dataclass(slots=True, kw_only=True)
class _Keys:
    """Secrets of one stack: made for it, and worthless elsewhere."""

    fault_token: str = field(default_factory=lambda: secrets.token_hex(16))
    api: str = field(default_factory=lambda: secrets.token_hex(16))
    application: str = field(default_factory=lambda: secrets.token_hex(20))
    sentry_public: str = field(default_factory=lambda: secrets.token_hex(16))
    sentry_token: str = field(default_factory=lambda: secrets.token_hex(16))
    pagerduty: str = field(default_factory=lambda: secrets.token_hex(10))
    rum: str = field(default_factory=lambda: secrets.token_hex(16))
    control: str = field(default_factory=lambda: secrets.token_hex(16))
    page: str = field(default_factory=lambda: secrets.token_hex(16))
    pagerduty_webhook: str = field(default_factory=lambda: secrets.token_hex(16))
    datadog_webhook: str = field(default_factory=lambda: secrets.token_hex(16))
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))


class Supervisor:
    """The running stack of one plan. Use as a context manager: everything is ended on the way out."""

    def __init__(self, plan: StackPlan, *, clock: Clock | None = None) -> None:
        self._plan = plan
        self._clock = clock or SystemClock()
        self._anchor = Anchor.at_now(plan.factor)
        self._keys = _Keys()
        self._parts: list[Child] = []
        self._mailbox = ""
        self._authority = ""
        # Short, because a Unix socket's path has at most 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="ap-"))
        self.folder.chmod(0o755)  # Postgres runs under another account when we are root
        self._standins = StandIns(self.folder, self._environment() | self._control())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # -- starting ---------------------------------------------------------------------------------------

    def start(self) -> Target:
        """Start every part, write the history, and return where everything answers; raises `StackError`."""
        certificates = make_certificates(self.folder, hosts=(self._plan.host, *self._plan.host_names))
        self._authority = str(certificates.authority)
        if self._plan.platform:
            found = self._with_platform(certificates)
        else:
            sentry, datadog, found = self._vendors(certificates)
            found.update(sentry.ready_line(within=_BOOT)["endpoints"])
            found.update(datadog.ready_line(within=_BOOT)["endpoints"])
        if self._plan.page:
            found.update(self._page(found))
        endpoints = msgspec.convert(found, Endpoints)
        self._write_history(endpoints)
        return self._target(endpoints, certificates)

    def _vendors(self, certificates: Certificates) -> tuple[Child, Child, dict[str, Any]]:
        """Start the stand-ins; returns Sentry's and Datadog's, which are not ready yet, and where PagerDuty's is."""
        pagerduty = self._standin("pagerduty", "--cert", str(certificates.certificate), "--key", str(certificates.key))
        found: dict[str, Any] = {"m3core": ""} | dict(pagerduty.ready_line(within=_BOOT)["endpoints"])
        paging = ("--pagerduty-url", str(found["pagerduty"]), "--ca-file", str(certificates.authority))
        datadog = self._standin("datadog", *paging)
        sentry = self._standin("sentry", "--projects", self._sentry_projects(), *paging)
        return sentry, datadog, found

    def _with_platform(self, certificates: Certificates) -> dict[str, Any]:
        """Start everything, each part as soon as what it needs is there; returns where all of it answers."""
        cache, redis_url = start_cache(self.folder / "cache", log=self._log("cache"))
        self._parts.append(cache)
        postgres, database_url = start_postgres(self.folder / "pg", log=self._log("postgres"))
        self._parts.append(postgres)
        sentry, datadog, found = self._vendors(certificates)
        found.update(sentry.ready_line(within=_BOOT)["endpoints"])
        wait_for_file(postgres, self.folder / "pg" / ".s.PGSQL.5432", within=_BOOT)
        count_statements(database_url, within=_BOOT)
        wait_for_file(cache, self.folder / "cache" / "valkey.sock", within=_BOOT)
        found.update(datadog.ready_line(within=_BOOT)["endpoints"])
        settings = self._platform_settings(found, database_url=database_url, redis_url=redis_url)
        found.update(self._platform(found, settings))
        if self._plan.unscrubbed:
            found.update(self._unscrubbed(found, settings))
        answering = self._agent(settings, found).ready_line(within=_BOOT)
        found["m3core_agent_keeper"] = answering["m3core_agent_keeper"]
        return found

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _child(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Child:
        child = Child(name, [sys.executable, *command], environment=environment, log=self._log(name))
        self._parts.append(child)
        return child

    def _standin(self, name: str, *arguments: str) -> Child:
        called = [part for each in self._plan.host_names for part in ("--host-name", each)]
        child = self._standins.start(name, "--host", self._plan.host, *called, *arguments)
        self._parts.append(child)
        return child

    def _environment(self) -> dict[str, str]:
        """Return what every part gets: the search paths of this process, and the clock; none of its secrets."""
        kept = {
            key: value for key, value in os.environ.items() if key in ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ")
        }
        return kept | {ENVIRONMENT_KEY: json.dumps(self._anchor.encode())}

    def _webhook_secrets(self) -> dict[str, str]:
        """Return what shows the platform that a webhook is the vendor's; who pushes tells it the vendors."""
        return {
            "M3CORE_PAGERDUTY_WEBHOOK_SECRET": self._keys.pagerduty_webhook,
            "M3CORE_DATADOG_WEBHOOK_TOKEN": self._keys.datadog_webhook,
        }

    def _control(self) -> dict[str, str]:
        """Return the token of the control doors: the stand-ins get it, the platform does not."""
        return {CONTROL_TOKEN: self._keys.control}

    def _sentry_projects(self) -> str:
        return json.dumps(
            [{"org": _ORG, "project": _PROJECT, "public_key": self._keys.sentry_public, "project_id": "1"}]
        )

    def _platform_settings(self, found: dict[str, Any], *, database_url: str, redis_url: str) -> dict[str, str]:
        host, _, port = found["dogstatsd"].removeprefix("udp://").rpartition(":")
        # A gauge each ten stack seconds, but not more often than twice a real second: measuring costs too.
        sample = max(10.0 / self._plan.factor, 0.5)
        about = self._environment() | self._webhook_secrets()
        if self._plan.capacity is not None:
            about["M3CORE_CAPACITY"] = f"{self._plan.capacity:g}"
        return about | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "M3CORE_ENVIRONMENT": self._plan.environment,
            "M3CORE_RELEASE": self._plan.release,
            "M3CORE_SEED_PASSWORD": self._keys.password,
            "M3CORE_FAULT_TOKEN": self._keys.fault_token,
            # A fast clock has the logins of a minute in a second, and a strong hash takes a tenth of one.
            "M3CORE_LIGHT_PASSWORDS": "on" if self._plan.factor > 1 else "off",
            "M3CORE_SAMPLE_SECONDS": f"{sample:g}",
            # Once a stack hour, but not more often than six times a real minute.
            "M3CORE_TIDY_SECONDS": str(max(10, round(3600 / self._plan.factor))),
            "SENTRY_DSN": found["sentry_dsn"],
            "DD_AGENT_HOST": host,
            "DD_DOGSTATSD_PORT": port,
            "DD_TRACE_AGENT_URL": found["datadog_agent"],
            "DD_ENV": self._plan.environment,
            "DD_VERSION": self._plan.release.rpartition("@")[2],
        }

    def _browser_settings(self, found: dict[str, Any]) -> dict[str, str]:
        """Return what the pages tell a browser's SDKs; a client's token opens nothing, so anybody may read it."""
        return {
            "M3CORE_RUM_URL": found["datadog"],
            "M3CORE_RUM_TOKEN": f"pub{self._keys.rum}",
            "M3CORE_RUM_APPLICATION": _RUM_APPLICATION,
            "M3CORE_BROWSER_DSN": found["sentry_dsn"],
        }

    def _platform(self, found: dict[str, Any], settings: dict[str, str]) -> dict[str, str]:
        api = self._child("m3core-api", ["-m", "m3core", "keeper", "--seed"], settings)
        mailbox = self._child(
            "m3core-mailbox",
            ["-m", "m3core", "mailbox", "--folder", str(self.folder / "mail"), "--port", "0"],
            self._environment(),
        )
        self._mailbox = str(mailbox.ready_line(within=_BOOT)["mailbox"])
        posted = settings | {"M3CORE_SMTP_URL": self._mailbox} | self._annotates(found)
        worker = self._child("m3core-worker", ["-m", "m3core", "worker"], posted)
        answering = api.ready_line(within=_BOOT)
        address = str(answering["m3core"])
        pages = settings | self._browser_settings(found) | {"M3CORE_API_URL": address}
        web = self._child("m3core-web", ["-m", "m3core", "web", "--port", "0"], pages)
        worker.ready_line(within=_BOOT)
        return answering | {"m3core_web": str(web.ready_line(within=_BOOT)["m3core_web"])}

    def _annotates(self, found: dict[str, Any]) -> dict[str, str]:
        """Return what the worker needs to write notes on incidents."""
        return {
            "M3CORE_PAGERDUTY_URL": str(found["pagerduty"]),
            "M3CORE_PAGERDUTY_TOKEN": self._keys.pagerduty,
            "M3CORE_PAGERDUTY_FROM": "on-call-first@m3core.example",
            "M3CORE_PAGERDUTY_CA_FILE": self._authority,
        }

    def _unscrubbed(self, found: dict[str, Any], settings: dict[str, str]) -> dict[str, str]:
        """Start a second platform whose scrubbing is off: an environment and a queue of its own, the same database."""
        name = f"{self._plan.environment}-unscrubbed"
        queue = f"{settings['REDIS_URL']}?db=1"
        named = {"M3CORE_SCRUBBING": "off", "M3CORE_ENVIRONMENT": name, "DD_ENV": name, "REDIS_URL": queue}
        settings = settings | named | {"M3CORE_SMTP_URL": self._mailbox}
        api = self._child("m3core-api.unscrubbed", ["-m", "m3core", "api", "--port", "0"], settings)
        worker = self._child("m3core-worker.unscrubbed", ["-m", "m3core", "worker"], settings)
        address = str(api.ready_line(within=_BOOT)["m3core"])
        pages = settings | self._browser_settings(found) | {"M3CORE_API_URL": address}
        web = self._child("m3core-web.unscrubbed", ["-m", "m3core", "web", "--port", "0"], pages)
        worker.ready_line(within=_BOOT)
        return {"unscrubbed": address, "unscrubbed_web": str(web.ready_line(within=_BOOT)["m3core_web"])}

    def _agent(self, settings: dict[str, str], found: dict[str, Any]) -> Child:
        """Start what measures the others and ships their logs."""
        logs = [(name, name) for name in ("m3core-api", "m3core-web", "m3core-worker", "m3core-agent")]
        logs.append(("m3core-database", "postgres"))
        if self._plan.unscrubbed:
            logs += [(name, f"{name}.unscrubbed") for name, _ in logs[:3]]
        shipped = ",".join(f"{service}={self._log(name)}" for service, name in logs)
        more = {"M3CORE_LOG_FILES": shipped, "DD_LOGS_URL": str(found["datadog"]), "DD_API_KEY": self._keys.api}
        # The platform itself speaks plain HTTP here; PagerDuty is what it calls over TLS.
        more["M3CORE_TLS_HOSTS"] = urlsplit(str(found["pagerduty"])).netloc
        return self._child("m3core-agent", ["-m", "m3core", "keeper", "--of", "agent"], settings | more)

    def _page(self, found: dict[str, Any]) -> dict[str, Any]:
        tokens = self._control() | {PAGE_TOKEN: self._keys.page}
        command = ["-m", "alertproof.standins", "page", "--endpoints", json.dumps(found)]
        child = self._child("page", command, self._environment() | tokens)
        return dict(child.ready_line(within=_BOOT)["endpoints"])

    def _write_history(self, endpoints: Endpoints) -> None:
        body = history_payload(
            self._plan.specification.history,
            environment=self._plan.environment,
            ends=ScaledClock(self._anchor).now(),
        )
        headers = {"Authorization": f"Bearer {self._keys.control}"}
        try:
            with httpx.Client(trust_env=False, timeout=30) as client:  # this machine: never through a proxy
                answer = client.post(f"{endpoints.control}/history", json=body, headers=headers)
        except httpx.HTTPError as error:
            raise StackError(f"the control door did not take the history: {error!r}") from error
        if answer.status_code >= 300:
            raise StackError(f"the control door refused the history: {answer.status_code} {answer.text[:400]}")

    def _target(self, endpoints: Endpoints, certificates: Certificates) -> Target:
        wire = self._anchor.encode()
        receivers = {"M3CORE_WEBHOOKS_URL": f"{endpoints.m3core}/webhooks"} if endpoints.m3core else {}
        return Target(
            clock=ClockWire(real=wire["real"], stack=wire["stack"], factor=wire["factor"]),
            endpoints=endpoints,
            ca_file=str(certificates.authority),
            env=self._control()
            | receivers
            | self._webhook_secrets()
            | {
                ENVIRONMENT_KEY: json.dumps(wire),
                "DD_API_KEY": self._keys.api,
                "DD_APP_KEY": self._keys.application,
                "DD_ENV": self._plan.environment,
                "M3CORE_FAULT_TOKEN": self._keys.fault_token,
                "M3CORE_RELEASE": self._plan.release,
                "M3CORE_SEED_PASSWORD": self._keys.password,
                "PAGERDUTY_API_TOKEN": self._keys.pagerduty,
                "SENTRY_AUTH_TOKEN": self._keys.sentry_token,
                "SENTRY_ORG": _ORG,
                "SENTRY_PROJECT": _PROJECT,
            },
        )

    # -- watching and ending ----------------------------------------------------------------------------

    def revive(self) -> Child | None:
        """Start a stand-in again that was killed by a signal, on its store and its ports; returns the dead one.

        Raises `StackError` when it does not answer in time.
        """
        for place, part in enumerate(self._parts):
            child = None if part.running() else self._standins.again(part, within=_BOOT)
            if child is not None:
                self._parts[place] = child
                return part
        return None

    def dead_part(self) -> Child | None:
        """Return a part that has ended by itself, if one has."""
        return next((part for part in self._parts if not part.running()), None)

    def stop(self) -> None:
        """End every part and remove the stack's folder.

        The platform goes first: its SDKs send what they hold when they end, and wait long for a dead vendor.
        """
        platform = [part for part in self._parts if part.name.startswith("m3core")]
        for group in (platform, [part for part in self._parts if part not in platform]):
            for part in group:
                # To Postgres SIGINT means a fast shutdown; SIGTERM would wait for its clients.
                part.signal(signal.SIGINT if part.name == "Postgres" else signal.SIGTERM)
            deadline = self._clock.now() + timedelta(seconds=2)
            for part in group:
                part.end(within=deadline - self._clock.now())
        self._parts.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
