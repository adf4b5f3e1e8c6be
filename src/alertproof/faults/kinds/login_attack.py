"""Somebody tries logins at a tenant with wrong passwords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults.kinds.fault import Door

__all__ = ["LoginAttack"]

_MOST_RATE = 20.0
_MOST_SOURCES = 254


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class LoginAttack:
    """So many logins a second (``rate``) are refused at a tenant, from one address or many (``sources``).

    Without ``accounts`` those tried do not exist, as many as there are sources: nobody is locked out.
    """

    kind: ClassVar[str] = "login_attack"
    door: ClassVar[Door] = "outside"
    text: str
    tenant: str
    rate: float
    sources: int = 1
    accounts: tuple[str, ...] = ()

    @property
    def blast_radius(self) -> str:
        named = f"{', '.join(self.accounts)} may be locked out for a while"
        locked = named if self.accounts else "no account is locked"
        return f"{self.rate:g} logins a second at tenant {self.tenant}, each as dear as a real one; {locked}"

    def prepare(self) -> Mapping[str, object]:
        if not 0 < self.rate <= _MOST_RATE:
            most = f"{_MOST_RATE:g} logins a second"
            raise BlastRadiusExceeded(f"an attack tries above 0 and at most {most}, got {self.rate:g}")
        if not 1 <= self.sources <= _MOST_SOURCES:
            raise BlastRadiusExceeded(f"an attack comes from 1 to {_MOST_SOURCES} addresses, got {self.sources}")
        made_up = tuple(f"nobody-{number}@{self.tenant}.example" for number in range(1, self.sources + 1))
        return {
            "tenant": self.tenant,
            "rate": self.rate,
            "sources": self.sources,
            "accounts": self.accounts or made_up,
        }
