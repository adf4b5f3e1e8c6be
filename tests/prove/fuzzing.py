"""Writes hostile strings and scrubs them, in a process of its own: ``python -m tests.prove.fuzzing SEED COUNT``.

A string is pieces that rules look for, cut, doubled, joined and encoded at random. Prints what went wrong as JSON.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any
from urllib.parse import quote

from tests.m3core.scrubbing.test_text import BEGINNINGS, KEEPS, LEAKS

from m3core.scrubbing import Scrubber

#: So many seconds of a processor for one short string are those of a pattern that runs away.
_LONGEST = 2.0
_SIGNS = [*"\"'`\\%&+=:;,.@#/<>(){}[]|-_ \t\n\r\x00\x1b", "\u200b", "\u202e", "\ud800", "\U000e0041", "％", "é", "密码"]
_ENCODINGS: tuple[Callable[[str], str], ...] = (
    lambda text: quote(text, safe="", errors="replace"),
    lambda text: base64.b64encode(text.encode(errors="replace")).decode(),
    lambda text: text.encode(errors="replace").hex(),
    json.dumps,
    repr,
    str.upper,
    lambda text: text[::-1],
    lambda text: "".join(f"&#{ord(letter)};" for letter in text),
)


def strings(random: Random) -> Iterator[str]:
    """Yield hostile strings without end."""
    pieces = [*BEGINNINGS, *LEAKS, *KEEPS]
    while True:
        made = ""
        for _ in range(random.randint(1, 5)):
            piece = random.choice(pieces)
            begin = random.randrange(len(piece) + 1)
            made += random.choice((piece, piece[begin:], piece[:begin], piece[:8] * random.randint(1, 6)))
            made += random.choice(_SIGNS) * random.choice((0, 1, 1, 3))
        if random.random() < 0.2:
            made = random.choice(_ENCODINGS)(made)
        yield made[: random.choice((40, 120, 400))]


def wrong_with(scrubber: Scrubber, text: str) -> str | None:
    """Return what is wrong with how a string is scrubbed: it raises, is not settled, or takes too long."""
    began = time.process_time()
    try:
        clean = scrubber._walk().text(text)[0]  # the door itself would hide what is raised
        again = scrubber._walk().text(clean)[0]
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return f"raised {type(error).__name__}: {error}"
    if clean != again:
        return f"not settled: {clean!r} became {again!r}"
    took = time.process_time() - began
    return f"took {took:.1f} s" if took > _LONGEST else None


def main(seed: int, count: int) -> dict[str, Any]:
    """Scrub so many strings, and return how many there were and what went wrong, at most twenty of it."""
    random, scrubber, changed = Random(seed), Scrubber(), 0
    wrong: list[dict[str, str]] = []
    for number, text in zip(range(count), strings(random), strict=False):
        if number % 2000 == 0:
            scrubber = Scrubber()
        said = wrong_with(scrubber, text)
        changed += scrubber.text(text) != text
        if said and len(wrong) < 20:
            wrong.append({"text": ascii(text), "wrong": ascii(said)})
    return {"seed": seed, "strings": count, "changed": changed, "wrong": wrong, "seconds": round(time.process_time())}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))) + "\n")
