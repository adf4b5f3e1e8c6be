"""The account's SLOs of every kind, and their status corrections, as the API keeps and shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from alertproof.datadog import load_slo
from alertproof.datadog.slo import Objective
from alertproof.errors import AlertproofError
from alertproof.standins.bounded import Weights
from alertproof.standins.datadog.monitoring.monitors import CREATOR
from alertproof.standins.datadog.wire import ApiError, weigh
from alertproof.standins.journal import drawn

__all__ = ["Correction", "KeptSlo", "SloBook", "slo_shown"]

_TIMEFRAMES = ("7d", "30d", "90d")
_TYPE_IDS = {"monitor": 0, "metric": 1, "time_slice": 2}
_KEPT_AS_SENT = ("query", "sli_specification", "monitor_ids")


class _Threshold(msgspec.Struct):
    timeframe: Literal["7d", "30d", "90d"]
    target: float
    warning: float | None = None


class _Body(msgspec.Struct):
    """What every SLO has; what it is made of is read by the engine."""

    name: str
    type: Literal["metric", "monitor", "time_slice"]
    thresholds: list[_Threshold]
    description: str | None = None
    tags: list[str] | None = None
    groups: list[str] | None = None
    query: dict[str, str] | None = None
    sli_specification: dict[str, Any] | None = None
    monitor_ids: list[int] | None = None


@dataclass(slots=True, kw_only=True)
class KeptSlo:
    """One SLO: what was sent of it, and what the engine makes of that."""

    slo: Objective
    body: _Body
    created: datetime
    modified: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A span of time, or a recurrence of spans, that an SLO leaves out."""

    id: str
    slo_id: str
    attributes: Mapping[str, Any]


class SloBook:
    """SLOs and corrections by id, in the order of creation."""

    #: Beyond so many of both together, or so many bytes of them, none is taken.
    KEPT = 20_000
    SIZE = 64 * 1024 * 1024

    def __init__(self) -> None:
        self._kept: dict[str, KeptSlo] = {}
        self.corrections: dict[str, Correction] = {}
        self._weights = Weights(count=self.KEPT, size=self.SIZE)

    def __iter__(self) -> Iterator[KeptSlo]:
        return iter(tuple(self._kept.values()))

    def as_mapping(self) -> dict[str, Objective]:
        """Return the SLOs by id, as monitors look them up."""
        return {key: kept.slo for key, kept in self._kept.items()}

    def create(self, given: dict[str, Any], now: datetime) -> KeptSlo:
        """Add an SLO; raises `ApiError` 400 for what is wrong with it or not modelled."""
        key = drawn.uuid4().hex
        body, slo = _read(given, key)
        weigh(self._weights, key, body)
        kept = self._kept[key] = KeptSlo(slo=slo, body=body, created=now, modified=now)
        return kept

    def update(self, kept: KeptSlo, given: Mapping[str, Any], now: datetime) -> None:
        """Put another SLO in the place of one; raises as :meth:`create`, and for one of another type."""
        body, slo = _read(given, kept.slo.id)
        if body.type != kept.body.type:
            raise ApiError(400, f"Invalid payload: the type of an SLO cannot change from {kept.body.type!r}")
        weigh(self._weights, kept.slo.id, body)
        kept.body, kept.slo, kept.modified = body, slo, now

    def get(self, key: str) -> KeptSlo:
        """Return one; raises `ApiError` 404."""
        if key not in self._kept:
            raise ApiError(404, "SLO not found")
        return self._kept[key]

    def delete(self, key: str) -> None:
        """Forget one and its corrections; raises `ApiError` 404."""
        self.get(key)
        for each in self.corrections_of(key):
            self.drop_correction(each.id)
        del self._kept[key]
        self._weights.drop(key)

    def put_correction(self, correction: Correction) -> None:
        """Add a correction or replace it by its id; raises `ApiError` 400 where there is no room for it."""
        weigh(self._weights, correction.id, correction.attributes)
        self.corrections[correction.id] = correction

    def drop_correction(self, name: str) -> None:
        """Forget a correction."""
        del self.corrections[name]
        self._weights.drop(name)

    def corrections_of(self, key: str) -> tuple[Correction, ...]:
        """Return the corrections of an SLO."""
        return tuple(each for each in self.corrections.values() if each.slo_id == key)


def _read(given: Mapping[str, Any], key: str) -> tuple[_Body, Objective]:
    for name in ("type", "name", "thresholds"):
        if given.get(name) is None:
            raise ApiError(400, f"Invalid payload: Required parameter '{name}' is missing")
    try:
        body = msgspec.convert(given, _Body)
        if not body.thresholds:
            raise ApiError(400, "Invalid payload: an SLO has at least one threshold")
        given = {name: value for name, value in msgspec.to_builtins(body).items() if value is not None}
        slo = load_slo({**given, "id": key}, source="Invalid payload")
    except (msgspec.ValidationError, AlertproofError) as error:
        raise ApiError(400, str(error)) from error
    return body, slo


def slo_shown(kept: KeptSlo) -> dict[str, Any]:
    """Return an SLO as the API shows it [CASS]; its first threshold is shown outside of the list, too."""
    body = kept.body
    first = body.thresholds[0]
    shown: dict[str, Any] = {
        "id": kept.slo.id,
        "name": body.name,
        "description": body.description or "",
        "tags": body.tags or [],
        "monitor_tags": [],
        "groups": body.groups or [],
        "type": body.type,
        "type_id": _TYPE_IDS[body.type],
        "thresholds": [_threshold(each) for each in body.thresholds],
        "timeframe": first.timeframe,
        "target_threshold": first.target,
        "creator": {name: CREATOR[name] for name in ("name", "handle", "email")},
        "created_at": int(kept.created.timestamp()),
        "modified_at": int(kept.modified.timestamp()),
    }
    shown |= {name: value for name in _KEPT_AS_SENT if (value := getattr(body, name)) is not None}
    return shown if first.warning is None else shown | {"warning_threshold": first.warning}


def _threshold(threshold: _Threshold) -> dict[str, Any]:
    shown = {
        "timeframe": threshold.timeframe,
        "target": threshold.target,
        "target_display": f"{threshold.target:g}",
    }
    if threshold.warning is not None:
        shown |= {"warning": threshold.warning, "warning_display": f"{threshold.warning:g}"}
    return shown
