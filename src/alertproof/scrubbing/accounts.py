"""What the vendors show of what they keep, by their public APIs: on any target, also where no wire can be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import final

import msgspec

from alertproof.canaries import Left
from alertproof.errors import Broken
from alertproof.redact import Secret
from alertproof.requirements import Target
from alertproof.sentrywatch import connect
from alertproof.vendors import DatadogTelemetry, PagerDuty

__all__ = ["Accounts"]

_AT_ONCE = 20
#: Each event is a question of its own.
_EVENTS = 500


@final
class Accounts:
    """The accounts of a target. ``facets`` say under which attribute each kind of record carries the correlation id."""

    def __init__(self, target: Target, facets: Mapping[str, str], *, name: str) -> None:
        env, ends = target.env, target.endpoints
        self._facets = facets
        self._clock = target.stack_clock()
        self._datadog = DatadogTelemetry(
            host=ends.datadog, api_key=Secret(env["DD_API_KEY"]), app_key=Secret(env["DD_APP_KEY"])
        )
        self._sentry = connect(ends.sentry_api, env, name=name)
        self._pagerduty = PagerDuty(
            base_url=ends.pagerduty,
            token=Secret(env["PAGERDUTY_API_TOKEN"]),
            from_email="alertproof@canary.example",
            ca_file=target.ca_file,
        )

    def close(self) -> None:
        """Close the clients' connections."""
        for client in (self._datadog, self._sentry, self._pagerduty):
            client.close()

    def left(self, marks: Iterable[str], *, since: datetime) -> Iterator[Left]:
        """Yield what the vendors show of requests with these correlation ids, and all events, metrics and incidents.

        Raises `Broken` where one request has too many events, and `VendorUnavailable`.
        """
        marks = list(marks)
        for mark in marks:
            events = self._sentry.events({"correlation_id": mark}, since=since, most=_EVENTS)
            if len(events) >= _EVENTS:
                raise Broken(
                    f"Sentry has {_EVENTS} events or more with correlation_id {mark!r}: too many to look at all of "
                    "them; let a door cause fewer"
                )
            yield from (Left(source="Sentry, as stored", octets=event.raw.encode()) for event in events)
        for kind, facet in self._facets.items():
            for at in range(0, len(marks), _AT_ONCE):
                search = f"{facet}:({' OR '.join(marks[at : at + _AT_ONCE])})"
                for record in self._datadog.every_record(kind, search, since=since, until=self._clock.now()):
                    yield Left(source=f"Datadog {kind}, as shown", octets=msgspec.json.encode(record, enc_hook=str))
        # An event carries no correlation id: all of them are looked at.
        for event in self._datadog.every_record("events", "*", since=since, until=self._clock.now()):
            yield Left(source="Datadog events, as shown", octets=msgspec.json.encode(event, enc_hook=str))
        for metric in self._datadog.metrics(since=since):
            tags = sorted(self._datadog.tags_of(metric))
            yield Left(source="Datadog metrics", octets="\n".join([metric, *tags]).encode())
        for incident in self._pagerduty.incidents(since=since):
            yield Left(source="PagerDuty, as shown", octets=f"{incident.title}\n{incident.details}".encode())
