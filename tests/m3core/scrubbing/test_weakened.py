"""Whether the corpus sees a scrubber that lost a rule: each is taken out of a copy, and leaks must come through."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import m3core.scrubbing

pytestmark = pytest.mark.prove
ROOT = Path(__file__).parents[3]
SOURCE = Path(m3core.scrubbing.__file__).parent
CHECK = """
import json, sys
from m3core.scrubbing import scrub_event
from tests.m3core.scrubbing.places import leaks
from tests.m3core.scrubbing.test_corpus import missed
print(json.dumps([sys.modules["m3core.scrubbing"].__file__, *missed(scrub_event, leaks())]))
"""
#: File, what is written there, and what stands there instead.
WEAKENINGS = {
    "no card numbers": (
        "numbers.py",
        "def _card(match: re.Match[str]) -> Finding | None:\n",
        "def _card(match):\n    return None\n",
    ),
    "no accounts": (
        "numbers.py",
        "def _iban(match: re.Match[str]) -> Finding | None:\n",
        "def _iban(match):\n    return None\n",
    ),
    "no e-mail addresses": ("numbers.py", "        yield from _emails(text)\n", "        pass\n"),
    "no phone numbers": ("numbers.py", "for match in _PHONES.finditer(text)", "for match in ()"),
    "no national numbers": ("numbers.py", "for match in _NATIONAL_START.finditer(text)", "for match in ()"),
    "no IP addresses": ("numbers.py", "        yield from _addresses(text, policy)\n", "        pass\n"),
    "no vendors' tokens": ("tokens.py", "            if _is_random(rest) and", "            if False and"),
    "no web tokens": ("tokens.py", 'if "ey" in word or "ew" in word:', "if False:"),
    "no private keys": ("tokens.py", 'if "PRIVATE" in text or "PuTTY" in text:', "if False:"),
    "no hashes of passwords": ("tokens.py", 'if "$" in text or "{" in text or "*" in text:', "if False:"),
    "no pairs": ("text.py", "        found += find_pairs(text, source=source)\n", "        pass\n"),
    "no base64": ("packed.py", "            inner = next(_unpacked(word), None)\n", "            inner = None\n"),
    "no hexadecimal": ("packed.py", "for match in _HEX.finditer(text)", "for match in ()"),
    "no compressed texts": ("packed.py", "octets = _inflated(octets) or octets", "pass"),
    "no escapes": ("readings.py", "_LEVELS = 4", "_LEVELS = 0"),
    "one level of escapes": ("readings.py", "_LEVELS = 4", "_LEVELS = 1"),
    "no look-alike letters": ("readings.py", "_CONFUSABLES = {letter: plain", "_CONFUSABLES = {} and {letter: plain"),
    "no invisible characters": ("readings.py", '    if category in {"Cf", "Mn", "Me", "Cc"}:\n        return ""\n', ""),
    "no passwords in URLs": ("urls.py", "        yield from _user_info(text)\n", "        pass\n"),
    "no statements of SQL": ("statements.py", "        yield from _literals(text, lower)\n", "        pass\n"),
    "no command lines": ("phrases.py", "    yield from find_arguments(text, lower)\n", "    pass\n"),
    "no prose": ("phrases.py", "        yield from _prose(text, source=source)\n", "        pass\n"),
    "no elements and forms": ("phrases.py", "    yield from _marked_up(text, lower)\n", "    pass\n"),
    "no keys in values": ("walk.py", "            rule = verdict(kind, key, text)\n", "            rule = None\n"),
    "no keys of dictionaries": (
        "walk.py",
        "            shown, rules = self.name(inner)\n",
        "            shown, rules = inner, []\n",
    ),
    "no bytes": (
        "walk.py",
        "        clean, meta = self._string(text_of(octets), key, kind)\n",
        "        return octets, None\n",
    ),
}


def _run(folder: Path) -> list[str]:
    path = os.pathsep.join([str(folder), str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", CHECK],
        env={**os.environ, "PYTHONPATH": path},
        cwd=folder,
        capture_output=True,
        check=True,
        text=True,
    )
    file, *names = json.loads(done.stdout)
    assert Path(file).is_relative_to(folder), "the copy was not the one that ran"
    return list(names)


def _copy(folder: Path) -> Path:
    shutil.copytree(SOURCE, folder / "m3core" / "scrubbing", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(SOURCE.parent / "__init__.py", folder / "m3core")
    return folder / "m3core" / "scrubbing"


def test_an_untouched_copy_stops_what_the_scrubber_stops(tmp_path: Path) -> None:
    _copy(tmp_path)

    assert _run(tmp_path) == []


@pytest.mark.parametrize("name", WEAKENINGS)
def test_a_scrubber_that_lost_a_rule_is_found_out(tmp_path: Path, name: str) -> None:
    file, written, instead = WEAKENINGS[name]
    path = _copy(tmp_path) / file
    source = path.read_text(encoding="utf-8")
    assert source.count(written) == 1, (
        f"{file} no longer holds what was to be taken out of it: write this weakening anew"
    )
    path.write_text(source.replace(written, instead), encoding="utf-8")

    assert _run(tmp_path) != []
