"""What share of the cases that were written apart from the scrubber it stops and keeps, of each part of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.m3core.scrubbing.cases.casebook import PARTS, cases_of
from tests.m3core.scrubbing.cases.rates import judged

from m3core import scrubbing

if TYPE_CHECKING:
    from tests.m3core.scrubbing.cases.casebook import Item, Part
    from tests.m3core.scrubbing.cases.rates import Scrub

SCRUBS: dict[Item, Scrub] = {
    "event": scrubbing.scrub_event,
    "transaction": scrubbing.scrub_transaction,
    "log": scrubbing.scrub_log,
    "metric": scrubbing.scrub_metric,
    "span": scrubbing.scrub_span,
    "breadcrumb": scrubbing.scrub_breadcrumb,
}
#: What is reached, in thousandths. The cases of all parts but the ``aside`` of the third, fifth, sixth, seventh and
#: eighth book have been read and mended since, and of third/aside the families of its misses: the rates say what
#: must not be lost again, and nothing of what is unseen.
STOPPED: dict[Part, int] = {
    **dict.fromkeys(PARTS, 1000),
    "fifth/aside": 984,
    "sixth/aside": 924,
    "seventh/aside": 950,
    "eighth/aside": 950,
}
KEPT: dict[Part, int] = {
    **dict.fromkeys(PARTS, 1000),
    "fifth/aside": 984,
    "sixth/known": 992,
    "seventh/aside": 984,
    "eighth/aside": 954,
}


@pytest.mark.parametrize("part", PARTS)
def test_of_the_cases_written_apart_as_many_leaks_are_stopped_and_as_much_is_kept_as_is_promised(part: Part) -> None:
    verdicts = [judged(case, SCRUBS[case.item]) for case in cases_of(part)]
    for share, leaking in ((STOPPED[part], True), (KEPT[part], False)):
        chosen = [verdict.good for verdict in verdicts if bool(verdict.case.canaries) is leaking]
        assert sum(chosen) * 1000 >= share * len(chosen), f"{sum(chosen)} of {len(chosen)}"
