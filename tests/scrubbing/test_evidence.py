from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alertproof.canaries import Flock, Left, Run, judge, kind_named, places_in
from alertproof.errors import Broken
from alertproof.redact import Secret
from alertproof.scrubbing import Proven, keep_leaks

FLOCK = Flock("seed")
SCRUBBED, CONTROL = (FLOCK.of(run, "body", kind_named("e-mail")) for run in (Run.SCRUBBED, Run.CONTROL))
CHECK = "test_x.py::test_it"
LEAK = b"\xff\x00 signed up: " + SCRUBBED.core.encode()


def proven(*left: Left) -> Proven:
    places = places_in(left, [SCRUBBED.core, CONTROL.core])
    return Proven(
        judgement=judge(places, [SCRUBBED, CONTROL], marks={}, sources=["log"]),
        places=places,
        canaries=(SCRUBBED, CONTROL),
        began=datetime(2026, 11, 27, tzinfo=UTC),
        wall=timedelta(seconds=1),
        left=left,
    )


def log(octets: bytes) -> Left:
    return Left(source="log", octets=octets)


def test_the_bytes_of_an_item_that_leaked_are_kept_as_they_left_and_no_others(tmp_path: Path) -> None:
    coded = base64.b64encode(SCRUBBED.core.encode())

    kept = keep_leaks(proven(log(LEAK), log(CONTROL.core.encode()), log(b"well"), log(coded)), tmp_path, CHECK)

    assert [Path(name).name for name in kept] == ["leak-01-log.bin", "leak-02-log.bin"]
    assert [(tmp_path / name).read_bytes() for name in kept] == [LEAK, coded]


def test_where_nothing_leaked_nothing_is_kept_and_what_an_earlier_run_left_is_removed(tmp_path: Path) -> None:
    (earlier,) = keep_leaks(proven(log(LEAK)), tmp_path, CHECK)

    assert keep_leaks(proven(log(CONTROL.core.encode())), tmp_path, CHECK) == ()
    assert not (tmp_path / earlier).exists()


def test_twenty_items_are_kept_at_most_and_each_source_comes_before_the_second_of_another(tmp_path: Path) -> None:
    many = [log(LEAK + b"%d" % number) for number in range(30)]

    kept = keep_leaks(proven(*many, Left(source="Sentry event, 1", octets=LEAK)), tmp_path, CHECK)

    assert len(kept) == 20
    assert Path(kept[1]).name == "leak-02-Sentry-event-1.bin"


def test_a_key_of_the_target_is_struck_out(tmp_path: Path) -> None:
    (kept,) = keep_leaks(proven(log(b"DD-API-KEY: " + b"k" * 32 + LEAK)), tmp_path, CHECK, secrets=[Secret("k" * 32)])

    assert (tmp_path / kept).read_bytes() == b"DD-API-KEY: ***" + LEAK


def test_a_folder_that_takes_no_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("in the way", encoding="utf-8")

    with pytest.raises(Broken, match="what leaked cannot be kept in .*: Not a directory"):
        keep_leaks(proven(log(LEAK)), tmp_path, CHECK)
