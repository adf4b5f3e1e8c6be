"""The forms in which programs write secrets, as templates, and what is useful and stays; with values made at random.

``forms.jsonl`` holds a text a line, with places for a ``«password»`` that somebody chose, a ``«token»`` that a machine
made and the ``«name»`` of a person; ``useful.jsonl`` what must stay as it is; ``secret_keys.txt`` names of fields.
"""

from __future__ import annotations

import base64
import json
import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st

__all__ = [
    "FORMS",
    "KEYS",
    "USEFUL",
    "Form",
    "accounts",
    "as_event",
    "names",
    "passwords",
    "protocol_buffers",
    "tokens",
]

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Form:
    """A text that holds a secret; ``secrets`` are those that stand in it as they are."""

    text: str
    source: bool = False
    secrets: tuple[str, ...] = ()

    def filled(self, password: str, token: str, name: str) -> tuple[str, list[str]]:
        """Return the text with values in its places, and what must not be in it afterwards."""
        text, secrets = self.text, list(self.secrets)
        for place, value in (("«password»", password), ("«token»", token), ("«name»", name)):
            if place in text:
                text = text.replace(place, value)
                secrets.append(value)
        return text, secrets


def _lines(name: str) -> list[Any]:
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


FORMS = [Form(row["text"], row.get("source", False), tuple(row.get("secrets", ()))) for row in _lines("forms.jsonl")]
USEFUL: list[dict[str, Any]] = _lines("useful.jsonl")
KEYS = (HERE / "secret_keys.txt").read_text("utf-8").split()

_words = st.text("bdfghjklmnprtvwz", min_size=2, max_size=3).flatmap(
    lambda hard: st.text("aeiou", min_size=len(hard), max_size=len(hard)).map(
        lambda soft: "".join(one + other for one, other in zip(hard, soft, strict=True))
    )
)
#: As people choose them: two words, a sign or large letters, digits.
passwords = st.one_of(
    st.builds(
        lambda a, sign, b, n: f"{a.title()}{sign}{b}{n}", _words, st.sampled_from("#!_"), _words, st.integers(10, 9999)
    ),
    st.builds(lambda a, b, n: f"{a.title()}{b.title()}{n}", _words, _words, st.integers(100, 9999)),
    st.builds(lambda a, b, n: f"{a}{n}{b.upper()}", _words, _words, st.integers(1000, 9999)),
)
#: As machines make them: letters and digits in no order.
tokens = st.builds(
    lambda seed, length: "".join(Random(seed).choices(string.ascii_letters + string.digits, k=length)),
    st.integers(0, 2**32),
    st.integers(24, 40),
).filter(lambda text: sum(map(str.isdigit, text)) > 2)
#: A word that names what companies and teams do would make a name of a person one of a team.
names = st.builds(lambda a, b: f"{a.title()}el-{b.title()}sson", _words, _words)

#: What an account has after its check digits, by country: how many letters (a), digits (n) or either (c). From the
#: registry of IBANs; written apart from the lengths that the scrubber knows.
_ACCOUNTS = """
AE:3n16n AZ:4a20c BE:12n BH:4a14c BI:23n BR:8n5n10n1a1c BY:4c4n16c CH:5n12c CR:18n DE:18n DJ:23n DO:4c20n EG:25n
FK:2a12n FO:14n FR:5n5n11c2n GB:4a6n8n GE:2a16n GI:4a15c GL:14n GR:7n16c GT:4c20c HN:4a20n IE:4a14n IQ:4a15n
IT:1a5n5n12c JO:4a4n18c KW:4a22c KZ:3n13c LB:4n20c LC:4a24c LI:5n12c LU:3n13c LV:4a13c LY:21n MC:5n5n11c2n MD:2c18c
MN:16n MT:4a5n18c MU:4a2n2n12n3n3a NI:4a20n NL:4a10n NO:11n OM:3n16c PK:4a16c PS:4a21c QA:4a21c RO:4a16c RU:14n15c
SA:2n18c SC:4a2n2n16n3a SD:14n SM:1a5n5n12c SO:19n ST:21n SV:4a20n TL:19n TR:5n1n16c UA:6n19c VA:18n VG:4a16n
XK:16n YE:4a4n18c
"""


def _account(country: str, seed: int) -> str:
    code, form = country.split(":")
    signs = {"a": string.ascii_uppercase, "n": string.digits, "c": string.ascii_uppercase + string.digits}
    random = Random(seed)
    body = "".join(
        "".join(random.choices(signs[kind], k=int(count))) for count, kind in re.findall(r"(\d+)([anc])", form)
    )
    check = 98 - int("".join(str(int(sign, 36)) for sign in f"{body}{code}00")) % 97
    return f"{code}{check:02}{body}"


#: Accounts of all countries that have IBANs.
accounts = st.builds(_account, st.sampled_from(_ACCOUNTS.split()), st.integers(0, 2**32))


def _buffer(number: int, before: str, encode: Callable[[bytes], str]) -> Callable[[str], str]:
    """Return what packs a text into a protocol buffer: fields with a tag and a length before each, and a number."""

    def pack(text: str) -> str:
        fields = [(1, before.encode()), (2, text.encode())]
        return encode(b"".join(bytes([at << 3 | 2, len(body)]) + body for at, body in fields) + bytes([3 << 3, number]))

    return pack


protocol_buffers = st.builds(
    _buffer,
    st.integers(1, 127),
    st.sampled_from(["login", "crm", "user"]),
    st.sampled_from([lambda octets: base64.b64encode(octets).decode(), bytes.hex]),
)


def as_event(text: str, *, source: bool = False) -> dict[str, Any]:
    """Return an event with a text in an error's message, or in a line of a frame's source."""
    if source:
        return {"exception": {"values": [{"type": "E", "stacktrace": {"frames": [{"context_line": text}]}}]}}
    return {"exception": {"values": [{"type": "E", "value": text}]}}
