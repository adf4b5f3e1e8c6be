"""The fixture ``scrubbing`` as its users meet it: in a project of their own, with its output; one run for all tests."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from alertproof.clock import Anchor

TESTS = """
from datetime import UTC, datetime, timedelta

from alertproof.canaries import Flock, Left, Run, judge, kind_named, places_in
from alertproof.scrubbing import Proven

FLOCK = Flock("seed")
SCRUBBED, CONTROL = (FLOCK.of(run, "body", kind_named("e-mail")) for run in (Run.SCRUBBED, Run.CONTROL))

def proven(*texts):
    left = [Left(source="log", octets=text.encode()) for text in texts]
    places = places_in(left, [SCRUBBED.core, CONTROL.core])
    judgement = judge(places, [SCRUBBED, CONTROL], marks={}, sources=["log"])
    began, wall = datetime(2026, 11, 27, tzinfo=UTC), timedelta(seconds=1)
    canaries = (SCRUBBED, CONTROL)
    return Proven(judgement=judgement, places=places, canaries=canaries, began=began, wall=wall, left=tuple(left))

def test_clean(scrubbing):
    assert scrubbing(proven(CONTROL.core)).verdict == "passed"

def test_leak(scrubbing):
    scrubbing(proven(CONTROL.core, f"key {'k' * 32} {SCRUBBED.core}"))

def test_blind(scrubbing):
    scrubbing(proven("nothing"))

def test_judged_nothing(scrubbing):
    pass
"""


@dataclass(frozen=True)
class Ran:
    """The project after its run, and the whole output."""

    folder: Path
    output: str


@pytest.fixture(scope="module", name="ran")
def ran_fixture(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("project")
    return Ran(folder, run(folder, "--reports", "reports"))


def run(folder: Path, *options: str) -> str:
    clock, endpoints = Anchor.at_now(1.0).encode(), {"m3core": "http://127.0.0.1:9"}
    line = json.dumps({"clock": clock, "endpoints": endpoints, "env": {"DD_API_KEY": "k" * 32}})
    (folder / "stack.json").write_text(line, encoding="utf-8")
    (folder / "test_own.py").write_text(TESTS, encoding="utf-8")
    plain = ("-p", "no:locust", "-p", "no:ddtrace", "-p", "no:cacheprovider", "-rE", "-W", "error")
    command = [sys.executable, "-m", "pytest", *plain, "--target", "stack.json", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False).stdout


def test_a_proof_without_a_leak_passes_and_one_with_a_leak_fails(ran: Ran) -> None:
    assert "1 failed, 1 passed, 2 errors" in ran.output
    assert "secrets or personal data left\nleaked: e-mail by the door 'body': log\n" in ran.output


def test_the_bytes_of_a_leak_are_kept_without_the_keys_of_the_target_and_the_place_is_said(ran: Ran) -> None:
    (kept,) = (ran.folder / "reports" / "artifacts").rglob("*.bin")

    assert kept.read_text(encoding="utf-8").startswith("key *** ")
    assert f"kept in {kept.parent}: leak-01-log.bin" in ran.output
    assert str(kept.relative_to(ran.folder / "reports")) in (ran.folder / "reports" / "report.html").read_text()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("blind", "the search was blind, so it proves nothing\nwith scrubbing off, these came out nowhere"),
        ("judged_nothing", "took the fixture 'scrubbing' and judged nothing"),
    ],
)
def test_a_proof_that_could_not_tell_is_broken(ran: Ran, name: str, said: str) -> None:
    assert f"BROKEN test_own.py::test_{name}" in ran.output
    assert said in ran.output


def test_without_a_folder_for_reports_it_is_said_how_to_have_the_bytes(tmp_path: Path) -> None:
    output = run(tmp_path, "-o", "alertproof_reports=", "-k", "test_leak")

    assert "nothing is kept of what leaked; for its bytes: --reports DIR" in output
    assert not list(tmp_path.rglob("*.bin"))
