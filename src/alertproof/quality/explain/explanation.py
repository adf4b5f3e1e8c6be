"""A whole monitor in plain words, with the defaults that apply and the assumptions that an evaluation rests on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from alertproof.datadog import Assumptions, Definition
from alertproof.datadog.loading import AppliedDefault, Declared
from alertproof.datadog.message import TemplateError
from alertproof.datadog.query.families import family_of
from alertproof.errors import AlertproofError, QuerySyntaxError
from alertproof.quality.explain.course import missing, recovers, soonest
from alertproof.quality.explain.telling import told
from alertproof.quality.explain.watching import watching
from alertproof.quality.lint.subject import Subject
from alertproof.quality.words import span_in_words

__all__ = ["Explanation", "explain"]

#: What each default means for whoever reads the monitor, by its value.
_UNITS = {"new_host_delay": timedelta(seconds=1), "no_data_timeframe": timedelta(minutes=1)}


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to know of one monitor; the names are the schema of ``monitors explain --json``.

    ``text`` is the paragraph of a new on-call engineer, the others are its parts. ``not_evaluated`` says why
    offline tests do not evaluate the monitor, and is empty where they do.
    """

    file: str
    address: str
    representation: str
    monitor: str
    family: str
    watches: str
    fires: str
    course: list[str]
    missing: list[str]
    tells: list[str]
    text: str
    defaults: list[str]
    assumptions: list[str]
    not_evaluated: str


def explain(declared: Declared) -> Explanation:
    """Return a monitor in plain words; whatever cannot be read is said to be unreadable."""
    subject = Subject(declared)
    seen = watching(subject)
    readable = subject.query_error is None
    course = [*soonest(subject), *recovers(subject)] if readable else []
    gaps = list(missing(subject)) if readable else []
    tells = list(told(subject))
    loaded, tree = subject.loaded, subject.tree
    unreadable = next((each for each in subject.templates.values() if isinstance(each, TemplateError)), None)
    refused = loaded if isinstance(loaded, AlertproofError) else subject.not_modelled or unreadable
    return Explanation(
        file=declared.source,
        address=declared.address,
        representation=str(declared.representation),
        monitor=declared.name,
        family="unreadable" if isinstance(tree, QuerySyntaxError) else family_of(tree),
        watches=seen.watches,
        fires=seen.fires,
        course=course,
        missing=gaps,
        tells=tells,
        text=" ".join([seen.watches, seen.fires, *course, *gaps, *tells]),
        defaults=[_default(each) for each in declared.defaults],
        assumptions=list(Assumptions().relied_on(loaded)) if isinstance(loaded, Definition) else [],
        not_evaluated=str(refused).removeprefix(f"{declared.where}: ").splitlines()[0] if refused else "",
    )


def _default(default: AppliedDefault) -> str:
    return f"{default.option} is {_shown(default.option, default.value)} (default of {default.origin})"


def _shown(option: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    unit = _UNITS.get(option)
    return span_in_words(value * unit) if unit is not None and isinstance(value, int) else str(value)
