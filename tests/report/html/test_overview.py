from __future__ import annotations

import msgspec

from alertproof.report import Report
from alertproof.report.html.overview import cards
from alertproof.verdict import CheckFinished, Verdict

replace = msgspec.structs.replace


def test_there_is_a_card_for_each_kind_that_ran(everything: Report) -> None:
    assert [(card.name, card.count, card.said, card.sign, card.place) for card in cards(everything)] == [
        ("Alerts", "1 of 3", "1 failed, 1 broken", "✗", "proven"),
        ("Probes", "6 of 8", "1 failed, 1 broken", "✗", "feel"),
        ("Journeys", "1 of 2", "1 failed", "✗", "feel"),
        ("Load runs", "1 of 2", "1 failed", "✗", "carry"),
        ("Telemetry", "1 of 2", "1 failed", "✗", "telemetry"),
        ("Other checks", "1 of 1", "all passed", "✓", "others"),
    ]
    assert cards(Report()) == ()


def test_an_alert_is_proven_by_both_its_sides(proven: Report) -> None:
    whole = cards(proven)[0]
    assert (whole.count, whole.said, whole.sign) == ("1 of 1", "proven by 2 drills", "✓")
    half = replace(proven, journals=proven.journals[:1])
    assert cards(half)[0].count == "0 of 1"


def test_probes_that_sent_nothing_are_found_among_the_other_checks(proven: Report, check: CheckFinished) -> None:
    mute = replace(check, check="mute", kind="probe", verdict=Verdict.BROKEN)
    (card,) = (card for card in cards(replace(proven, checks=(mute,))) if card.name == "Probes")
    assert (card.count, card.place, card.sign) == ("0 of 1", "others", "!")
