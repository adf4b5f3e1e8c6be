from __future__ import annotations

import base64
import json
import re
from random import Random

import pytest

from alertproof.canaries import KINDS, Search, kind_named
from alertproof.errors import ConfigError

SEEDS = range(100)


def made(name: str) -> list[str]:
    return [kind_named(name).make(Random(seed)).text for seed in SEEDS]


def luhn(digits: str) -> int:
    doubled = (sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(reversed(digits)))
    return sum(doubled) % 10


def test_a_card_has_the_check_digit_that_a_real_one_has() -> None:
    for text in made("payment card"):
        assert re.fullmatch(r"(\d{4} ){3}\d{4}", text)
        assert luhn(text.replace(" ", "")) == 0


def test_an_iban_has_the_check_digits_that_a_real_one_has() -> None:
    for text in made("IBAN"):
        moved = text[4:] + text[:4]
        assert int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


def test_a_tax_number_ends_in_the_letter_of_the_known_example() -> None:
    # The example of the tax office: RSSMRA85T10A562S. Its letter comes of the fifteen signs before it.
    texts = made("national id")

    assert all(re.fullmatch(r"[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]", text) for text in texts)
    assert checked("RSSMRA85T10A562") == "S"
    assert all(checked(text[:15]) == text[15] for text in texts)


def checked(signs: str) -> str:
    odd = dict(zip("0123456789", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21), strict=True))
    letters = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
    odd |= {chr(65 + place): value for place, value in enumerate(letters)}
    even = {sign: int(sign) if sign.isdigit() else ord(sign) - 65 for sign in odd}
    total = sum(odd[sign] if place % 2 else even[sign] for place, sign in enumerate(signs, start=1))
    return chr(65 + total % 26)


def test_a_web_token_has_a_header_and_claims_that_can_be_read() -> None:
    header, claims, signature = made("JWT")[0].split(".")

    assert json.loads(base64.urlsafe_b64decode(header + "=="))["alg"] == "HS256"
    assert "sub" in json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert len(signature) == 43


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_is_looked_for_is_part_of_what_is_sent_is_found_in_it_and_never_comes_twice(kind: object) -> None:
    assert kind in KINDS
    every = [known.make(Random(seed)) for known in KINDS if known is kind for seed in SEEDS]

    assert len({made.core for made in every}) == len(every)
    for each in every[:10]:
        assert each.core in Search([each.core]).find(b"sent: " + each.text.encode())
        assert len(each.core) >= 10


def test_every_field_is_of_one_class() -> None:
    assert len({kind.key for kind in KINDS}) == len({kind.name for kind in KINDS}) == len(KINDS)


def test_a_class_that_is_none_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r"^there are no canaries of the class 'email' \(did you mean 'e-mail'\?\)$"):
        kind_named("email")
