"""What leaves the process, whole: events, transactions, spans, logs, metrics, breadcrumbs and lines of the log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, final

from m3core.scrubbing.memory import Memory
from m3core.scrubbing.policy import FILTERED, Policy
from m3core.scrubbing.text import is_suspect
from m3core.scrubbing.trace import without_traces
from m3core.scrubbing.walk import Meta, Walk, note, remark

__all__ = ["Scrubber"]

#: Parts of an event whose keys are names of other things: a package called ``tokenizers`` has a version, no secret.
_KEYS_OF_OTHERS = frozenset(["modules", "sdk", "debug_meta", "fingerprint"])
_PARAMETER = "sentry.message.parameter."
_PLACEHOLDER = re.compile(r"%(?:\((\w{1,60})\))?[sdrfi]|\{(\w{0,60})\}")
#: A number of more digits is a text that somebody sent.
_MOST_MEASURED = 10**19
_COUNT = re.compile(r"\d{1,5}")


@final
class Scrubber:
    """Scrubs by a policy. Nothing given is changed, nothing is ever dropped, and nothing raises."""

    def __init__(self, policy: Policy | None = None) -> None:
        self._policy = policy or Policy()
        self._memory = Memory()

    def text(self, text: str) -> str:
        """Return a text with everything replaced that must not leave."""
        try:
            # Most texts are short and plain, and come again and again.
            if len(text) > self._policy.most_text:
                return FILTERED
            if text in self._memory.clear or not is_suspect(text):
                return text
            return self._walk().text(text)[0]
        except Exception:  # noqa: BLE001 - whatever it is, it goes unread and the rest goes on
            return "[Filtered]"

    def value(self, value: Any) -> Any:
        """Return a copy of a value of any depth with everything replaced that must not leave."""
        return self._walked(value)[0]

    def event(self, event: Mapping[str, Any], hint: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return an error event or a transaction scrubbed, for ``before_send`` and ``before_send_transaction``.

        What was taken out, and why, is remarked in ``_meta``. ``hint`` is not needed.
        """
        del hint
        walk = self._walk()
        clean: dict[str, Any] = {}
        meta: dict[str, Any] = {}
        for key, value in _items(event):
            if key == "_meta":
                continue
            shown = str(walk.name(key)[0])
            done, remarks = _part(walk, shown, value)
            clean[shown] = done
            note(meta, shown, remarks)
        done, remarks = without_traces(clean, meta, walk.taken)
        marks = _joined(_old_marks(event, walk), remarks)
        return {**done, "_meta": marks} if marks else dict(done)

    def transaction(self, event: Mapping[str, Any], hint: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return a transaction scrubbed, with all its spans."""
        return self.event(event, hint)

    def span(self, span: Mapping[str, Any], hint: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return a span of its own scrubbed, for ``before_send_span``."""
        return self._item(span, hint)

    def log(self, log: Mapping[str, Any], hint: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return a structured log scrubbed, for ``before_send_log``."""
        return self._item(_without_secret_parameters(log, self._walk()), hint)

    def metric(self, metric: Mapping[str, Any], hint: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return a metric scrubbed, for ``before_send_metric``; what was measured may pass for a card's number."""
        clean = self._item(metric, hint)
        measured = clean.get("value") == FILTERED and metric["value"]
        if isinstance(measured, int | float) and not isinstance(measured, bool) and abs(measured) < _MOST_MEASURED:
            clean["value"] = measured
        return clean

    def breadcrumb(self, crumb: Mapping[str, Any], hint: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return a breadcrumb scrubbed, for ``before_breadcrumb``."""
        return self._item(crumb, hint)

    def record(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a line of the log scrubbed."""
        return self._item(record, None)

    def _item(self, item: Mapping[str, Any], hint: Mapping[str, Any] | None) -> dict[str, Any]:
        del hint
        clean = self._walked(item)[0]
        return clean if isinstance(clean, dict) else {"body": clean}

    def _walked(self, value: Any) -> tuple[Any, Meta]:
        walk = self._walk()
        clean, meta = walk.value(value)
        return without_traces(clean, meta, walk.taken)

    def _walk(self) -> Walk:
        return Walk(self._policy, self._memory)


def _part(walk: Walk, key: str, value: Any) -> tuple[Any, Meta]:
    if key in _KEYS_OF_OTHERS:
        return walk.unnamed(value)
    if key == "logentry" and isinstance(value, Mapping):
        try:
            return _message(walk, value)
        except Exception:  # noqa: BLE001 - see Scrubber: the walk takes out what cannot be read
            return walk.value(value, key)
    return walk.value(value, key)


def _items(event: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    try:
        return list(event.items())
    except Exception:  # noqa: BLE001 - see Scrubber
        return []


def _message(walk: Walk, entry: Mapping[str, Any]) -> tuple[Any, Meta]:
    """Scrub a message with its parameters: a template says which of them is a secret, ``"password=%s"``."""
    template, params = entry.get("message"), entry.get("params")
    secret = _secret_params(walk, template, params)
    if not secret:
        return walk.value(entry, "logentry")
    written = [_written(params[index]) for index in secret]  # type: ignore[index]
    walk.taken.update(text for text in written if len(text) >= 4)
    kept = list(params) if isinstance(params, list | tuple) else dict(params)  # type: ignore[arg-type]
    for index in secret:
        kept[index] = "[Filtered]"
    clean, meta = walk.value({**entry, "params": kept}, "logentry")
    marks = {str(index): remark(["secret-parameter"]) for index in secret}
    return clean, _joined(meta or {}, {"params": marks})


def _written(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - see Scrubber: nobody can have written it into a text
        return ""


def _secret_params(walk: Walk, template: Any, params: Any) -> list[Any]:
    """Return the places of the parameters that the text before them makes secret."""
    if (
        not isinstance(template, str)
        or not isinstance(params, list | tuple | dict)
        or not params
        or len(template) > 20_000
    ):
        return []
    places: list[Any] = []

    def mark(match: re.Match[str]) -> str:
        places.append(match[1] or match[2] or len(places))
        return f"zQ7x{len(places) - 1}Yk9w"

    filled = _PLACEHOLDER.sub(mark, template)
    if not places:
        return []
    clean = walk.text(filled)[0]
    known = params if isinstance(params, dict) else range(len(params))
    gone = [place for number, place in enumerate(places) if f"zQ7x{number}Yk9w" not in clean and place in known]
    return [place for place in gone if not _says_nothing(walk, template, params[place])]


def _says_nothing(walk: Walk, template: str, value: Any) -> bool:
    """Whether a parameter is a short number that stays in the text as it was written: ``user %s``, 17."""
    written = _written(value)
    if not _COUNT.fullmatch(written):
        return False
    filled = _PLACEHOLDER.sub(written, template)
    return walk.text(filled)[0] == filled


def _without_secret_parameters(log: Mapping[str, Any], walk: Walk) -> Mapping[str, Any]:
    """Return a log without the parameters that its template makes secret, neither apart nor in its body."""
    try:
        attributes = dict(log["attributes"])
        template = attributes.get("sentry.message.template")
        params = {key.removeprefix(_PARAMETER): key for key in attributes if key.startswith(_PARAMETER)}
        values = {name: attributes[key] for name, key in params.items()}
        numbered = {int(name): value for name, value in values.items() if name.isdecimal()}
        secret = [params[str(place)] for place in _secret_params(walk, template, {**values, **numbered})]
        body = log.get("body")
        for key in secret:
            written = _written(attributes[key])
            if isinstance(body, str) and len(written) >= 4:
                body = body.replace(written, "[Filtered]")
            attributes[key] = "[Filtered]"
    except Exception:  # noqa: BLE001 - see Scrubber
        return log
    return {**log, "attributes": attributes, "body": body} if secret else log


def _old_marks(event: Mapping[str, Any], walk: Walk) -> dict[str, Any]:
    """Return the marks that others left, without the originals that some keep in them."""
    try:
        marks = event.get("_meta")
        return _without_originals(marks, walk) if isinstance(marks, Mapping) else {}
    except Exception:  # noqa: BLE001 - see Scrubber
        return {}


def _without_originals(marks: Mapping[Any, Any], walk: Walk, depth: int = 0) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, inner in list(marks.items()) if depth < 60 else []:
        if not isinstance(inner, Mapping):
            continue
        if key == "":
            kept[""] = walk.value(
                {name: value for name, value in inner.items() if name in {"rem", "err", "chunks", "len"}}
            )[0]
        else:
            kept[walk.text(str(key))[0]] = _without_originals(inner, walk, depth + 1)
    return kept


def _joined(one: Mapping[str, Any], other: Mapping[str, Any] | None) -> dict[str, Any]:
    joined = dict(one)
    for key, inner in (other or {}).items():
        here = joined.get(key)
        if not isinstance(here, Mapping):
            joined[key] = inner
        elif key == "":
            before = here.get("rem")
            before = before if isinstance(before, list) else []
            joined[key] = {**here, "rem": [*before, *(each for each in inner["rem"] if each not in before)]}
        else:
            joined[key] = _joined(here, inner)
    return joined
