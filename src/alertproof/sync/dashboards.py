"""Datadog's dashboards, each a file of ``datadog/dashboards``.

A dashboard's tags are names of teams alone [OPENAPI Dashboard], so that what is ours is marked at the end of its
description. Its environment is the default of its template variable ``env``; a widget names an SLO by the SLO's key.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, final

from datadog_api_client.exceptions import NotFoundException

from alertproof.sync.compare import Change, Fields
from alertproof.sync.datadog_account import DatadogAccount
from alertproof.sync.things import Existing, Ids, Marks, Reference, Wanted, tags_below

__all__ = ["DASHBOARD", "Dashboards", "declared_dashboard"]

_ROOT = "/api/v1/dashboard"
_PAGE = 100
DASHBOARD = Fields(
    defaults={
        "title": (None,),
        "description": ("",),
        "layout_type": (None,),
        "reflow_type": (None,),
        "notify_list": ([],),
        "tags": ([],),
        "template_variables": ([],),
        "widgets": ([],),
    },
    servers=frozenset({"author_handle", "author_name", "created_at", "id", "modified_at", "url"}),
    unordered=frozenset({"tags", "notify_list"}),
)


def declared_dashboard(
    payload: Mapping[str, Any], slos: frozenset[str], *, origin: str, environment: str
) -> tuple[dict[str, Any], tuple[Reference, ...]]:
    """Return a dashboard's payload that shows an environment first, and the SLOs it needs, by their keys."""
    changed: dict[str, Any] = json.loads(json.dumps(payload))
    for variable in changed.get("template_variables") or ():
        if variable.get("name") == "env" and variable.get("defaults") == [origin]:
            variable["defaults"] = [environment]
    named = dict.fromkeys(str(each["slo_id"]) for each in _definitions(changed) if "slo_id" in each)
    return changed, tuple(("SLO", key) for key in named if key in slos)


@final
class Dashboards:
    """Dashboards of an account."""

    name = "dashboard"
    fields = DASHBOARD
    fixed = frozenset({"layout_type"})
    missing = ""

    def __init__(self, account: DatadogAccount, marks: Marks) -> None:
        self._account = account
        self._marks = marks

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:
        titles = {each.name for each in wanted}
        with self._account.asking("to list the dashboards"):
            rows = list(self._rows())
        rows = [row for row in rows if not self._marks.elsewhere(_tags(row))]
        # The list does not show the widgets; of what is neither ours nor called as ours nobody asks for them.
        near = [row for row in rows if self._marks.key_of(_tags(row)) is not None or row["title"] in titles]
        return [found for row in near if (found := self._look(str(row["id"]), str(row["title"]))) is not None]

    def named(self, existing: Existing, ids: Ids) -> Existing:
        return replace(existing, payload=_swapped(existing.payload, lambda name: ids.by_id.get(("SLO", name), name)))

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:
        """Do nothing: Datadog cannot be asked whether it would take a dashboard."""

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        with self._account.asking(f"to create the dashboard {wanted.name!r}"):
            return self._existing(self._account.plain("POST", _ROOT, _sent(wanted, ids)))

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:  # noqa: ARG002 - sent whole
        with self._account.asking(f"to update dashboard {existing.id}, {wanted.name!r}"):
            return self._existing(self._account.plain("PUT", f"{_ROOT}/{existing.id}", _sent(wanted, ids)))

    def look(self, existing: Existing) -> Existing | None:
        return self._look(existing.id, existing.name)

    def delete(self, existing: Existing) -> None:
        with self._account.asking(f"to delete dashboard {existing.id}, {existing.name!r}"):
            try:
                self._account.plain("DELETE", f"{_ROOT}/{existing.id}")
            except NotFoundException:
                return

    def _look(self, identity: str, name: str) -> Existing | None:
        with self._account.asking(f"to read dashboard {identity}, {name!r}"):
            try:
                return self._existing(self._account.plain("GET", f"{_ROOT}/{identity}"))
            except NotFoundException:
                return None

    def _rows(self) -> Iterator[dict[str, Any]]:
        start = 0
        while page := self._account.plain("GET", _ROOT, count=_PAGE, start=start)["dashboards"]:
            yield from page
            start += len(page)

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        payload: dict[str, Any] = json.loads(json.dumps(row))
        # The server numbers widgets, and those inside of groups.
        for each in _widgets(payload):
            each.pop("id", None)
        key = self._marks.key_of(_tags(row))
        return Existing(kind=self.name, id=str(row["id"]), name=str(row["title"]), key=key, payload=payload)


def _tags(row: Mapping[str, Any]) -> list[str]:
    return tags_below(row.get("description"))


def _widgets(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for each in body.get("widgets") or ():
        yield each
        yield from _widgets(each["definition"])


def _definitions(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return (each["definition"] for each in _widgets(body))


def _sent(wanted: Wanted, ids: Ids) -> dict[str, Any]:
    """Return what Datadog takes: ids in the place of keys."""
    return _swapped(wanted.payload, lambda key: ids.by_key.get(("SLO", key), key))


def _swapped(payload: Mapping[str, Any], other: Callable[[str], str]) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(payload))
    for each in _definitions(changed):
        if "slo_id" in each:
            each["slo_id"] = other(str(each["slo_id"]))
    return changed
