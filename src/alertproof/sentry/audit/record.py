"""The record of an audit: read, compared with one from before, and put into words.

Why an option is warned of: ``data_collection`` switches the SDK's own scrubber off and ``send_default_pii`` adds the
user's address, cookies and headers [docs.sentry.io/platforms/python/configuration/options].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from alertproof.errors import ConfigError

__all__ = ["Audit", "changes", "parse", "uncovered", "warnings", "words"]

_Scalar = bool | int | float | str | None


class Audit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was measured of one SDK under the options of one platform."""

    sdk: str
    #: The options that the SDK has when it is told nothing; of what is no number or word, only the name of its type.
    defaults: Mapping[str, _Scalar]
    #: The options in force, of the same kind: a hook is ``set`` or ``not set``.
    options: Mapping[str, _Scalar]
    #: By kind of item: the hooks that are given what is in it, where they are set.
    hooks: Mapping[str, tuple[str, ...]]
    #: By kind of item: the fields that it had under the options in force.
    fields: Mapping[str, tuple[str, ...]]


def parse(octets: bytes, name: str) -> Audit:
    """Return a record; raises `ConfigError`, which says where it is wrong."""
    try:
        return msgspec.json.decode(octets, type=Audit)
    except msgspec.MsgspecError as error:
        msg = f"{name} is no record of an audit: {error}; write it anew with alertproof sentry audit --write {name}"
        raise ConfigError(msg) from error


def uncovered(audit: Audit) -> list[str]:
    """Return the kinds of items that pass no hook that is set: whatever is in them leaves as it is."""
    return sorted(
        kind for kind, hooks in audit.hooks.items() if not any(audit.options.get(hook) == "set" for hook in hooks)
    )


def warnings(audit: Audit) -> list[str]:
    """Return what in the options sends more than an SDK that is told nothing, or scrubs less."""
    options = audit.options
    said = {
        "data_collection is set: the SDK's own scrubber is off, whatever else is said": options.get("data_collection")
        == "set",
        "send_default_pii is on: addresses, cookies and headers of users are sent": options.get("send_default_pii"),
        "attach_stacktrace is on: messages carry frames, and their variables": options.get("attach_stacktrace"),
        "max_request_body_size is 'always': bodies of requests are sent whole": options.get("max_request_body_size")
        == "always",
    }
    return [text for text, holds in said.items() if holds]


def changes(before: Audit, now: Audit) -> list[str]:
    """Return what is other than it was recorded, each by its name; the SDK's version alone changes nothing."""
    return [
        *_changed("default of the SDK", before.defaults, now.defaults),
        *_changed("option in force", before.options, now.options),
        *_changed("hooks that see", before.hooks, now.hooks),
        *_changed("fields of", before.fields, now.fields),
    ]


def _changed(what: str, before: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    for name in sorted(before.keys() | now.keys()):
        if name not in now:
            yield f"{what} {name}: is gone, was {_shown(before[name])}"
        elif name not in before:
            yield f"{what} {name}: is new, {_shown(now[name])}"
        elif before[name] != now[name]:
            was, is_now = before[name], now[name]
            if isinstance(was, tuple) and isinstance(is_now, tuple):
                more = [f"+{each}" for each in is_now if each not in was]
                yield f"{what} {name}: {', '.join([*more, *(f'-{each}' for each in was if each not in is_now)])}"
            else:
                yield f"{what} {name}: was {_shown(was)}, is {_shown(is_now)}"


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else repr(value)


def words(audit: Audit) -> str:
    """Return the audit in words."""
    lines = [f"sentry-sdk {audit.sdk}", "", "What leaves, and what sees it:"]
    for kind, hooks in sorted(audit.hooks.items()):
        seen = [f"{hook} ({audit.options.get(hook, 'not set')})" for hook in hooks]
        lines.append(f"  {kind}: {', '.join(seen) or 'no hook sees it'}")
    lines += ["", "Not covered, because no hook that is set sees it:"]
    for kind in uncovered(audit):
        fields = audit.fields.get(kind)
        lines.append(
            f"  {kind}: {'not sent under these options' if fields is None else _shown(fields or ('its bytes',))}"
        )
    lines += ["", "What sends more, or scrubs less, than the SDK does by itself:"]
    lines += [f"  {text}" for text in warnings(audit)] or ["  nothing"]
    lines += ["", "What an error holds under these options:"]
    lines += [f"  {name}" for name in audit.fields.get("event", ())]
    return "\n".join(lines)
