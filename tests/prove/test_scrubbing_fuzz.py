"""A million hostile strings: none makes the scrubber raise, change its mind, or take longer than its length allows.

``ALERTPROOF_FUZZ_SEED`` repeats a run; ``ALERTPROOF_FUZZ_STRINGS`` makes it shorter.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.prove.fuzzing import main, wrong_with

from m3core.scrubbing import Scrubber

ROOT = Path(__file__).parents[2]
SEED = int(os.environ.get("ALERTPROOF_FUZZ_SEED", "20261127"))
STRINGS = int(os.environ.get("ALERTPROOF_FUZZ_STRINGS", "1000000"))
PROCESSES = os.cpu_count() or 1
#: Each a beginning of a pattern, of which two or three are repeated.
PIECES = (
    "password=", "token: ", "'", '"', "{", "[", "(", "<a ", "a@b.", "1-", "4242 ", "eyJa.", "%25", "\\u0041", "&#",
    "-----BEGIN PRIVATE KEY-----", "AbC1", "DE12", "a.b.", "://", " is ", "sk-", "{\"a\":", "\n", "a,b\n", "0x",
    "=41", "+1 ", "-u a:", "a:mobile:x:",
)  # fmt: skip


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_no_string_of_a_million_makes_the_scrubber_raise_change_its_mind_or_run_away() -> None:
    share = STRINGS // PROCESSES
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.prove.fuzzing", str(SEED + number), str(share)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    found: list[dict[str, Any]] = [json.loads(process.communicate(timeout=1700)[0]) for process in running]

    print([{**each, "wrong": len(each["wrong"])} for each in found])  # noqa: T201 - what a run of this took
    assert [wrong for each in found for wrong in each["wrong"]] == [], f"seed {SEED}"
    assert sum(each["strings"] for each in found) >= STRINGS - PROCESSES
    # Strings of which the scrubber takes nothing out would prove nothing.
    assert sum(each["changed"] for each in found) > STRINGS // 4


@pytest.mark.prove
def test_the_time_of_eight_times_the_text_is_eight_times_as_long() -> None:
    random = Random(SEED)
    slow = {}
    for _ in range(120):
        piece = "".join(random.sample(PIECES, random.randint(1, 3)))
        short, long = (_seconds(piece, size) for size in (8_000, 64_000))
        if long > 8 * 2.5 * max(short, 0.01):
            slow[piece] = (short, long)

    assert slow == {}, f"seed {SEED}"


def _seconds(piece: str, size: int) -> float:
    text = (piece * (size // len(piece) + 1))[:size]
    times = []
    for _ in range(2):
        began = time.process_time()
        Scrubber().text(text)
        times.append(time.process_time() - began)
    return min(times)


def test_the_same_seed_makes_the_same_run() -> None:
    one, other = main(5, 60), main(5, 60)

    assert {**one, "seconds": 0} == {**other, "seconds": 0}
    assert one["changed"] > 0


def raising(text: str) -> Any:
    raise LookupError("no rule")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (raising, "raised LookupError: no rule"),
        (lambda text: (text + "a", []), "not settled: 'xa' became 'xaa'"),
    ],
)
def test_a_scrubber_that_raises_or_changes_its_mind_is_found_out(text: Callable[[str], Any], said: str) -> None:
    class Weak:
        def _walk(self) -> Any:
            return type("Walk", (), {"text": staticmethod(text)})

    assert wrong_with(Weak(), "x") == said  # type: ignore[arg-type]
