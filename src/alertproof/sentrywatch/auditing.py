"""Measures what the installed SDK sends under a platform's options, and which hooks see it.

The SDK runs in a child process with a transport that keeps what goes out: one item of each kind is sent, once with
each of the hooks, which notes what it is given, and once as the platform starts the SDK. Nothing leaves the machine.
What the transport itself makes, client reports, and what is sent only on request, profiles and replays, is not
measured: no hook sees it.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sentry_sdk
import sentry_sdk.crons
import sentry_sdk.logger
import sentry_sdk.metrics
import sentry_sdk.traces
from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from alertproof.errors import Broken, ConfigError
from alertproof.sentry.audit import Audit, parse

__all__ = ["audit"]

_HOOKS = (
    "before_breadcrumb",
    "before_send",
    "before_send_log",
    "before_send_metric",
    "before_send_span",
    "before_send_transaction",
)
#: What is planted in an item of each kind; a session has no text, but a name for its number that nothing else has.
_MARKS = {
    kind: f"mark-of-{kind}"
    for kind in ("attachment", "breadcrumb", "check_in", "event", "log", "span", "trace_metric", "transaction")
} | {"session": "'sid':"}
#: Kinds of items that must have been seen, else the audit looked at nothing.
_KINDS = ("attachment", "breadcrumb", "check_in", "event", "log", "session", "trace_metric", "transaction")
_DSN = "http://public@127.0.0.1:1/1"
_LOUD: Mapping[str, Any] = {"dsn": _DSN, "traces_sample_rate": 1.0, "sample_rate": 1.0, "enable_logs": True}
_STREAMED: Mapping[str, Any] = {"trace_lifecycle": "stream"}
#: These differ by machine or by process.
_OWN = frozenset(["dsn", "server_name", "project_root", "transport", "release", "environment"])


def audit(start: str | None = None, *, within: timedelta = timedelta(seconds=60)) -> Audit:
    """Return what was measured; ``start`` is ``module:function``, which starts the SDK as the platform does.

    Raises `ConfigError` where ``start`` does not start it and `Broken` where the child ended otherwise.
    """
    command = [sys.executable, "-m", "alertproof.sentrywatch.auditing", *([start] if start else [])]
    try:
        ran = subprocess.run(
            command, capture_output=True, check=False, text=True, timeout=within.total_seconds(), errors="replace"
        )
    except subprocess.TimeoutExpired as error:
        msg = f"the audit of the SDK was not done within {within.total_seconds():g} s"
        raise Broken(msg) from error
    if ran.returncode == 2:
        raise ConfigError(ran.stderr.strip())
    if ran.returncode:
        msg = f"the audit of the SDK ended with {ran.returncode}: {ran.stderr.strip()[-600:]}"
        raise Broken(msg)
    return parse(ran.stdout.splitlines()[-1].encode(), "what the audit printed")


class _Kept(Transport):
    """Keeps the fields of what goes out, by kind."""

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self.fields: dict[str, set[str]] = {}

    def capture_envelope(self, envelope: Envelope) -> None:
        for item in envelope.items:
            payload = item.payload.json if item.payload.json is not None else _decoded(item.get_bytes())
            found = self.fields.setdefault(item.type or "?", set())
            found.update(_paths(payload))
            if item.type == "event" and isinstance(payload, Mapping) and payload.get("breadcrumbs"):
                self.fields.setdefault("breadcrumb", set()).update(_paths(payload["breadcrumbs"]))


def _decoded(octets: bytes) -> Any:
    try:
        return json.loads(octets)
    except ValueError:
        return None


def _paths(value: Any, above: str = "", depth: int = 0) -> set[str]:
    """Return the names of fields, two levels deep and lists taken as one."""
    if isinstance(value, list | tuple):
        return {path for each in value for path in _paths(each, above, depth)}
    if not isinstance(value, Mapping) or depth > 6:
        return {above} if above else set()
    # Versions of packages and names of variables are the platform's own, and change with it.
    if above.endswith(("modules", ".vars", ".attributes", "packages", ".integrations")):
        return {above}
    found: set[str] = set()
    for name, inner in value.items():
        found |= _paths(inner, f"{above}.{name}" if above else str(name), depth + 1)
    return found


def _scalars(options: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in sorted(options.items()):
        if name in _OWN:
            continue
        if name in _HOOKS:
            shown[name] = "set" if value is not None else "not set"
        else:
            shown[name] = (
                value if value is None or isinstance(value, bool | int | float | str) else type(value).__name__
            )
    return shown


def _send_one_of_each() -> None:
    """Send an item of each kind that the SDK has, each with its mark."""
    sentry_sdk.get_isolation_scope().add_attachment(bytes=_MARKS["attachment"].encode(), filename="note.txt")
    sentry_sdk.add_breadcrumb(category="audit", message=_MARKS["breadcrumb"])
    if sentry_sdk.get_client().options.get("trace_lifecycle") == "stream":
        with sentry_sdk.traces.start_span(name=_MARKS["span"]):
            pass
    else:
        transaction = sentry_sdk.start_transaction(op="audit", name="audit", sampled=True)
        with transaction, sentry_sdk.start_span(op="audit", name=_MARKS["transaction"]):
            pass
    sentry_sdk.logger.info(_MARKS["log"])
    sentry_sdk.metrics.count(_MARKS["trace_metric"], 1)
    sentry_sdk.crons.capture_checkin(monitor_slug=_MARKS["check_in"], status="ok")
    sentry_sdk.start_session()
    try:
        raise LookupError(_MARKS["event"])
    except LookupError as error:
        sentry_sdk.capture_exception(error)
    sentry_sdk.end_session()
    sentry_sdk.flush(5)


def _hooks_by_kind() -> dict[str, list[str]]:
    """Return the hooks that see each kind of item: that are given what was planted in it."""
    sent = _sent_and_seen({})[0]
    missing = [kind for kind in _KINDS if kind not in sent]
    if missing:
        sys.stderr.write(f"this version of the SDK sent nothing of: {', '.join(missing)}\n")
        raise SystemExit(3)
    streamed = _sent_and_seen(_STREAMED)[0]
    by_kind: dict[str, list[str]] = {kind: [] for kind in sorted(sent | streamed)}
    for hook in _HOOKS:
        # Spans that are sent one by one have a hook of their own, which the SDK refuses elsewhere.
        for kind in _sent_and_seen(_STREAMED if hook == "before_send_span" else {}, hook)[1]:
            by_kind[kind].append(hook)
    return by_kind


def _sent_and_seen(options: Mapping[str, Any], hook: str | None = None) -> tuple[set[str], set[str]]:
    """Return the kinds of items that were sent, and those of them that a hook was given."""
    kept = _Kept()
    seen: set[str] = set()

    def note(item: Any, hint: Any) -> Any:
        del hint
        seen.update(kind for kind, mark in _MARKS.items() if mark in repr(item))
        return item

    hooks = {hook: note} if hook else {}
    sentry_sdk.init(**{**_LOUD, **options, **hooks}, transport=kept, default_integrations=False)
    _send_one_of_each()
    sentry_sdk.get_client().close(timeout=5)
    return set(kept.fields), seen & set(kept.fields)


def _started(start: str | None) -> dict[str, Any]:
    """Return the options in force once a platform has started the SDK; those by default where none does."""
    if start is None:
        sentry_sdk.init(dsn=_DSN)
        return dict(sentry_sdk.get_client().options)
    before = sentry_sdk.get_client()
    module, _, function = start.partition(":")
    try:
        getattr(importlib.import_module(module), function)()
    except Exception as error:  # noqa: BLE001 - whatever it is, the platform did not start
        sys.stderr.write(f"{start} did not start the SDK: {type(error).__name__}: {error}; give module:function\n")
        raise SystemExit(2) from None
    if sentry_sdk.get_client() is before or not sentry_sdk.get_client().options.get("dsn"):
        sys.stderr.write(f"{start} ran, but no SDK is started after it: is the DSN set?\n")
        raise SystemExit(2)
    return dict(sentry_sdk.get_client().options)


def _as_chosen(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options by which the SDK is started again as the platform did, but for the place it sends to.

    What is collected the SDK fills in where nothing was chosen, and would take what it filled in for a choice.
    """
    left_out = {"transport"} if options["data_collection"]["provided_by_user"] else {"transport", "data_collection"}
    return {name: value for name, value in options.items() if name not in left_out}


def main(arguments: list[str]) -> None:
    """Print the record of the audit: what the child process does."""
    hooks = _hooks_by_kind()
    options = _started(arguments[0] if arguments else None)
    kept = _Kept()
    sentry_sdk.init(**_as_chosen(options), transport=kept)
    _send_one_of_each()
    sentry_sdk.get_client().close(timeout=5)
    record = {
        "sdk": sentry_sdk.VERSION,
        "defaults": _scalars(DEFAULT_OPTIONS),
        "options": {**_scalars(options), **_collection(options)},
        "hooks": hooks,
        "fields": {kind: sorted(paths) for kind, paths in sorted(kept.fields.items())},
    }
    sys.stdout.write(json.dumps(record) + "\n")


def _collection(options: Mapping[str, Any]) -> dict[str, str]:
    """Return whether what is collected was chosen: the SDK fills the option in where it was not."""
    return {"data_collection": "set" if options["data_collection"]["provided_by_user"] else "not set"}


if __name__ == "__main__":
    main(sys.argv[1:])
