"""What the environment says, read once into a frozen value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, final
from urllib.parse import urlsplit

__all__ = ["Settings", "SettingsError", "load_settings"]

#: How the names of production environments begin: "production", "prod-eu", "PRD", "live".
_PRODUCTION = ("prod", "prd", "live")
_PAGERDUTY = "https://api.pagerduty.com"
_T = TypeVar("_T")


class SettingsError(Exception):
    """The process cannot start as configured; the text lists every problem and what to do about each."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One process's configuration. Secrets are left out of its repr.

    ``sample_seconds`` is the period of the agent's gauges, in real seconds; ``log_files`` are what it ships, a
    service's name and a path each; ``tls_hosts`` those whose certificates it watches, with their ports.
    ``rate_limit`` is in requests a minute and tenant, 0 for none, in each process; after ``lockout_failures`` wrong
    passwords within ``lockout_seconds`` an account is locked for as long. ``capacity`` is how many requests a second
    the API lets pass, in each process, 0 for as many as it can. The web service has no database and no
    cache: it has ``api_url``, which is empty elsewhere. What begins with ``rum`` or ``browser`` stands in its pages,
    so it is no secret. ``fault_database_url`` is the database as those reach it that break it: past the way to it,
    which may be broken, too. ``scrubbing`` is False only where somebody wants to see what would leave without it: the
    control of the proof of scrubbing. ``light_passwords`` are quick to check, where a fast clock makes logins many.
    Without ``pagerduty_webhook_secret`` no webhook of PagerDuty is taken, without ``datadog_webhook_token`` none of
    Datadog; with ``pagerduty_token`` incidents get a note, written by ``pagerduty_from``.
    """

    environment: str
    release: str
    service: str
    database_url: str = field(repr=False)
    fault_database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    api_url: str
    rum_url: str | None
    rum_token: str | None
    rum_application: str | None
    browser_dsn: str | None
    sentry_dsn: str | None = field(repr=False)
    statsd_host: str
    statsd_port: int
    trace_agent_url: str | None
    datadog_env: str
    datadog_version: str
    fault_token: str | None = field(repr=False)
    sample_seconds: float
    seed_password: str | None = field(repr=False)
    datadog_api_key: str | None = field(repr=False)
    logs_url: str | None
    log_files: tuple[tuple[str, Path], ...]
    tls_hosts: tuple[tuple[str, int], ...]
    rate_limit: int
    capacity: float
    lockout_failures: int
    lockout_seconds: int
    tidy_seconds: int
    smtp_url: str | None = field(repr=False)
    scrubbing: bool
    light_passwords: bool
    pagerduty_webhook_secret: str | None = field(repr=False)
    datadog_webhook_token: str | None = field(repr=False)
    pagerduty_url: str
    pagerduty_token: str | None = field(repr=False)
    pagerduty_from: str | None
    pagerduty_ca_file: str | None

    @property
    def production(self) -> bool:
        """Whether real users depend on this process: its own environment's name or Datadog's says so."""
        return any(name.lower().startswith(_PRODUCTION) for name in (self.environment, self.datadog_env))


def load_settings(environment: Mapping[str, str], *, service: str) -> Settings:
    """Read the settings of one process.

    ``service`` is decided by the command, not by DD_SERVICE, because the platform's processes are started
    from one environment and must not report under one name. Raises `SettingsError` naming every variable
    that is missing or wrong.
    """
    reader = _Reader(environment)
    fault_token = reader.optional("M3CORE_FAULT_TOKEN")
    # A process that can be broken on purpose must not take itself for a developer's because nobody named it.
    name = reader.environment_name(required=fault_token is not None)
    release = reader.optional("M3CORE_RELEASE") or "m3core@dev"
    web = service == "m3core-web"
    database_url = (
        "" if web else reader.url("DATABASE_URL", ("postgresql", "postgres"), "postgresql://user@host/m3core")
    )
    settings = Settings(
        environment=name,
        release=release,
        service=service,
        database_url=database_url,
        fault_database_url=reader.optional("M3CORE_FAULT_DATABASE_URL") or database_url,
        redis_url="" if web else reader.url("REDIS_URL", ("redis", "rediss", "unix"), "redis://127.0.0.1:6379"),
        api_url=reader.url("M3CORE_API_URL", ("http", "https"), "http://127.0.0.1:8000") if web else "",
        rum_url=reader.optional_url("M3CORE_RUM_URL", "https://browser-intake-datadoghq.com"),
        rum_token=reader.optional("M3CORE_RUM_TOKEN"),
        rum_application=reader.optional("M3CORE_RUM_APPLICATION"),
        browser_dsn=reader.optional_dsn("M3CORE_BROWSER_DSN"),
        sentry_dsn=reader.optional_dsn("SENTRY_DSN"),
        statsd_host=reader.optional("DD_AGENT_HOST") or "127.0.0.1",
        statsd_port=reader.number("DD_DOGSTATSD_PORT", int, default=8125, low=1, high=65535),
        trace_agent_url=reader.optional_url("DD_TRACE_AGENT_URL", "http://127.0.0.1:8126"),
        datadog_env=reader.optional("DD_ENV") or name,
        # A version alone: a tag takes no @, and what stands before it is the service.
        datadog_version=reader.optional("DD_VERSION") or release.rpartition("@")[2],
        fault_token=fault_token,
        sample_seconds=reader.number("M3CORE_SAMPLE_SECONDS", float, default=10.0, low=0.05, high=3600),
        seed_password=reader.optional("M3CORE_SEED_PASSWORD"),
        datadog_api_key=reader.optional("DD_API_KEY"),
        logs_url=reader.optional_url("DD_LOGS_URL", "https://http-intake.logs.datadoghq.com"),
        log_files=reader.files("M3CORE_LOG_FILES"),
        tls_hosts=reader.hosts("M3CORE_TLS_HOSTS"),
        rate_limit=reader.number("M3CORE_RATE_LIMIT", int, default=60_000, low=0, high=10_000_000),
        capacity=reader.number("M3CORE_CAPACITY", float, default=0.0, low=1, high=100_000),
        lockout_failures=reader.number("M3CORE_LOCKOUT_FAILURES", int, default=5, low=1, high=1_000),
        lockout_seconds=reader.number("M3CORE_LOCKOUT_SECONDS", int, default=900, low=1, high=86_400),
        tidy_seconds=reader.number("M3CORE_TIDY_SECONDS", int, default=3600, low=1, high=86_400),
        smtp_url=reader.optional_smtp("M3CORE_SMTP_URL"),
        scrubbing=reader.switch("M3CORE_SCRUBBING", default=True),
        light_passwords=reader.switch("M3CORE_LIGHT_PASSWORDS", default=False),
        pagerduty_webhook_secret=reader.optional("M3CORE_PAGERDUTY_WEBHOOK_SECRET"),
        datadog_webhook_token=reader.optional("M3CORE_DATADOG_WEBHOOK_TOKEN"),
        pagerduty_url=reader.optional_url("M3CORE_PAGERDUTY_URL", _PAGERDUTY) or _PAGERDUTY,
        pagerduty_token=reader.optional("M3CORE_PAGERDUTY_TOKEN"),
        pagerduty_from=reader.optional("M3CORE_PAGERDUTY_FROM"),
        pagerduty_ca_file=reader.optional("M3CORE_PAGERDUTY_CA_FILE"),
    )
    if settings.production:
        reader.require(settings.scrubbing, "M3CORE_SCRUBBING=off is refused in production; unset it")
        light = settings.light_passwords
        reader.require(not light, "M3CORE_LIGHT_PASSWORDS=on is refused in production; unset it")
        reader.require(
            not settings.capacity, "M3CORE_CAPACITY is refused in production: it makes requests wait; unset it"
        )
    reader.together("M3CORE_PAGERDUTY_TOKEN", "M3CORE_PAGERDUTY_FROM")
    reader.together("M3CORE_RUM_URL", "M3CORE_RUM_TOKEN", "M3CORE_RUM_APPLICATION")
    reader.finish()
    return settings


@final
class _Reader:
    """Reads variables one by one and keeps every problem, so that all are shown at once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._problems: list[str] = []

    def optional(self, name: str) -> str | None:
        return self._environment.get(name, "").strip() or None

    def environment_name(self, *, required: bool) -> str:
        text = self.optional("M3CORE_ENVIRONMENT")
        if text is None and required:
            self._problems.append(
                "M3CORE_ENVIRONMENT is not set, and M3CORE_FAULT_TOKEN is; "
                "name the environment that may be broken, such as staging, or unset the token"
            )
        return text or "development"

    def url(self, name: str, schemes: tuple[str, ...], example: str) -> str:
        text = self.optional(name)
        if text is None:
            self._problems.append(f"{name} is not set; set it to a URL such as {example}")
            return ""
        scheme = text.partition("://")[0]
        if scheme not in schemes or "://" not in text:
            # The value may hold a password, so it is not repeated.
            expected = " or ".join(f"{known}://" for known in schemes)
            self._problems.append(f"{name} does not start with {expected}; set it to a URL such as {example}")
        return text

    def optional_url(self, name: str, example: str) -> str | None:
        text = self.optional(name)
        if text is not None and not (urlsplit(text).scheme in {"http", "https"} and urlsplit(text).hostname):
            self._problems.append(f"{name} is not an http(s) URL; set it to one such as {example}, or unset it")
        return text

    def optional_dsn(self, name: str) -> str | None:
        """Read a DSN: without its key or its project the error reporter would refuse it, and end the process."""
        text = self.optional_url(name, "https://key@host/1")
        parts = urlsplit(text or "")
        if parts.hostname and not (parts.username and parts.path.rpartition("/")[2].isdigit()):
            self._problems.append(
                f"{name} has no key before its host or no project's number at its end; "
                "set it to a DSN such as https://key@host/1, or unset it"
            )
        return text

    def optional_smtp(self, name: str) -> str | None:
        text = self.optional(name)
        if text is not None and not (urlsplit(text).scheme == "smtp" and urlsplit(text).hostname):
            self._problems.append(f"{name} is not an smtp URL; set it to one such as smtp://127.0.0.1:25, or unset it")
        return text

    def switch(self, name: str, *, default: bool) -> bool:
        text = (self.optional(name) or ("on" if default else "off")).lower()
        self.require(text in {"on", "off"}, f"{name}={text!r} is neither on nor off; set it to one of them")
        return text != "off"

    def require(self, met: bool, problem: str) -> None:
        if not met:
            self._problems.append(problem)

    def together(self, *names: str) -> None:
        missing = [name for name in names if self.optional(name) is None]
        if missing and len(missing) < len(names):
            self._problems.append(f"{' and '.join(missing)} not set; set all of {', '.join(names)}, or none")

    def number(self, name: str, read: Callable[[str], _T], *, default: _T, low: float, high: float) -> _T:
        text = self.optional(name)
        if text is None:
            return default
        try:
            value = read(text)
        except ValueError:
            self._problems.append(f"{name}={text!r} is not a number; set it to one from {low:g} to {high:g}")
            return default
        if not low <= float(str(value)) <= high:
            self._problems.append(f"{name}={text!r} is out of range; set it to {low:g} to {high:g}")
        return value

    def files(self, name: str) -> tuple[tuple[str, Path], ...]:
        """Read ``service=path,service=path``."""
        found = []
        for part in (self.optional(name) or "").split(","):
            service, equals, path = part.strip().partition("=")
            if service and path:
                found.append((service, Path(path)))
            elif service or equals:
                self._problems.append(f"{name} has {part!r}; write it as m3core-api=/var/log/api.jsonl,NAME=PATH")
        return tuple(found)

    def hosts(self, name: str) -> tuple[tuple[str, int], ...]:
        """Read ``host,host:port``; the port is 443 where none is said."""
        found = []
        for part in filter(None, ((self.optional(name) or "").replace(" ", "")).split(",")):
            try:
                parts = urlsplit(f"//{part}")
                if not parts.hostname or parts.netloc != part:
                    raise ValueError
                found.append((parts.hostname, parts.port or 443))
            except ValueError:
                self._problems.append(f"{name} has {part!r}; write it as crm.example.com,api.example.com:8443")
        return tuple(found)

    def finish(self) -> None:
        if self._problems:
            raise SettingsError("the environment is not complete:\n" + "\n".join(f"  - {p}" for p in self._problems))
