"""Check digits and measures of randomness: what tells a card number from an order number.

Sources: ISO/IEC 7812-1 (Luhn); ISO 13616 and ISO 7064 (IBAN, MOD 97-10); J. Verhoeff, "Error Detecting Decimal
Codes", 1969 (Aadhaar); the issuing authorities' own descriptions for national numbers, named at each.
"""

from __future__ import annotations

import math
import re
from collections import Counter

__all__ = [
    "digits_of",
    "entropy",
    "iban_length",
    "is_card",
    "is_cpf",
    "is_dni",
    "is_hetu",
    "is_iban",
    "is_luhn",
    "is_nir",
    "is_nric",
    "is_pesel",
    "is_resident_id",
    "is_rut",
    "is_snils",
    "is_ssn",
    "is_thai",
    "is_verhoeff",
    "is_weighted",
]

# Issuers by first digits, with the lengths they issue (ISO/IEC 7812-1; the networks' published ranges).
_ISSUERS = (
    (re.compile(r"4"), {13, 16, 19}),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), {16}),  # Mastercard
    (re.compile(r"3[47]"), {15}),  # American Express
    (re.compile(r"6011|64[4-9]|65"), {16, 17, 18, 19}),  # Discover
    (re.compile(r"30[0-5]|309|3[689]"), {14, 16}),  # Diners Club
    (re.compile(r"352[89]|35[3-8]"), {16, 17, 18, 19}),  # JCB
    (re.compile(r"62|81"), {16, 17, 18, 19}),  # UnionPay
    (re.compile(r"50[0-9]{2}|5[6-9]|6304|67"), {13, 15, 16, 18, 19}),  # Maestro
    (re.compile(r"220[0-4]|9792|60|508[1259]"), {16}),  # Mir, Troy, RuPay
)
# Lengths by country (the IBAN registry).
_IBAN_LENGTHS = {
    code: length
    for length, codes in {
        15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for code in codes.split()
}  # fmt: skip
_VERHOEFF_D = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_P = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def digits_of(text: str) -> str:
    """Return the digits of a text alone."""
    return "".join(character for character in text if character.isdigit())


def is_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        total += sum(divmod(2 * value, 10)) if place % 2 else value
    return total % 10 == 0


def is_card(digits: str) -> bool:
    """Whether digits are a payment card's number: an issuer's first digits and length, and the check digit."""
    return (
        any(len(digits) in lengths and issuer.match(digits) for issuer, lengths in _ISSUERS)
        and len(set(digits)) > 1
        and is_luhn(digits)
    )


def iban_length(text: str) -> int:
    """Return how long an account's number is that begins so; 0 where no country's does."""
    return _IBAN_LENGTHS.get(text[:2].upper(), 0)


def is_iban(text: str) -> bool:
    """Whether letters and digits are an account's number: a country's length, and the check digits."""
    if _IBAN_LENGTHS.get(text[:2]) != len(text):
        return False
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1


def is_verhoeff(digits: str) -> bool:
    """Whether the last digit is the check digit of the others by Verhoeff's scheme."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_VERHOEFF_D[check][int(_VERHOEFF_P[place % 8][int(digit)])])
    return check == 0


def is_weighted(digits: str, weights: tuple[int, ...], modulus: int, remainder: int = 0) -> bool:
    """Whether the weighted sum of digits leaves a remainder."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % modulus == remainder


def is_ssn(digits: str) -> bool:
    """Whether nine digits may be a social security number of the United States (ssa.gov, randomization)."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def is_dni(text: str) -> bool:
    """Whether it is a Spanish DNI or NIE: eight digits, or X, Y, Z and seven, and the letter that goes with them."""
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return number.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[-1]


def is_nir(digits: str) -> bool:
    """Whether fifteen digits are a French number of the social security (INSEE): key 97 less the rest by 97."""
    return digits[0] in "12378" and 97 - int(digits[:13]) % 97 == int(digits[13:])


def is_cpf(digits: str) -> bool:
    """Whether eleven digits are a Brazilian CPF (Receita Federal)."""
    checks = [sum(int(digits[at]) * (count + 1 - at) for at in range(count)) * 10 % 11 % 10 for count in (9, 10)]
    return [int(digits[9]), int(digits[10])] == checks


def is_pesel(digits: str) -> bool:
    """Whether eleven digits are a Polish PESEL (GUS): a date of birth and a check digit."""
    month, day = int(digits[2:4]) % 20, int(digits[4:6])
    return 1 <= month <= 12 and 1 <= day <= 31 and is_weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10)


def is_resident_id(text: str) -> bool:
    """Whether it is a Chinese resident's number (GB 11643): seventeen digits and a check character."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(text, weights, strict=False))
    return "10X98765432"[total % 11] == text[-1]


def is_hetu(text: str) -> bool:
    """Whether it is a Finnish personal code (DVV): a date of birth, a number and a check character."""
    digits = digits_of(text[:6] + text[7:10])
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31] == text[10]


def is_nric(text: str) -> bool:
    """Whether it is a number of Singapore (ICA): a letter of a series, seven digits and the letter that checks them."""
    total = sum(int(digit) * weight for digit, weight in zip(text[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True))
    total += {"T": 4, "G": 4, "M": 3}.get(text[0], 0)
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "KLJNPQRTUWX"}.get(text[0], "XWUTRQPNMLK")
    return letters[10 - total % 11 if text[0] == "M" else total % 11] == text[8]


def is_rut(text: str) -> bool:
    """Whether it is a number of Chile (SII): digits and the character that checks them."""
    digits = digits_of(text[:-1])
    total = sum(int(digit) * (place % 6 + 2) for place, digit in enumerate(reversed(digits)))
    return "0123456789K0"[11 - total % 11] == text[-1].upper()


def is_snils(digits: str) -> bool:
    """Whether eleven digits are a number of the Russian pension fund."""
    total = sum(int(digit) * (9 - place) for place, digit in enumerate(digits[:9]))
    return total % 101 % 100 == int(digits[9:])


def is_thai(digits: str) -> bool:
    """Whether thirteen digits are a number of a citizen of Thailand (DOPA)."""
    total = sum(int(digit) * (13 - place) for place, digit in enumerate(digits[:12]))
    return (11 - total % 11) % 10 == int(digits[12])


def entropy(text: str) -> float:
    """Return how many bits one character of a text tells, by the shares of its characters."""
    length = len(text)
    return -sum(count / length * math.log2(count / length) for count in Counter(text).values()) if length else 0.0
