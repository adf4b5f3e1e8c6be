"""What the kinds have in common that Datadog keeps below one path: listed, made, read, changed and deleted as JSON."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from datadog_api_client.exceptions import NotFoundException

from alertproof.sync.compare import Change, Fields, with_resets
from alertproof.sync.datadog_account import DatadogAccount
from alertproof.sync.things import Existing, Ids, Marks, Wanted

__all__ = ["JsonKind"]


class JsonKind(ABC):
    """A kind at ``root``; a thing is changed by the method ``changed_by``.

    What differs: where the fields stand in a body and in an answer, and where a mark is.
    """

    name: str
    root: str
    fields: Fields
    fixed: frozenset[str] = frozenset()
    missing = ""
    changed_by = "PUT"

    def __init__(self, account: DatadogAccount, marks: Marks) -> None:
        self._account = account
        self._marks = marks

    # -- what differs ---------------------------------------------------------------------------------------

    def _rows(self) -> Sequence[Mapping[str, Any]]:
        """Return all that there are, as they are listed."""
        return list(self._account.plain("GET", self.root)["data"])

    def _row(self, answer: Any) -> Mapping[str, Any]:
        """Return the one thing of an answer."""
        return dict(answer["data"])

    def _sent(self, payload: Mapping[str, Any], ids: Ids, identity: str | None) -> Mapping[str, Any]:  # noqa: ARG002
        """Return what is sent: ids in the place of keys; ``identity`` is that of what is changed."""
        return payload

    @abstractmethod
    def _existing(self, row: Mapping[str, Any]) -> Existing:
        """Return a thing as it is compared."""

    def _is_mine(self, row: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Tell what may be ours, or be taken over."""
        return True

    # -- what is alike --------------------------------------------------------------------------------------

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:  # noqa: ARG002 - all are read at once
        with self._account.asking(f"to list the {self.name}s"):
            rows = self._rows()
        return [self._existing(row) for row in rows if self._is_mine(row)]

    def named(self, existing: Existing, ids: Ids) -> Existing:  # noqa: ARG002 - most name nothing
        return existing

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:  # noqa: B027 - of all
        """Do nothing: Datadog cannot be asked whether it would take one."""

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        with self._account.asking(f"to create the {self.name} {wanted.name!r}"):
            answer = self._account.plain("POST", self.root, self._sent(wanted.payload, ids, None))
        return self._existing(self._row(answer))

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:
        body = self._sent(with_resets(wanted.payload, changes, self.fields), ids, existing.id)
        with self._account.asking(f"to update {self.name} {existing.id}, {wanted.name!r}"):
            answer = self._account.plain(self.changed_by, f"{self.root}/{existing.id}", body)
        return self._existing(self._row(answer))

    def look(self, existing: Existing) -> Existing | None:
        with self._account.asking(f"to read {self.name} {existing.id}"):
            try:
                return self._existing(self._row(self._account.plain("GET", f"{self.root}/{existing.id}")))
            except NotFoundException:
                return None

    def delete(self, existing: Existing) -> None:
        with self._account.asking(f"to delete {self.name} {existing.id}, {existing.name!r}"):
            try:
                self._account.plain("DELETE", f"{self.root}/{existing.id}")
            except NotFoundException:
                return
