"""Each hook of the platform's set-up of Sentry's SDK counts: without it, what only it sees leaves unscrubbed.

A Python program reports by a copy of the platform in which one line is broken; with the whole platform the same is
proven in ``tests/meta/test_scrubbing_defects.py``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alertproof.canaries import Flock, Left, Run, places_in
from alertproof.clock import SystemClock, wait_until
from alertproof.scrubbing import shapes_of
from alertproof.scrubbing.wire import Wire

if TYPE_CHECKING:
    from alertproof.requirements import Target

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "alert_tests" / "scrubbing" / "clients" / "python_client.py"
SET_UP = Path("m3core") / "telemetry" / "sentry.py"
HOOKS = {
    "before_send": ("_before_send", "Sentry event of python"),
    "before_send_transaction": ("_before_send_transaction", "Sentry transaction"),
    "before_send_log": ("_unless_off(scrub_log)", "Sentry log"),
    "before_send_metric": ("_unless_off(scrub_metric)", "Sentry trace_metric"),
}
KINDS_OF_ITEMS = {source for _, source in HOOKS.values()}


def reported(target: Target, sources: Path, flock: Flock) -> list[Left]:
    """Let the program report by the platform in ``sources``, and return what left once it is all there."""
    wire = Wire(target)
    planted = flock.at(Run.SCRUBBED, "program")
    shown = ", ".join(canary.text for canary in planted.values() if canary.shows_itself)
    told = {"fields": {key: canary.text for key, canary in planted.items()}, "words": shown, "mark": "canary-1"}
    environment = {key: value for key, value in os.environ.items() if key == "PATH"}
    environment |= {"PYTHONPATH": str(sources), "SENTRY_DSN": target.endpoints.sentry_dsn}
    environment |= {"DATABASE_URL": "postgresql://nobody@127.0.0.1/none", "REDIS_URL": "redis://127.0.0.1:1"}
    command = [sys.executable, str(PROGRAM)]
    subprocess.run(command, input=json.dumps(told), env=environment, text=True, timeout=60, check=True)

    def all_there() -> list[Left] | None:
        left = list(wire.left())
        return left if {each.source for each in left} >= KINDS_OF_ITEMS else None

    clock = SystemClock()
    found = wait_until(
        all_there, clock=clock, deadline=clock.now() + timedelta(seconds=10), every=timedelta(seconds=0.2)
    )
    assert found is not None, f"not all of {sorted(KINDS_OF_ITEMS)} came"
    wire.close()
    return found


def leaking(left: list[Left], flock: Flock) -> set[str]:
    found = places_in(left, [canary.core for canary in flock.planted()]).of
    return {place.source for places in found.values() for place in places}


def changed(tmp_path: Path, old: str, new: str) -> Path:
    shutil.copytree(ROOT / "src" / "m3core", tmp_path / "m3core", ignore=shutil.ignore_patterns("__pycache__"))
    text = (tmp_path / SET_UP).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (tmp_path / SET_UP).write_text(text.replace(old, new), encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def as_it_is(target: Target) -> list[Left]:
    flock = Flock("as it is")
    left = reported(target, ROOT / "src", flock)
    assert leaking(left, flock) == set()
    return left


def test_with_all_hooks_nothing_leaves(as_it_is: list[Left]) -> None:
    assert {left.source for left in as_it_is} >= KINDS_OF_ITEMS


@pytest.mark.parametrize("name", HOOKS)
def test_without_a_hook_what_it_sees_leaves(target: Target, tmp_path: Path, name: str) -> None:
    hook, source = HOOKS[name]
    flock = Flock(name)

    left = reported(target, changed(tmp_path, f'    "{name}": {hook},\n', ""), flock)

    assert leaking(left, flock) == {source}


def test_an_option_that_collects_more_changes_the_shape(target: Target, tmp_path: Path, as_it_is: list[Left]) -> None:
    no_pii = '    "send_default_pii": False,\n'
    sources = changed(tmp_path, no_pii, f'{no_pii}    "attach_stacktrace": True,\n')

    more, before = (
        shapes_of(left, ["Sentry event of python"], open_keys=["vars", "_meta"])
        for left in (reported(target, sources, Flock("stacks")), as_it_is)
    )

    assert any("threads" in path for path in more - before)
