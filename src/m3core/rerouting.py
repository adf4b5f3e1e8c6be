"""Leads a process's ways to its servers over links of this one, by its settings alone.

A server that is reached by TLS that checks its name is not rerouted: it would not be who it says. Neither is a list
of servers.
"""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from psycopg.conninfo import conninfo_to_dict

from m3core.links import Links, Upstream
from m3core.settings import Settings

__all__ = ["reroute", "reroute_logs"]

_POSTGRES, _REDIS, _HTTP = 5432, 6379, 80
_LOOPBACK = "127.0.0.1"


def reroute(settings: Settings, links: Links) -> dict[str, str]:
    """Open the links that can be, and return what the API's environment says instead.

    Where nothing may be broken nothing is rerouted.
    """
    if not _may_break(settings):
        return {}
    changed = {"M3CORE_FAULT_DATABASE_URL": settings.fault_database_url}
    server = _database(settings.database_url)
    if server is not None:
        changed["DATABASE_URL"] = _database_over(settings.database_url, links.open("database", server), server)
    server = _cache(settings.redis_url)
    if server is not None:
        changed["REDIS_URL"] = _cache_over(settings.redis_url, links.open("cache", server))
    return changed


def reroute_logs(settings: Settings, links: Links) -> dict[str, str]:
    """Open the link to the intake of logs, if it can be, and return what the agent's environment says instead."""
    parts = urlsplit(settings.logs_url or "")
    if not _may_break(settings) or parts.scheme != "http" or parts.hostname is None:
        return {}
    port = links.open("logs", (parts.hostname, parts.port or _HTTP))
    return {"DD_LOGS_URL": parts._replace(netloc=f"{_LOOPBACK}:{port}").geturl()}


def _may_break(settings: Settings) -> bool:
    return settings.fault_token is not None and not settings.production


def _database(url: str) -> Upstream | None:
    said = conninfo_to_dict(url)
    host = str(said.get("host") or "")
    if not host or "," in host or "hostaddr" in said:
        return None
    port = int(said.get("port") or _POSTGRES)
    return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)


def _database_over(url: str, port: int, server: Upstream) -> str:
    """Keep the host's name where there is one: a certificate is checked against it."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query)) | {"hostaddr": _LOOPBACK, "port": str(port)}
    if isinstance(server, str):  # over its socket a server speaks without TLS
        options |= {"sslmode": "disable", "gssencmode": "disable"}
        options.pop("host", None)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=f"{_user(parts)}{host}", query=urlencode(options)).geturl()


def _cache(url: str) -> Upstream | None:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path
    return (parts.hostname or _LOOPBACK, parts.port or _REDIS) if parts.scheme == "redis" else None


def _cache_over(url: str, port: int) -> str:
    parts = urlsplit(url)
    path = "" if parts.scheme == "unix" else parts.path
    return parts._replace(scheme="redis", netloc=f"{_user(parts)}{_LOOPBACK}:{port}", path=path).geturl()


def _user(parts: SplitResult) -> str:
    user, at, _ = parts.netloc.rpartition("@")
    return user + at
