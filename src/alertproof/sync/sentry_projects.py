"""Sentry's projects: the settings of one that is there, each a file of ``sentry/projects``.

A project is called by its slug, which an organization has once, so that a file says which it means: it is as if it were
ours. It is neither created, for it needs a team and its platform a key, nor deleted. What the file does not say is left
alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

from alertproof.errors import VendorRejected
from alertproof.sync.compare import Change, Fields
from alertproof.sync.sentry_account import SentryAccount
from alertproof.sync.things import Existing, Ids, Wanted

__all__ = ["SentryProjects"]

#: The parts of a file that are of the project itself, where the API has them side by side.
_OWN = ("name", "platform", "options")


@final
class SentryProjects:
    """The settings of projects: their own, their inbound filters, and the limit of their keys."""

    name = "Sentry project"
    fields = Fields(
        defaults=dict.fromkeys(("name", "platform", "options", "settings", "filters", "rateLimit"), (None,)),
        unordered=frozenset({"settings.sensitiveFields", "settings.safeFields", "filters.legacy-browsers"}),
    )
    fixed: frozenset[str] = frozenset()
    missing = "there is no such project: create it in Sentry, where it gets a team and a key, and push again"

    def __init__(self, account: SentryAccount) -> None:
        self._account = account
        self._said: dict[str, Mapping[str, Any]] = {}

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:
        self._said = {each.key: each.payload for each in wanted}
        return [found for each in wanted if (found := self._get(each.key)) is not None]

    def named(self, existing: Existing, ids: Ids) -> Existing:  # noqa: ARG002 - it names nothing
        return existing

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:
        """Do nothing: Sentry cannot be asked whether it would take settings."""

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        raise NotImplementedError("a project is not created here")

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:  # noqa: ARG002
        parts = {change.field.partition(".")[0] for change in changes}
        root, payload = self._root(wanted.key), wanted.payload
        if parts & {*_OWN, "settings"}:
            own = {name: payload[name] for name in _OWN if name in payload}
            body = {**own, **payload.get("settings", {})}
            self._account.send(f"to change the settings of {wanted.key}", "PUT", root, body)
        for name in sorted(each.field.partition(".")[2] for each in changes if each.field.startswith("filters.")):
            state = payload["filters"][name]
            said = {"subfilters": state} if isinstance(state, list) else {"active": state}
            self._account.send(f"to change the filter {name} of {wanted.key}", "PUT", f"{root}filters/{name}/", said)
        if "rateLimit" in parts:
            for key in self._keys(wanted.key):
                said = {"rateLimit": payload["rateLimit"]}
                doing = f"to change the limit of a key of {wanted.key}"
                self._account.send(doing, "PUT", f"{root}keys/{key['id']}/", said)
        now = self._get(wanted.key)
        if now is None:
            raise VendorRejected(f"the project {wanted.key} was deleted meanwhile")
        return now

    def look(self, existing: Existing) -> Existing | None:
        return self._get(existing.id)

    def delete(self, existing: Existing) -> None:
        raise NotImplementedError("a project is not deleted here")

    def _root(self, slug: str) -> str:
        return f"/api/0/projects/{self._account.organization}/{slug}/"

    def _keys(self, slug: str) -> list[Mapping[str, Any]]:
        return list(self._account.get(f"for the keys of {slug}", f"{self._root(slug)}keys/") or ())

    def _get(self, slug: str) -> Existing | None:
        shown = self._account.get(f"for the project {slug}", self._root(slug))
        if shown is None:
            return None
        said = self._said[slug]
        payload: dict[str, Any] = {name: shown.get(name) for name in ("name", "platform") if name in said}
        # What the file leaves out is none of ours.
        for part, all_of_it in (("settings", shown), ("options", shown.get("options") or {})):
            if part in said:
                payload[part] = {name: all_of_it.get(name) for name in said[part]}
        if "filters" in said:
            rows = self._account.get(f"for the filters of {slug}", f"{self._root(slug)}filters/") or ()
            payload["filters"] = {row["id"]: row["active"] for row in rows if row["id"] in said["filters"]}
        if "rateLimit" in said:
            limits = [key.get("rateLimit") for key in self._keys(slug)]
            payload["rateLimit"] = next((each for each in limits if each != said["rateLimit"]), said["rateLimit"])
        return Existing(kind=self.name, id=slug, name=slug, key=slug, payload=payload)
