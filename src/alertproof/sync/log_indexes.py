"""Datadog's log indexes, each a file of ``datadog/logs/indexes``, and the order in which logs are offered to them.

An index is there once for all environments and is called by its name, which cannot be changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

from alertproof.errors import VendorRejected
from alertproof.sync.compare import Change, Fields
from alertproof.sync.datadog_account import DatadogAccount
from alertproof.sync.json_kind import JsonKind
from alertproof.sync.things import Existing, Ids, Wanted

__all__ = ["INDEX_ORDER", "LOG_INDEX", "IndexOrder", "LogIndexes"]

_ORDER = "/api/v1/logs/config/index-order"
#: The one order of an account, and its file's stem.
INDEX_ORDER = "index-order"
LOG_INDEX = Fields(
    defaults={
        "name": (None,),
        "filter": (None,),
        "num_retention_days": (None,),
        "num_flex_logs_retention_days": (None, 0),
        "daily_limit": (None,),
        "daily_limit_reset": (None,),
        "daily_limit_warning_threshold_percentage": (None,),
        "exclusion_filters": ([],),
        "tags": ([],),
    },
    servers=frozenset({"is_rate_limited"}),
    # The account's contract says it.
    only_if_said=frozenset({"num_retention_days", "num_flex_logs_retention_days", "daily_limit_reset"}),
    unordered=frozenset({"tags"}),
)


@final
class LogIndexes(JsonKind):
    """Indexes of an account."""

    name = "log index"
    root = "/api/v1/logs/config/indexes"
    fields = LOG_INDEX
    fixed = frozenset({"name"})

    def _rows(self) -> Sequence[Mapping[str, Any]]:
        return list(self._account.plain("GET", self.root)["indexes"])

    def _row(self, answer: Any) -> Mapping[str, Any]:
        return dict(answer)

    def _sent(self, payload: Mapping[str, Any], ids: Ids, identity: str | None) -> Mapping[str, Any]:  # noqa: ARG002
        said = {name: value for name, value in payload.items() if value is not None}
        if identity is None:
            return said
        del said["name"]
        # What is not said of a limit stays as it is. [OPENAPI LogsIndexUpdateRequest]
        return said if "daily_limit" in said else {**said, "disable_daily_limit": True}

    def _existing(self, row: Mapping[str, Any]) -> Existing:
        name = str(row["name"])
        key = self._marks.key_of(list(row.get("tags") or ()))
        filters = [{"is_enabled": False, **each} for each in row.get("exclusion_filters") or ()]
        payload = {**row, "exclusion_filters": filters}
        return Existing(kind=self.name, id=name, name=name, key=key, payload=payload)


@final
class IndexOrder:
    """The order of an account's indexes: the file's first, then the others as they are.

    An account has one order, which nobody can mark: it is as if it were ours.
    """

    name = "log index order"
    fields = Fields(defaults={"index_names": (None,)})
    fixed: frozenset[str] = frozenset()
    missing = ""

    def __init__(self, account: DatadogAccount) -> None:
        self._account = account
        self._first: list[str] = []

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:
        if not wanted:
            return []
        self._first = [name for each in wanted for name in each.payload["index_names"]]
        return [self._existing(self._names())]

    def named(self, existing: Existing, ids: Ids) -> Existing:  # noqa: ARG002 - indexes are called by their names
        return existing

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:
        """Do nothing: the order is wrong until its indexes are there."""

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        raise NotImplementedError("an account always has an order")

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:  # noqa: ARG002 - sent whole
        first, now = list(wanted.payload["index_names"]), self._names()
        absent = [name for name in first if name not in now]
        if absent:
            raise VendorRejected(f"the account has no index {', '.join(absent)}: see {wanted.written.place()}")
        names = [*first, *(name for name in now if name not in first)]
        with self._account.asking("to order the log indexes"):
            return self._existing(self._account.plain("PUT", _ORDER, {"index_names": names})["index_names"])

    def look(self, existing: Existing) -> Existing | None:
        """Return it without the indexes that were created since: a new one comes last, and changes no order."""
        planned = existing.payload["index_names"]
        return self._existing([name for name in self._names() if name in planned or name not in self._first])

    def delete(self, existing: Existing) -> None:
        raise NotImplementedError("an account always has an order")

    def _names(self) -> list[str]:
        with self._account.asking("to read the order of the log indexes"):
            return list(self._account.plain("GET", _ORDER)["index_names"])

    def _existing(self, names: list[str]) -> Existing:
        begins_so = names[: len(self._first)] == self._first
        payload = {"index_names": self._first if begins_so else names}
        return Existing(kind=self.name, id=INDEX_ORDER, name=INDEX_ORDER, key=INDEX_ORDER, payload=payload)
