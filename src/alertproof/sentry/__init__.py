"""What Sentry decides: envelopes, events, issues and searches, as pure functions.

Nothing here reads, writes or asks for the time. The rules are those of docs.sentry.io and of the source of
Relay and of the SDKs; grouping is emulated (:mod:`alertproof.sentry.grouping`).
"""

from __future__ import annotations

from alertproof.sentry.envelope import Envelope, EnvelopeError, Item, encode_envelope, parse_envelope
from alertproof.sentry.event import Event, EventError, read_event
from alertproof.sentry.grouping import Basis, Grouping, group
from alertproof.sentry.rows import Row, read_container
from alertproof.sentry.search import Term, matches, parse_search

__all__ = [
    "Basis",
    "Envelope",
    "EnvelopeError",
    "Event",
    "EventError",
    "Grouping",
    "Item",
    "Row",
    "Term",
    "encode_envelope",
    "group",
    "matches",
    "parse_envelope",
    "parse_search",
    "read_container",
    "read_event",
]
