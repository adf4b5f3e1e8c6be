"""A part of the stack: its one line, its last words, its end."""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from alertproof.errors import StackError
from alertproof.stack.processes import Child

SHORT = timedelta(seconds=10)


def child(program: str, *, log: Path | None = None) -> Child:
    return Child("part", [sys.executable, "-c", program], environment=dict(os.environ), log=log)


def test_the_first_line_is_read_and_no_byte_of_the_second() -> None:
    part = child("print('{\"a\": 1}'); print('next', flush=True); import sys; sys.stdin.read()")

    assert part.ready_line(within=SHORT) == {"a": 1}
    assert next(part.lines()) == b"next\n"
    part.close_input()
    part.end(within=SHORT)
    assert part.exit_code == 0


def test_a_part_that_ends_before_it_answers_is_quoted() -> None:
    part = child("import sys; sys.stderr.write('no database\\n'); sys.exit(3)")

    with pytest.raises(StackError, match=r"part ended with code 3; the end of its log:\n  no database"):
        part.ready_line(within=SHORT)
    part.end(within=SHORT)


def test_a_part_that_says_nothing_is_given_up_at_the_deadline() -> None:
    part = child("import time; time.sleep(60)")

    with pytest.raises(StackError, match="part did not answer within 0 s; its log is empty"):
        part.ready_line(within=timedelta(seconds=0.2))
    part.end(within=timedelta(0))
    assert part.exit_code == -signal.SIGKILL


@pytest.mark.parametrize("line", ["nonsense", "[1]"])
def test_a_line_that_is_no_object_is_refused(line: str) -> None:
    part = child(f"print({line!r}, flush=True); import sys; sys.stdin.read()")

    with pytest.raises(StackError, match="instead of"):
        part.ready_line(within=SHORT)
    part.close_input()
    part.end(within=SHORT)


def test_a_named_log_is_where_it_was_wanted(tmp_path: Path) -> None:
    part = child("import sys; sys.stderr.write('said'); print('{}')", log=tmp_path / "part.log")
    part.ready_line(within=SHORT)
    part.end(within=SHORT)

    assert (tmp_path / "part.log").read_text(encoding="utf-8") == "said"


def test_a_part_that_ignores_its_end_is_killed() -> None:
    part = child("import signal, time; signal.signal(15, signal.SIG_IGN); print('{}', flush=True); time.sleep(60)")
    part.ready_line(within=SHORT)

    part.signal(signal.SIGTERM)
    part.end(within=timedelta(seconds=0.2))

    assert part.exit_code == -signal.SIGKILL
    assert not part.running()
