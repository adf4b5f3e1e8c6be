from __future__ import annotations

import pytest

from m3core.scrubbing.officials import find_officials


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("lookup failed for tax file number 123 456 782", "123 456 782"),
        ("Social Insurance Number: 130 692 544 is taken", "130 692 544"),
        ("the passport number is C01X 00T 478", "C01X 00T 478"),
        ("ssn 078051120", "078051120"),
        ("sin 1234567", "1234567"),
    ],
)
def test_a_number_goes_that_stands_after_what_an_office_calls_it(text: str, number: str) -> None:
    assert [text[found.start : found.end] for found in find_officials(text)] == [number]


@pytest.mark.parametrize(
    "text",
    [
        "tax file number 1234", "sin 123456", "tax rate 20 applied to order 12345", "service account 12345 disabled",
        "health check 12345 failed", "order number 123456789",
    ],
)  # fmt: skip
def test_fewer_digits_and_numbers_of_other_things_stay(text: str) -> None:
    assert list(find_officials(text)) == []
