"""The groups of Datadog's sensitive data scanner and the rules in them, files of ``datadog/logs/sensitive-data``.

Both are marked at the end of their descriptions, and there once for all environments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, final

from alertproof.errors import VendorRejected
from alertproof.sync.compare import Change, Fields, with_resets
from alertproof.sync.json_kind import JsonKind
from alertproof.sync.things import Existing, Ids, Wanted, tags_below

__all__ = ["SCANNING_GROUP", "SCANNING_RULE", "ScanningGroups", "ScanningRules"]

_ROOT = "/api/v2/sensitive-data-scanner/config"
#: The type of each, as the API says it and as the files do.
SCANNING_GROUP, SCANNING_RULE = "sensitive_data_scanner_group", "sensitive_data_scanner_rule"
_META: Mapping[str, Any] = {"meta": {}}


class _Scanning(JsonKind):
    """What groups and rules have in common: all are read at once, and a change is not answered with what it made."""

    type: str
    changed_by = "PATCH"

    def _rows(self) -> Sequence[Mapping[str, Any]]:
        included = self._account.plain("GET", _ROOT).get("included") or ()
        return [row for row in included if row["type"] == self.type]

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:
        body = self._sent(with_resets(wanted.payload, changes, self.fields), ids, existing.id)
        with self._account.asking(f"to update {self.name} {existing.id}, {wanted.name!r}"):
            self._account.plain(self.changed_by, f"{self.root}/{existing.id}", body)
        now = self.look(existing)
        if now is None:
            raise VendorRejected(f"the {self.name} {existing.id}, {wanted.name!r}, was deleted meanwhile")
        return now

    def look(self, existing: Existing) -> Existing | None:
        with self._account.asking(f"to read {self.name} {existing.id}"):
            rows = self._rows()
        return next((self._existing(row) for row in rows if str(row["id"]) == existing.id), None)

    def delete(self, existing: Existing) -> None:
        # A group takes its rules along, which may have been ours, too.
        if self.look(existing) is None:
            return
        with self._account.asking(f"to delete {self.name} {existing.id}, {existing.name!r}"):
            self._account.plain("DELETE", f"{self.root}/{existing.id}", _META)

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        payload = dict(row["attributes"])
        key = self._marks.key_of(tags_below(payload.get("description")))
        return Existing(kind=self.name, id=str(row["id"]), name=str(payload["name"]), key=key, payload=payload)

    def _enveloped(
        self, attributes: Mapping[str, Any], relationships: Mapping[str, Any], identity: str | None
    ) -> Mapping[str, Any]:
        about = {} if identity is None else {"id": identity}
        said = {name: value for name, value in attributes.items() if value is not None}
        data = {"type": self.type, **about, "attributes": said, "relationships": relationships}
        return {"data": data, **_META}


@final
class ScanningGroups(_Scanning):
    """Groups of an account."""

    name = "sensitive data group"
    type = SCANNING_GROUP
    root = f"{_ROOT}/groups"
    fields = Fields(
        defaults={
            "name": (None,),
            "description": ("",),
            "filter": (None, {"query": ""}),
            "is_enabled": (False,),
            "product_list": ([],),
            "samplings": (None, []),
        },
        unordered=frozenset({"product_list"}),
    )

    def _sent(self, payload: Mapping[str, Any], ids: Ids, identity: str | None) -> Mapping[str, Any]:  # noqa: ARG002
        with self._account.asking("to read the sensitive data scanner"):
            configuration = self._account.plain("GET", _ROOT)["data"]
        about = {"data": {"type": configuration["type"], "id": configuration["id"]}}
        return self._enveloped(payload, {"configuration": about}, identity)


@final
class ScanningRules(_Scanning):
    """Rules of an account; ``group`` is the key of the group that a rule is in."""

    name = "sensitive data rule"
    type = SCANNING_RULE
    root = f"{_ROOT}/rules"
    fields = Fields(
        defaults={
            "name": (None,),
            "description": ("",),
            "group": (None,),
            "pattern": (None, ""),
            "is_enabled": (False,),
            "namespaces": ([],),
            "excluded_namespaces": ([],),
            "priority": (None,),
            "tags": ([],),
            "text_replacement": (None,),
            "included_keyword_configuration": (None,),
            "suppressions": (None,),
        },
        unordered=frozenset({"namespaces", "excluded_namespaces", "tags"}),
    )

    def named(self, existing: Existing, ids: Ids) -> Existing:
        group = existing.payload["group"]
        return replace(
            existing, payload={**existing.payload, "group": ids.by_id.get((ScanningGroups.name, group), group)}
        )

    def _sent(self, payload: Mapping[str, Any], ids: Ids, identity: str | None) -> Mapping[str, Any]:
        group = ids.by_key[ScanningGroups.name, payload["group"]]
        attributes = {name: value for name, value in payload.items() if name != "group"}
        return self._enveloped(attributes, {"group": {"data": {"type": SCANNING_GROUP, "id": group}}}, identity)

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        found = super()._existing(row)
        return replace(found, payload={**found.payload, "group": str(row["relationships"]["group"]["data"]["id"])})
