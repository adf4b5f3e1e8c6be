"""The forms in which programs write secrets, as templates, and what is useful and stays; with values made at random.

``forms.jsonl`` holds a text a line, with places for a ``«password»`` that somebody chose, a ``«token»`` that a machine
made and the ``«name»`` of a person; ``useful.jsonl`` what must stay as it is; ``secret_keys.txt`` names of fields.
"""

from __future__ import annotations

import json
import string
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st

__all__ = ["FORMS", "KEYS", "USEFUL", "Form", "as_event", "names", "passwords", "tokens"]

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
names = st.builds(lambda a, b: f"{a.title()}-{b.title()}sson", _words, _words)


def as_event(text: str, *, source: bool = False) -> dict[str, Any]:
    """Return an event with a text in an error's message, or in a line of a frame's source."""
    if source:
        return {"exception": {"values": [{"type": "E", "stacktrace": {"frames": [{"context_line": text}]}}]}}
    return {"exception": {"values": [{"type": "E", "value": text}]}}
