"""What a kind of thing has to do to be kept; each kind is one class of this shape in a module of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from alertproof.errors import VendorRejected
from alertproof.sync.compare import Change, Fields
from alertproof.sync.things import Existing, Ids, Wanted

__all__ = ["Kind", "Refused"]


class Refused(VendorRejected):
    """The vendor refuses what was sent; ``errors`` are its messages, one each."""

    def __init__(self, text: str, errors: Sequence[str]) -> None:
        super().__init__(text)
        self.errors = tuple(errors)


class Kind(Protocol):
    """One kind of thing, at one account.

    ``fixed`` are the fields that cannot be changed of what is there. ``missing`` says what to do where there is none,
    of a kind that is not created here; else it is empty. Whatever asks the account raises `VendorError`, `Refused` for
    what the vendor does not accept. What is returned of the account names other things by ids, as the vendor does.
    """

    name: str
    fields: Fields
    fixed: frozenset[str]
    missing: str

    def read(self, wanted: Sequence[Wanted]) -> list[Existing]:
        """Return all that the account has of it, by GET alone; what is kept from ``elsewhere`` is left out."""
        ...

    def named(self, existing: Existing, ids: Ids) -> Existing:
        """Return what the account has with keys in the place of the ids by which it names other things."""
        ...

    def check(self, wanted: Wanted, existing: Existing | None, ids: Ids) -> None:
        """Have the vendor say whether it would accept it, where it can be asked."""
        ...

    def create(self, wanted: Wanted, ids: Ids) -> Existing:
        """Create it and return it as the account then has it."""
        ...

    def update(self, existing: Existing, wanted: Wanted, changes: tuple[Change, ...], ids: Ids) -> Existing:
        """Change it and return it as the account then has it."""
        ...

    def look(self, existing: Existing) -> Existing | None:
        """Return it as it is now, None where it is gone."""
        ...

    def delete(self, existing: Existing) -> None:
        """Delete it; one that is gone already is no error."""
        ...
