"""Server-side data scrubbing: settings of organization and project, and Relay's own library that applies them.

The library (``sentry-relay``, the extra ``relay``) is what Sentry itself runs; nothing of it is emulated here. Where it
is not installed nothing is scrubbed, and :func:`scrubbing_statement` says so. It takes whole events: errors and
transactions with their spans. It has no way in for logs, spans of their own and metrics, nor is one made up here.
Source: getsentry/sentry (datascrubbing.py), getsentry/relay (relay-cabi).
"""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import msgspec

from alertproof.errors import AlertproofError

__all__ = ["NOT_SCRUBBED", "ScrubError", "ScrubSettings", "Scrubber", "scrubbing_library", "scrubbing_statement"]

_PACKAGE = "sentry-relay"
#: What Relay's library has no way in for, by the types of items.
NOT_SCRUBBED = ("attachment", "check_in", "log", "profile", "replay_event", "span", "trace_metric")


class ScrubError(AlertproofError):
    """Rules or a payload that Relay cannot read, or no library to read them."""


class ScrubSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What an organization or a project says of scrubbing, by the names of the web API.

    ``relayPiiConfig`` are the advanced rules, as JSON text. An organization's switches start off: they are what it
    requires of all its projects.
    """

    dataScrubber: bool = True  # noqa: N815 - the web API's names
    dataScrubberDefaults: bool = True  # noqa: N815
    scrubIPAddresses: bool = False  # noqa: N815
    sensitiveFields: tuple[str, ...] = ()  # noqa: N815
    safeFields: tuple[str, ...] = ()  # noqa: N815
    relayPiiConfig: str | None = None  # noqa: N815

    @classmethod
    def required(cls) -> ScrubSettings:
        """Return an organization's settings as they are at first: it requires nothing."""
        return cls(dataScrubber=False, dataScrubberDefaults=False)

    @property
    def rules(self) -> Mapping[str, Any]:
        """The advanced rules."""
        found: Mapping[str, Any] = msgspec.json.decode(self.relayPiiConfig) if self.relayPiiConfig else {}
        return found


class Scrubber:
    """Scrubs events by the settings of an organization and a project, the advanced rules first, as Sentry does."""

    def __init__(self, organization: ScrubSettings, project: ScrubSettings) -> None:
        """Raises `ScrubError` for settings that Relay cannot read, and where its library is not installed."""
        self._relay = _needed()
        for settings in (organization, project):
            _checked(self._relay, settings)
        advanced = _merged({"organization:": organization.rules, "project:": project.rules})
        simple = {
            "scrubData": organization.dataScrubber or project.dataScrubber,
            "scrubDefaults": organization.dataScrubberDefaults or project.dataScrubberDefaults,
            "scrubIpAddresses": organization.scrubIPAddresses or project.scrubIPAddresses,
            "sensitiveFields": [*organization.sensitiveFields, *project.sensitiveFields],
            "excludeFields": [*organization.safeFields, *project.safeFields],
        }
        found = (advanced, _whatever_case(self._relay.convert_datascrubbing_config(simple)))
        self._configurations = [each for each in found if each.get("applications")]

    def scrub(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return an event or transaction without what the rules strike out, with Relay's marks in ``_meta``.

        What Relay cannot read of it stands in ``errors``. Raises `ScrubError` when it cannot read the whole of it.
        """
        if not self._configurations:
            return document
        scrubbed: Any = document
        for configuration in self._configurations:
            try:
                scrubbed = self._relay.pii_strip_event(
                    configuration, scrubbed, json_dumps=msgspec.json.encode, json_loads=msgspec.json.decode
                )
            except self._relay.RelayError as error:
                raise ScrubError(f"Relay cannot scrub it: {str(error).splitlines()[0]}") from error
        if not isinstance(scrubbed, dict):
            raise ScrubError("Relay cannot scrub it: it is no event")
        before = scrubbed.get("errors")
        errors = [*(before if isinstance(before, list) else []), *_unreadable(scrubbed.get("_meta"))]
        return {**scrubbed, "errors": errors} if errors else scrubbed


def scrubbing_library() -> str | None:
    """Return name and version of Relay's library, or None where it is not installed."""
    return f"{_PACKAGE} {importlib.metadata.version(_PACKAGE)}" if _relay() else None


def scrubbing_statement() -> str:
    """Return one sentence on whether there is server-side scrubbing here."""
    library = scrubbing_library()
    if library is None:
        return (
            f"Sentry's server-side data scrubbing is off: {_PACKAGE} is not installed, and events are kept as they "
            "were sent; pip install 'alertproof[relay]'"
        )
    return f"Sentry's server-side data scrubbing is on for errors and transactions, by {library}"


@functools.cache
def _relay() -> ModuleType | None:
    # OSError: there, but its shared library is for another machine.
    try:
        import sentry_relay  # noqa: PLC0415 - of an extra
    except (ImportError, OSError):
        return None
    module: ModuleType = sentry_relay
    return module


def _needed() -> ModuleType:
    relay = _relay()
    if relay is None:
        raise ScrubError(scrubbing_statement())
    return relay


def _checked(relay: ModuleType, settings: ScrubSettings) -> None:
    try:
        for selector in settings.safeFields:
            relay.validate_pii_selector(selector)
    except ValueError as error:
        raise ScrubError(f"safeFields: {error}") from error
    if not all(settings.sensitiveFields):
        raise ScrubError("sensitiveFields: Empty sensitive fields are not allowed.")
    try:
        relay.validate_pii_config(settings.relayPiiConfig or "{}")
    except ValueError as error:
        raise ScrubError(f"relayPiiConfig: {error}") from error


def _whatever_case(configuration: dict[str, Any]) -> dict[str, Any]:
    """Let sensitive fields match in any case, as they do inside Relay: its JSON form of the rules loses that."""
    rules = {
        name: {**rule, "keyPattern": f"(?i){rule['keyPattern']}"}
        for name, rule in configuration.get("rules", {}).items()
    }
    return {**configuration, "rules": rules}


def _merged(by_owner: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the rules of all owners as one; an owner's rules are called by its own name, so that none hides another's.

    The organization's come first: a project's rule that eats a part of a word would let the rest of it pass.
    """
    rules: dict[str, Any] = {}
    applications: dict[str, list[str]] = {}
    for owner, written in by_owner.items():
        own = written.get("rules") or {}

        def named(name: str, owner: str = owner, own: Mapping[str, Any] = own) -> str:
            return f"{owner}{name}" if name in own else name

        for name, rule in own.items():
            inner: dict[str, Any] = {"rules": [named(each) for each in rule["rules"]]} if rule.get("rules") else {}
            inner |= {"rule": named(rule["rule"])} if isinstance(rule.get("rule"), str) else {}
            rules[named(name)] = {**rule, **inner}
        for selector, names in (written.get("applications") or {}).items():
            applications.setdefault(selector, []).extend(named(name) for name in names)
    return {"rules": rules, "applications": applications}


def _unreadable(meta: object, path: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield what Relay could not read, as the errors of an event."""
    if not isinstance(meta, dict):
        return
    for name, inner in meta.items():
        if name:
            yield from _unreadable(inner, (*path, name))
        elif isinstance(inner, dict):
            for error in inner.get("err") or ():
                kind = error[0] if isinstance(error, list) else error
                yield {"type": kind, "name": ".".join(path), "value": inner.get("val")}
