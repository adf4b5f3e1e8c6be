"""A share of the drill's own requests carries a header that makes the platform fail it, or answer it late."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

from alertproof.errors import BlastRadiusExceeded
from alertproof.faults.kinds.fault import Door

__all__ = ["TRAFFIC", "Header"]

#: What the ledger says in the place of a door's address.
TRAFFIC = "the traffic of this run"
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token [RFC 9110, 5.6.2]
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
#: What the traffic says for itself.
_OURS = frozenset({"authorization", "content-length", "content-type", "host", "x-correlation-id"})


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A ``share`` (0..1) of the steady traffic carries a header; ``match`` may name the tenant whose requests do.

    ``$NAME`` in the ``value`` is the environment's.
    """

    kind: ClassVar[str] = "header"
    door: ClassVar[Door] = "traffic"
    text: str
    share: float
    name: str
    value: str
    match: Mapping[str, str] = field(default_factory=dict)

    @property
    def blast_radius(self) -> str:
        whose = f" of tenant {self.match['tenant']}" if "tenant" in self.match else ""
        return f"{self.share * 100:.3g} % of the drill's own requests{whose}, and nobody else's"

    def prepare(self) -> Mapping[str, object]:
        if not 0 < self.share <= 1:
            raise BlastRadiusExceeded(f"a share of requests is above 0 and at most 1, got {self.share:g}")
        if not _NAME.fullmatch(self.name) or not _VALUE.fullmatch(self.value):
            raise BlastRadiusExceeded(f"no request can carry the header {self.name!r} with the value {self.value!r}")
        if self.name.lower() in _OURS:
            raise BlastRadiusExceeded(f"the header {self.name!r} is the traffic's own; take another")
        return {"name": self.name, "value": self.value, "share": self.share, "tenant": self.match.get("tenant")}
