"""Reads ``monitoring/sentry``: the settings of the project of an environment, and its alert rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alertproof.errors import ConfigError
from alertproof.sync.declared import Declared
from alertproof.sync.file import File, read_files
from alertproof.sync.sentry_alerts import SentryAlerts, declared_alert
from alertproof.sync.sentry_projects import SentryProjects
from alertproof.sync.things import Reference, Wanted

__all__ = ["alerts_of_sentry", "read_sentry"]

_FOLDERS = ("projects", "alerts")
#: What a project's file says to the platform's SDK alone, and what it is called by.
_NOT_SENT = ("client", "slug")


def read_sentry(folder: Path, *, origin: str, environment: str, project: str) -> tuple[str, Declared]:
    """Return the slug of the project of an environment and what is declared for it; both empty where there is none.

    It is the file whose ``client.environment`` is that, else the one whose slug is ``project``. ``origin`` is the
    environment that the alert rules name.
    """
    base = folder / "sentry"
    others = tuple(str(path) for path in sorted(base.iterdir() if base.is_dir() else ()) if path.name not in _FOLDERS)
    files = read_files(base / "projects", "slug", "name")
    chosen = _chosen(files, environment, project)
    if chosen is None:
        reason = f"{base}: no file of projects is of the environment {environment!r}, nor of SENTRY_PROJECT"
        return "", Declared(wanted=(), left_out=(reason, *others) if base.is_dir() else ())
    slug = str(chosen.payload["slug"])
    wanted = [
        Wanted(kind=SentryProjects.name, key=slug, name=slug, payload=_settings(chosen), written=chosen.written),
        *_alerts(read_files(base / "alerts", "name"), slug, origin, environment),
    ]
    return slug, Declared(wanted=tuple(wanted), left_out=others)


def alerts_of_sentry(folder: Path) -> set[Reference]:
    """Return the alerts that are declared, and the services of the PagerDuty integration that they need."""
    found: set[Reference] = set()
    for each in read_files(folder / "sentry" / "alerts", "name"):
        found |= {(SentryAlerts.name, each.key), *declared_alert(each.payload, origin="", environment="")[1]}
    return found


def _chosen(files: list[File], environment: str, project: str) -> File | None:
    watching = [each for each in files if (each.payload.get("client") or {}).get("environment") == environment]
    called = [each for each in files if project and each.payload["slug"] == project]
    return next(iter([*watching, *called]), None)


def _settings(each: File) -> Mapping[str, Any]:
    payload = {name: value for name, value in each.payload.items() if name not in _NOT_SENT}
    if "filters" in payload:
        try:
            payload["filters"] = {
                str(row["id"]): row["subfilters"] if "subfilters" in row else bool(row["active"])
                for row in payload["filters"]
            }
        except (KeyError, TypeError) as error:
            place = each.written.place(("filters",))
            raise ConfigError(f"{place}: each of the filters has an id, and active or subfilters") from error
    return payload


def _alerts(files: list[File], slug: str, origin: str, environment: str) -> Iterator[Wanted]:
    declared = [(each, *declared_alert(each.payload, origin=origin, environment=environment)) for each in files]
    services: dict[Reference, File] = {}
    for each, _, needs in declared:
        for need in needs:
            services.setdefault(need, each)
    for (kind, name), each in services.items():
        payload = {"service": name}
        needs = (("service", name),)
        yield Wanted(kind=kind, key=name, name=name, payload=payload, written=each.written, needs=needs)
    for each, payload, needs in declared:
        about: tuple[Reference, ...] = ((SentryProjects.name, slug), *needs)
        name = str(payload["name"])
        yield Wanted(
            kind=SentryAlerts.name, key=each.key, name=name, payload=payload, written=each.written, needs=about
        )
