from __future__ import annotations

import pytest

from m3core.scrubbing.persons import is_person_name


@pytest.mark.parametrize(
    "text",
    [
        "Mara Quarrington",
        "Dr. Ana de la Cruz",
        "Jean-Luc O'Brien",
        "Ngozi A. Obafemi",
        "Ludwig van der Berg",
        "'Mara Bell'",
    ],
)
def test_two_words_and_more_of_a_name_are_a_person(text: str) -> None:
    assert is_person_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "Mara", "mara quarrington", "ACME TRADING", "Acme Labs", "Platform Team", "Globex Industries Ltd", "crm-core",
        "Lead(id=3, score=0.7)", "Sales 2026", "Release Manager", "x" * 90, "",
    ],
)  # fmt: skip
def test_one_word_a_company_a_team_and_a_thing_are_no_person(text: str) -> None:
    assert not is_person_name(text)
