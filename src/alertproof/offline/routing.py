"""Reads the downtimes and notification rules of a test, which have a say in who is told."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from alertproof.datadog.downtime_payload import load_downtime
from alertproof.datadog.rules import load_rule
from alertproof.errors import Broken, ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alertproof.datadog.downtime import Downtime
    from alertproof.datadog.rules import NotificationRule
    from alertproof.offline.document import Entry

__all__ = ["Routed", "read_routing"]

#: What an inline downtime may say besides when it is, as `/api/v2/downtime` spells it.
_LISTS = ("monitor_tags", "notify_end_states", "notify_end_types")
_KEYS = ("from", "until", "recurrence", "timezone", "scope", "monitor_id", "mute_first_recovery_notification", *_LISTS)
_T = TypeVar("_T")
_MINUTE = timedelta(minutes=1)


class Routed(Struct, frozen=True, kw_only=True):
    """One item of ``downtimes`` or of ``rules``: where it is written, and what it stands for."""

    where: str
    downtimes: tuple[Downtime, ...] = ()
    rules: tuple[NotificationRule, ...] = ()


def read_routing(downtimes: Entry | None, rules: Entry | None, start: datetime) -> tuple[Routed, ...]:
    """Read ``downtimes`` and ``rules`` of a test that begins at ``start``.

    Each item is a pattern of files with the API's JSON, or is written out. Raises `Broken` for one that finds none.
    """
    of_json, inline = partial(_downtime, start), partial(_inline_downtime, start)
    muting = downtimes.items() if downtimes else ()
    telling = rules.items() if rules else ()
    return (
        *(Routed(where=each.where, downtimes=_found(each, of_json, inline)) for each in muting),
        *(Routed(where=each.where, rules=_found(each, _rule, _inline_rule)) for each in telling),
    )


def _found(item: Entry, of_json: Callable[[Any, str], _T], inline: Callable[[Entry], _T]) -> tuple[_T, ...]:
    found = tuple(_read(item, of_json, inline))
    if not found:
        raise Broken(f"{item.where}: there is nothing in {item.text()!r} but empty lists")
    return found


def _read(item: Entry, of_json: Callable[[Any, str], _T], inline: Callable[[Entry], _T]) -> Iterator[_T]:
    if isinstance(item.value, dict):
        yield inline(item)
        return
    for path in item.files():
        try:
            read = json.loads(path.read_bytes())
        except ValueError as error:
            raise ConfigError(f"{path}: not JSON: {error}") from error
        except RecursionError as error:
            raise ConfigError(f"{path}: nested too deep") from error
        # The API lists them in ``data``, one or many.
        listed = read.get("data", read) if isinstance(read, dict) else read
        for payload in listed if isinstance(listed, list) else [listed]:
            if not isinstance(payload, dict):
                raise ConfigError(f"{path}: expected an object, or a list of them")
            yield of_json(payload, str(path))


# --- downtimes ----------------------------------------------------------------------------------------


def _downtime(start: datetime, payload: dict[str, Any], source: str) -> Downtime:
    return load_downtime(payload, created=start, source=source)


def _inline_downtime(start: datetime, entry: Entry) -> Downtime:
    keys = entry.mapping(_KEYS, needed=("from",))
    begin = keys["from"].duration()
    end = keys["until"].duration() if "until" in keys else None
    if end is not None and end <= begin:
        keys["until"].fail("a downtime ends after it begins")
    schedule: dict[str, Any] = {"start": (start + begin).isoformat()}
    if end is not None:
        schedule["end"] = (start + end).isoformat()
    if "recurrence" in keys:
        if end is None or (end - begin) % _MINUTE:
            keys["recurrence"].fail("a downtime that recurs needs an end, whole minutes after its begin")
        # The rule counts in local time, and what the test's clock shows at its begin is shown there.
        again = {
            "start": (start + begin).replace(tzinfo=None).isoformat(),
            "duration": f"{(end - begin) // _MINUTE}m",
            "rrule": keys["recurrence"].text(),
        }
        schedule = {"recurrences": [again], "timezone": keys["timezone"].text() if "timezone" in keys else "UTC"}
    elif "timezone" in keys:
        keys["timezone"].fail("a time zone is of a recurrence; from and until count from the start of the test")
    lists = {name: [each.text() for each in keys[name].items()] for name in _LISTS if name in keys}
    target: dict[str, Any] = {"monitor_tags": lists.pop("monitor_tags", ["*"])}
    if "monitor_id" in keys:
        target = {"monitor_id": keys["monitor_id"].whole()}
    payload: dict[str, Any] = {"scope": keys["scope"].text() if "scope" in keys else "*", **lists}
    if "mute_first_recovery_notification" in keys:
        payload["mute_first_recovery_notification"] = keys["mute_first_recovery_notification"].flag()
    payload |= {"monitor_identifier": target, "schedule": schedule}
    return _downtime(start, {"id": entry.where, "attributes": payload}, entry.where)


# --- rules --------------------------------------------------------------------------------------------


def _rule(payload: dict[str, Any], source: str) -> NotificationRule:
    return load_rule(payload, source=source)


def _inline_rule(entry: Entry) -> NotificationRule:
    entry.mapping(("name", "filter", "recipients", "conditional_recipients"), needed=("name", "filter"))
    return _rule(_plain(entry), entry.where)


def _plain(entry: Entry) -> Any:
    """Return what stands there as the JSON that it would be; its single values are all texts."""
    if isinstance(entry.value, dict):
        return {key: _plain(value) for key, value in entry.pairs().items()}
    if isinstance(entry.value, tuple):
        return [_plain(each) for each in entry.items()]
    return entry.text()
