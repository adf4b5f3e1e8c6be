"""Which processes a search finds: parts of command lines, and words that need not all be there [PROC]."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog.evaluation.search import found_by
from alertproof.datadog.query.tree import Attribute, Either, Every, Phrase, SearchExpression, Term, Without
from alertproof.errors import NotModelled

if TYPE_CHECKING:
    from alertproof.datadog.evaluation.frame import Flags
    from alertproof.telemetry.records import Records

__all__ = ["found_processes", "require_process_search"]


def require_process_search(expression: SearchExpression | None) -> None:
    """Raise `NotModelled`, naming the form, for a search that is not evaluated."""
    match expression:
        case None | Attribute() | Phrase():
            return
        case Every() | Either():
            for item in expression.items:
                require_process_search(item)
        case Without():
            require_process_search(expression.item)
        case Term() if not expression.is_pattern or expression.value == "*":
            return
        case _:
            raise NotModelled(f"a search of processes with {type(expression).__name__.lower()} or a wildcard")


def found_processes(expression: SearchExpression | None, records: Records) -> Flags:
    """Return which sightings of processes a search finds, all without one.

    Words are looked for within the command line, whatever their case. Where nothing stands between two of them
    either will do: ``foo bar`` is ``foo OR bar``, and ``foo -bar`` is ``foo OR NOT bar``.
    """
    match expression:
        case Every():
            found = [found_processes(item, records) for item in expression.items]
            either, all_of = np.zeros(len(records), dtype=bool), found[0]
            for word, flags in zip(expression.words, found[1:], strict=True):
                either, all_of = (either, all_of & flags) if word else (either | all_of, flags)
            return either | all_of
        case Either():
            return reduce(np.logical_or, [found_processes(item, records) for item in expression.items])
        case Without():
            return ~found_processes(expression.item, records)
        case Term() | Phrase() if expression.value != "*":
            part = expression.value.lower()
            return records.texts.where(part in str(text).lower() for text in records.texts.distinct)
        case _:
            return found_by(expression, records)
