"""No canary leaves M3CoreCRM, by whatever door it came in and whatever failed behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.canaries import KINDS

if TYPE_CHECKING:
    from alertproof.plugin.scrubbing import Scrubbing
    from alertproof.scrubbing import Proven


def test_no_canary_leaves_by_any_door(scrubbing: Scrubbing, proven: Proven) -> None:
    journal = scrubbing(proven)

    assert {cell.kind for cell in journal.cells} == {kind.name for kind in KINDS}
    assert all(cell.control for cell in journal.cells)
