"""REST API v2: schedules, their overrides, and who is on call.

Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any, final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alertproof.errors import nearest
from alertproof.pagerduty import Layer, Override, Restriction, Schedule, shifts
from alertproof.standins.pagerduty.asking import (
    Handler,
    body_of,
    document_of,
    entity_of,
    instant,
    invalid,
    missing,
    only,
    page,
)
from alertproof.standins.pagerduty.fields import (
    moment,
    objects,
    optional_text,
    reference,
    text,
    time_zone,
    unmodelled,
    whole,
)
from alertproof.standins.pagerduty.part import Part, by_name, found

__all__ = ["Schedules"]

#: Source: the openapi description: a range is at most three months.
_LONGEST_RANGE = timedelta(days=93)
_TWO_WEEKS = timedelta(weeks=2)
_MOST_LAYERS = 20
_RESTRICTIONS = {"daily_restriction": False, "weekly_restriction": True}


@final
class Schedules(Part):
    """Who is on call when."""

    def _table(self) -> Iterable[tuple[str, str, Handler]]:
        one = "/schedules/{schedule_id}"
        return [
            ("GET", "/schedules", self._list),
            ("POST", "/schedules", self._create),
            ("GET", one, self._get),
            ("PUT", one, self._update),
            ("DELETE", one, self._delete),
            ("GET", f"{one}/users", self._users),
            ("GET", f"{one}/overrides", self._overrides),
            ("POST", f"{one}/overrides", self._override),
            ("DELETE", one + "/overrides/{override_id}", self._end_override),
        ]

    async def _list(self, request: Request) -> Response:
        only(request, "query")
        return page(
            request, "schedules", by_name(self._directory.schedules.values(), request), self._account(request).schedule
        )

    async def _create(self, request: Request) -> Response:
        body = await body_of(request, "schedule")
        identity = self._directory.new_id("PC")
        precedence = self._desk.assumptions.layer_precedence
        made = Schedule(id=identity, name="", time_zone=text(body, "time_zone"), layers=(), precedence=precedence)
        schedule = self._directory.put_schedule(_read(body, made))
        return JSONResponse({"schedule": self._account(request).schedule(schedule)}, 201)

    async def _get(self, request: Request) -> Response:
        only(request, "since", "until", "time_zone", "overflow")
        schedule = self._find(request)
        since, until = self._range(request)
        return JSONResponse({"schedule": self._account(request).schedule(schedule, since=since, until=until)})

    async def _update(self, request: Request) -> Response:
        before = self._find(request)
        schedule = self._directory.put_schedule(_read(await body_of(request, "schedule"), before))
        return JSONResponse({"schedule": self._account(request).schedule(schedule)})

    async def _delete(self, request: Request) -> Response:
        self._directory.remove_schedule(self._find(request).id)
        return Response(status_code=204)

    async def _users(self, request: Request) -> Response:
        only(request, "since", "until")
        schedule = self._find(request)
        since, until = self._range(request)
        show = self._account(request)
        names = dict.fromkeys(shift.user for shift in shifts(schedule, since, until))
        return JSONResponse({"users": [show.user(self._directory.users[name]) for name in names]})

    async def _overrides(self, request: Request) -> Response:
        only(request, "since", "until")
        if not request.query_params.get("since") or not request.query_params.get("until"):
            raise invalid("since and until are required")
        since, until = self._range(request)
        rows = [each for each in self._find(request).overrides if each.start < until and each.end > since]
        return JSONResponse({"overrides": [self._account(request).override(each) for each in rows]})

    async def _override(self, request: Request) -> Response:
        schedule = self._find(request)
        document = await document_of(request)
        show = self._account(request)
        if "overrides" not in document:
            body = entity_of(document, "override")
            return JSONResponse({"override": show.override(self._add(schedule, body))}, 201)
        answers = [
            {"status": 201, "override": show.override(self._add(schedule, each))}
            for each in objects(document, "overrides")
        ]
        return JSONResponse(answers, 201)

    async def _end_override(self, request: Request) -> Response:
        schedule = self._find(request)
        wanted = request.path_params["override_id"]
        override = next((each for each in schedule.overrides if each.id == wanted), None)
        if override is None:
            raise missing("Override not found")
        rest = tuple(each for each in schedule.overrides if each.id != wanted)
        now = self._clock.now()
        if override.end <= now:
            raise invalid("Override is over and cannot be deleted")
        # One that has begun is cut short: it was in force up to now.
        if override.start < now:
            rest = tuple(replace(each, end=now) if each.id == wanted else each for each in schedule.overrides)
        self._directory.put_schedule(replace(schedule, overrides=rest))
        return Response(status_code=204)

    def _add(self, schedule: Schedule, body: Mapping[str, Any]) -> Override:
        user = reference(body, "user")
        if moment(body, "end") <= self._clock.now():
            raise invalid("Override cannot end in the past")
        return self._directory.add_override(schedule.id, moment(body, "start"), moment(body, "end"), user)

    def _find(self, request: Request) -> Schedule:
        return found(self._directory.schedules, request.path_params["schedule_id"], "Schedule")

    def _range(self, request: Request) -> tuple[datetime, datetime]:
        """Return the range asked for; two weeks from now on without one."""
        given, ends = instant(request, "since"), instant(request, "until")
        since = given or (ends - _TWO_WEEKS if ends else self._clock.now())
        until = ends or since + _TWO_WEEKS
        if not since <= until <= since + _LONGEST_RANGE:
            raise invalid(f"until must not be before since, nor more than {_LONGEST_RANGE.days} days after it")
        return since, until


def _read(body: Mapping[str, Any], before: Schedule) -> Schedule:
    unmodelled(body, "schedule", ["teams"])
    layers = before.layers
    if "schedule_layers" in body or not layers:
        given = objects(body, "schedule_layers")
        if not given or len(given) > _MOST_LAYERS:
            raise invalid(f"Schedule layers must be 1 to {_MOST_LAYERS}")
        layers = tuple(_layer(each, f"{before.id}L{place}") for place, each in enumerate(given, 1))
    return replace(
        before,
        name=text({"name": before.name, **body}, "name"),
        time_zone=time_zone(body, "time_zone", before.time_zone),
        description=optional_text(body, "description", before.description),
        layers=layers,
    )


def _layer(body: Mapping[str, Any], identity: str) -> Layer:
    restrictions = objects(body, "restrictions") if body.get("restrictions") else []
    start = moment(body, "start")
    return Layer(
        id=identity,
        name=optional_text(body, "name") or f"Layer {identity.rpartition('L')[2]}",
        start=start,
        virtual_start=moment(body, "rotation_virtual_start"),
        turn=timedelta(seconds=whole(body.get("rotation_turn_length_seconds"), "rotation_turn_length_seconds")),
        users=tuple(reference(each, "user") for each in objects(body, "users")),
        end=moment(body, "end") if body.get("end") else None,
        restrictions=tuple(_restriction(each) for each in restrictions),
    )


def _restriction(body: Mapping[str, Any]) -> Restriction:
    kind = text(body, "type")
    if kind not in _RESTRICTIONS:
        raise invalid(f"Restriction type is not included in the list: {kind!r}{nearest(kind, _RESTRICTIONS)}")
    try:
        start = time.fromisoformat(text(body, "start_time_of_day"))
    except ValueError:
        raise invalid("start_time_of_day must be HH:mm:ss") from None
    return Restriction(
        start=start.replace(tzinfo=None),
        duration=timedelta(seconds=whole(body.get("duration_seconds"), "duration_seconds")),
        weekday=whole(body.get("start_day_of_week"), "start_day_of_week") if _RESTRICTIONS[kind] else None,
    )
