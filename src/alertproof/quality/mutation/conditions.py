"""Operators on when a monitor fires: thresholds, comparison, window, recovery, missing data, parts of a composite."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from alertproof.quality.mutation.defect import Change, Sign
from alertproof.quality.mutation.editing import MISSING, at, options_of, with_option, with_threshold, with_value

__all__ = ["comparator", "missing_data", "parts", "recovery", "renotify", "threshold", "warning", "window"]

_CONDITION = re.compile(r"(>=|<=|>|<)\s*(-?[\d.]+)\s*$")
_WINDOW = re.compile(r'(?:last_|last\("|(?:long|short)_window\(")(\d+[mh])')
_WINDOWS = ("1m", "5m", "10m", "15m", "30m", "1h", "2h", "4h", "6h", "12h")
_COMPARISONS = {">": ">=", ">=": ">", "<": "<=", "<=": "<"}
_LESS = frozenset({Sign.SILENT})
_MORE = frozenset({Sign.FIRES})
#: It fires at other times, or on data that no longer come to a value.
_OTHERWISE = frozenset({Sign.SILENT, Sign.FIRES, Sign.LASTS, Sign.BLIND})


def beside(value: float) -> tuple[float, float]:
    """Return what is a fifth below and above; of a small whole number, which may count things, one."""
    step = 1.0 if value == int(value) and abs(value) < 10 else abs(value) / 5
    return value - step, value + step


def threshold(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Put the threshold a fifth lower and higher, in the query and in the options."""
    found = _CONDITION.search(payload["query"])
    if found is None:
        return
    for value in beside(float(found[2])):
        changed = with_threshold(at(payload, "query", found.span(2), _number(value)), "critical", value)
        harder = (value > float(found[2])) is (found[1] in {">", ">="})
        yield Change(
            text=f"{found[1]} {found[2]} becomes {found[1]} {_number(value)}",
            payload=changed,
            wanted=_LESS if harder else _MORE,
            missing=f"one with values between {found[2]} and {_number(value)}",
        )


def comparator(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Let the threshold itself count, or no longer; a burn rate is a quotient hardly ever equal to it."""
    found = _CONDITION.search(payload["query"])
    if found is None or payload["type"] == "slo alert":
        return
    other = _COMPARISONS[found[1]]
    yield Change(
        text=f"{found[1]} becomes {other}",
        payload=at(payload, "query", found.span(1), other),
        wanted=_MORE if "=" in other else _LESS,
        missing=f"one with values of exactly {found[2]}",
    )


def window(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Put each window one step shorter and longer."""
    for found in _WINDOW.finditer(payload["query"]):
        place = _WINDOWS.index(found[1]) if found[1] in _WINDOWS else -1
        for other in _WINDOWS[max(place - 1, 0) : place + 2] if place >= 0 else ():
            if other != found[1]:
                yield Change(
                    text=f"{found[0]} becomes {other}",
                    payload=at(payload, "query", found.span(1), other),
                    wanted=_OTHERWISE,
                    missing=f"one in which {found[1]} and {other} of data differ, and that says when it fires",
                )


def warning(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Put a warning threshold beside what it was, and leave it out."""
    limits = options_of(payload).get("thresholds") or {}
    if "warning" not in limits:
        return
    for value in (*beside(limits["warning"]), MISSING):
        shown = "nothing" if value is MISSING else f"{value:g}"
        yield Change(
            text=f"the warning threshold {limits['warning']:g} becomes {shown}",
            payload=with_threshold(payload, "warning", value),
            wanted=_LESS | _MORE,
            missing=f"one with values between a warning at {limits['warning']:g} and at {shown}",
        )


def recovery(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Put each recovery threshold beside what it was, and leave it out."""
    limits = options_of(payload).get("thresholds") or {}
    for name in ("critical_recovery", "warning_recovery"):
        for value in (*beside(limits[name]), MISSING) if name in limits else ():
            shown = "nothing" if value is MISSING else f"{value:g}"
            yield Change(
                text=f"{name} {limits[name]:g} becomes {shown}",
                payload=with_threshold(payload, name, value),
                wanted=frozenset({Sign.LASTS, Sign.SILENT, Sign.FIRES}),
                missing=f"one whose values fall to between {limits[name]:g} and {shown} after it fired",
            )


def missing_data(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Tell nobody of missing data, or where nobody was told, somebody; and after another time."""
    options = options_of(payload)
    told = bool(options.get("notify_no_data"))
    if payload["type"] not in {"composite", "slo alert", "rum alert"} or told:
        changed = with_option(payload, "notify_no_data", not told)
        if not told:
            changed = with_option(changed, "no_data_timeframe", 20)
        yield Change(
            text="nobody is told of missing data" if told else "missing data are told of after 20 minutes",
            payload=changed,
            wanted=frozenset({Sign.SILENT, Sign.BLIND}) if told else _MORE,
            missing="one whose data end, with half an hour more to run",
        )
    minutes = options.get("no_data_timeframe")
    for value in (minutes - 5, minutes + 5) if told and minutes else ():
        yield Change(
            text=f"data are missing after {value} minutes and not {minutes}",
            payload=with_option(payload, "no_data_timeframe", value),
            wanted=_MORE if value < minutes else frozenset({Sign.SILENT}),
            missing=f"one whose data end, and that says when it is told: after {minutes} minutes, not {value}",
        )


def renotify(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Repeat later or never; what is never repeated, each hour."""
    interval = options_of(payload).get("renotify_interval") or 0
    if payload["type"] == "slo alert" or "@" not in payload["message"]:
        return  # a test would last for hours; who tells nobody repeats nothing
    for value in (interval * 2, 0) if interval else (60,):
        changed = with_option(payload, "renotify_interval", value)
        if not value:  # what the server would not take without
            for name in ("renotify_statuses", "escalation_message", "renotify_occurrences"):
                changed = with_option(changed, name, MISSING)
        yield Change(
            text=f"repeated every {value} minutes and not {interval}"
            if interval and value
            else ("never repeated" if interval else "repeated each hour"),
            payload=changed,
            wanted=frozenset({Sign.SILENT}) if interval else _MORE,
            missing="one in which it stays in Alert for longer than it takes to be told again",
        )


def parts(payload: Mapping[str, Any]) -> Iterator[Change]:
    """Let one part of a composite be enough, leave each out, and turn each round."""
    if payload["type"] != "composite":
        return
    query = payload["query"]
    if "&&" in query:
        yield _composed(payload, "one is enough", query.replace("&&", "||"))
    found = query.split(" && ")
    for number, part in enumerate(found):
        rest = found[:number] + found[number + 1 :]
        if rest:
            yield _composed(payload, f"without {part}", " && ".join(rest))
        turned = part.removeprefix("!") if part.startswith("!") else f"!{part}"
        yield _composed(payload, f"{part} turned round", " && ".join([*found[:number], turned, *found[number + 1 :]]))


def _composed(payload: Mapping[str, Any], text: str, query: str) -> Change:
    missing = f"one in which `{payload['query']}` and `{query}` differ"
    return Change(text=text, payload=with_value(payload, "query", query), wanted=_OTHERWISE, missing=missing)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.12g}"
