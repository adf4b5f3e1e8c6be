"""The classes of secrets and personal data that canaries are made of: each as real ones are, check digits included.

Values are made of a random source, so that no two are alike, and long enough that chance never writes one.
Sources: ISO/IEC 7812 (cards, Luhn), ISO 13616 (IBAN), RFC 7519 (JWT), RFC 7468 (PEM), the Italian decree of
1976-12-23 (codice fiscale).
"""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple, final

from alertproof.errors import ConfigError, nearest

__all__ = ["KINDS", "Kind", "Made", "kind_named"]

_LETTERS = string.ascii_letters + string.digits


class Made(NamedTuple):
    """A secret: the text that is sent, and the part of it that is looked for."""

    text: str
    core: str


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A class of secrets. ``key`` is the name of the field that holds one.

    ``shows_itself``: it is told by its form, in whatever text it stands. Of any other class nobody could tell without
    its key that it is a secret.
    """

    name: str
    key: str
    shows_itself: bool
    make: Callable[[Random], Made]


def _word(random: Random, length: int, letters: str = _LETTERS) -> str:
    return "".join(random.choices(letters, k=length))


def _whole(text: str) -> Made:
    return Made(text, text)


def _card(random: Random) -> Made:
    digits = "4539" + _word(random, 11, string.digits)
    doubled = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(digits))
    number = f"{digits}{-doubled % 10}"
    return Made(" ".join(number[at : at + 4] for at in range(0, 16, 4)), number)


def _iban(random: Random) -> Made:
    account = "37040044" + _word(random, 10, string.digits)
    check = 98 - int(account + "131400") % 97
    return _whole(f"DE{check:02d}{account}")


def _email(random: Random) -> Made:
    first, last = _word(random, 6, string.ascii_lowercase), _word(random, 8, string.ascii_lowercase)
    return _whole(f"{first}.{last}@canary.example")


def _phone(random: Random) -> Made:
    digits = f"4930{_word(random, 8, '23456789')}"
    return Made(f"+{digits[:2]} {digits[2:4]} {digits[4:]}", digits)


def _jwt(random: Random) -> Made:
    parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": _word(random, 12), "iat": 1_700_000_000})
    signature = _word(random, 43)
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return Made(".".join([*coded, signature]), signature)


def _vendor_token(random: Random) -> Made:
    token = f"sk_live_{_word(random, 24)}"
    return Made(token, token.removeprefix("sk_live_"))


def _password(random: Random) -> Made:
    return _whole(f"{_word(random, 8)}!{_word(random, 8)}")


_FIGURES = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_REST = (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_ODD = dict(zip(string.digits + string.ascii_uppercase, (*_FIGURES, *_FIGURES, *_REST), strict=True))


def _tax_number(random: Random) -> Made:
    letters = _word(random, 6, string.ascii_uppercase)
    number = f"{letters}{random.randint(50, 99)}{random.choice('ABCDEHLMPRST')}{random.randint(1, 28):02d}"
    number += f"{random.choice('ABCDEFGHIL')}{random.randint(100, 999)}"
    even = {sign: (place if sign.isdigit() else place - 10) for place, sign in enumerate(_ODD)}
    total = sum((_ODD if place % 2 == 0 else even)[sign] for place, sign in enumerate(number))
    return _whole(number + string.ascii_uppercase[total % 26])


def _session(random: Random) -> Made:
    return _whole(_word(random, 32, "0123456789abcdef"))


def _private_key(random: Random) -> Made:
    body = base64.b64encode(random.randbytes(96)).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return Made(f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----", body[16:48])


def _surname(random: Random) -> Made:
    return _whole(_word(random, 12, string.ascii_lowercase).capitalize())


def _url_password(random: Random) -> Made:
    password = _word(random, 16)
    return Made(f"postgresql://m3core:{password}@db.internal/m3core", password)


KINDS = (
    Kind(name="payment card", key="card_number", shows_itself=True, make=_card),
    Kind(name="IBAN", key="iban", shows_itself=True, make=_iban),
    Kind(name="e-mail", key="email", shows_itself=True, make=_email),
    Kind(name="phone", key="phone", shows_itself=True, make=_phone),
    Kind(name="JWT", key="id_token", shows_itself=True, make=_jwt),
    Kind(name="vendor token", key="reference", shows_itself=True, make=_vendor_token),
    Kind(name="national id", key="tax_number", shows_itself=True, make=_tax_number),
    Kind(name="private key", key="certificate", shows_itself=True, make=_private_key),
    Kind(name="password in a URL", key="address_of_database", shows_itself=True, make=_url_password),
    Kind(name="password", key="password", shows_itself=False, make=_password),
    Kind(name="session", key="session_id", shows_itself=False, make=_session),
    Kind(name="surname", key="last_name", shows_itself=False, make=_surname),
)


def kind_named(name: str) -> Kind:
    """Return the class of this name; raises `ConfigError` for any other."""
    known = {kind.name: kind for kind in KINDS}
    if name not in known:
        raise ConfigError(f"there are no canaries of the class {name!r}{nearest(name, known)}")
    return known[name]
