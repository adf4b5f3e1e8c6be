from __future__ import annotations

import logging
import os
import string
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from m3core.agent.logs.tailing import MOST_OF_A_LINE, Tail


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "the.log"


@pytest.fixture
def tail(path: Path) -> Iterator[Tail]:
    followed = Tail(path)
    yield followed
    followed.close()


def write(path: Path, text: str | bytes) -> None:
    with path.open("ab") as file:
        file.write(text.encode() if isinstance(text, str) else text)


def all_of(tail: Tail) -> list[str]:
    """Read until a reading brings nothing twice: the first nothing may be the end of a file that was moved away."""
    found = []
    for _ in range(2):
        while lines := tail.read():
            found += lines
    return found


def test_lines_come_once_and_in_order_and_a_part_of_one_waits_for_its_end(path: Path, tail: Tail) -> None:
    assert tail.read() == []  # it is not there yet
    write(path, "one\ntwo\nthr")
    assert all_of(tail) == ["one", "two"]
    assert all_of(tail) == []
    write(path, "ee\n\n  \nfour\r\n")
    assert all_of(tail) == ["three", "four"]


def test_a_file_that_is_moved_away_is_read_to_its_end_and_its_successor_from_its_start(path: Path, tail: Tail) -> None:
    write(path, "one\n")
    assert all_of(tail) == ["one"]
    write(path, "two\nthree without an end")
    path.rename(path.with_suffix(".1"))
    assert all_of(tail) == ["two"]  # nothing has come in its place: it may be written to yet
    write(path.with_suffix(".1"), " of line")
    write(path, "four\n")
    assert all_of(tail) == ["three without an end of line", "four"]


def test_a_file_that_is_cut_short_is_read_from_its_start(
    path: Path, tail: Tail, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    write(path, "a long line\nthe beginning of another")
    assert all_of(tail) == ["a long line"]
    os.truncate(path, 0)
    write(path, "new\n")
    assert all_of(tail) == ["the beginning of another", "new"]
    assert "was cut short, and is read from its start" in caplog.text


@pytest.mark.parametrize(("size", "cut"), [(MOST_OF_A_LINE, 0), (MOST_OF_A_LINE + 1, 1), (3_000_000, None)])
def test_a_huge_line_is_cut_and_says_so_and_the_next_is_whole(
    path: Path, tail: Tail, size: int, cut: int | None
) -> None:
    assert tail.read() == []
    write(path, b"x" * size + b"\nnext\n")
    first, second = (line for _ in range(20) for line in tail.read())
    more = size - MOST_OF_A_LINE if cut is None else cut
    assert first == "x" * MOST_OF_A_LINE + (f" [{more} more bytes of this line were cut off]" if more else "")
    assert second == "next"


def test_a_huge_line_without_an_end_is_not_kept_in_memory(path: Path, tail: Tail) -> None:
    for _ in range(40):
        write(path, b"x" * 100_000)
        assert tail.read() == []
        assert len(tail._line) <= MOST_OF_A_LINE


def test_bytes_that_are_no_text_are_replaced(path: Path, tail: Tail) -> None:
    write(path, b"caf\xe9\n\x00\xff\n")
    assert all_of(tail) == ["caf\N{REPLACEMENT CHARACTER}", "\x00\N{REPLACEMENT CHARACTER}"]


def test_of_a_large_file_that_is_there_at_the_start_only_the_end_is_read(
    path: Path, tail: Tail, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    write(path, "".join(f"line {number:06d}\n" for number in range(200_000)))
    found = all_of(tail)
    assert found == [f"line {number:06d}" for number in range(200_000 - len(found), 200_000)]
    assert 1_000_000 < sum(len(line) + 1 for line in found) <= 1024 * 1024
    assert "what is before is not shipped" in caplog.text


def test_a_large_file_that_comes_later_is_read_whole(path: Path, tail: Tail) -> None:
    assert tail.read() == []
    write(path, "".join(f"line {number:06d}\n" for number in range(200_000)))
    assert len(all_of(tail)) == 200_000


class AnyLife(RuleBasedStateMachine):
    """A file that is written to, moved away and read, in any order: every line arrives once, and in order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "log"
        self.path.touch()
        self.tail = Tail(self.path)
        self.written: list[str] = [""]
        self.read: list[str] = []
        self.moves = 0

    @rule(text=st.text(alphabet=string.ascii_letters + "é\n\n", max_size=30))
    def write(self, text: str) -> None:
        write(self.path, text)
        first, *others = text.split("\n")
        self.written[-1] += first
        self.written += others

    @rule()
    def read_some(self) -> None:
        self.read += self.tail.read()

    @rule()
    def rotate(self) -> None:
        self.read += all_of(self.tail)  # whoever rotates twice between two looks loses the file between
        self.moves += 1
        self.path.rename(self.path.with_suffix(f".{self.moves}"))
        self.path.touch()
        self.written.append("")

    @invariant()
    def what_was_read_is_what_was_written(self) -> None:
        lines = [line for line in self.written if line]
        assert self.read == lines[: len(self.read)]

    def teardown(self) -> None:
        self.read += all_of(self.tail)
        complete = [line for line in self.written[:-1] if line]
        assert self.read == complete
        self.tail.close()
        self.folder.cleanup()


test_any_life_of_a_file = AnyLife.TestCase
test_any_life_of_a_file.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
