from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.standins.killable import largest_file

from alertproof.standins.ledger import Ledger, LedgerError

RECORDS = st.lists(st.binary(max_size=300), max_size=12)


def written(folder: Path, records: list[bytes], **bounds: int) -> None:
    with Ledger(folder, **bounds) as ledger:
        for record in records:
            ledger.append(record)


def kept(folder: Path, **bounds: int) -> list[bytes]:
    with Ledger(folder, **bounds) as ledger:
        return list(ledger.records())


def newest(folder: Path) -> Path:
    return max(folder.glob("*.ledger"))


def test_what_was_appended_is_there_in_its_order(tmp_path: Path) -> None:
    records = [b"one", b"", b"\x00" * 5000, "ü".encode()]
    written(tmp_path / "a" / "store", records)
    assert kept(tmp_path / "a" / "store") == records


@given(records=RECORDS, more=RECORDS, share=st.floats(0, 1))
def test_a_file_cut_anywhere_gives_the_records_before_the_cut_and_takes_new_ones(
    records: list[bytes], more: list[bytes], share: float
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder, records)
        size = newest(folder).stat().st_size
        cut = round(share * size)
        os.truncate(newest(folder), cut)
        left = kept(folder)
        assert left == records[: len(left)]
        # 20 bytes begin the file, 12 each record: nothing that was whole is lost.
        ends = [20 + sum(12 + len(record) for record in records[:count]) for count in range(len(records) + 1)]
        assert len(left) == max((count for count, end in enumerate(ends) if end <= cut), default=0)
        written(folder, more)
        assert kept(folder) == [*left, *more]


@given(records=st.lists(st.binary(max_size=40), min_size=1, max_size=8), data=st.data())
def test_a_changed_byte_is_never_taken_for_a_record(records: list[bytes], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder, records)
        content = bytearray(newest(folder).read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= data.draw(st.integers(1, 255))
        newest(folder).write_bytes(content)
        with pytest.raises(LedgerError, match=r"00000001\.ledger is damaged at offset \d+: .*truncate -s"):
            kept(folder)


def test_damage_is_said_with_the_offset_that_truncating_mends(tmp_path: Path) -> None:
    written(tmp_path, [b"first", b"second", b"third"])
    content = bytearray(newest(tmp_path).read_bytes())
    second = 20 + 12 + len(b"first")
    content[second + 12] ^= 1
    newest(tmp_path).write_bytes(content)
    with pytest.raises(LedgerError, match=f"damaged at offset {second}"):
        kept(tmp_path)
    os.truncate(newest(tmp_path), second)
    assert kept(tmp_path) == [b"first"]


def test_a_torn_end_is_reported_once(tmp_path: Path) -> None:
    written(tmp_path, [b"first", b"second"])
    os.truncate(newest(tmp_path), newest(tmp_path).stat().st_size - 1)
    with Ledger(tmp_path) as ledger:
        assert ledger.torn is not None
        assert "offset 37" in ledger.torn
        assert "17 bytes" in ledger.torn
    with Ledger(tmp_path) as ledger:
        assert ledger.torn is None


def test_files_are_given_up_below_a_number_and_never_the_newest(tmp_path: Path) -> None:
    records = [b"%04d" % number + b"x" * 96 for number in range(30)]
    with Ledger(tmp_path, file_bytes=1000) as ledger:
        for record in records:
            ledger.append(record)
        assert ledger.oldest == 1
        ledger.give_up(3)
        assert ledger.oldest == 3
        # Eight records of 112 bytes are in each file.
        assert list(ledger.records()) == records[16:]
        assert ledger.size == sum(path.stat().st_size for path in tmp_path.glob("*.ledger"))
        ledger.give_up(99)
        assert list(ledger.records()) == records[24:]
    # What is left is read without those that are gone.
    written(tmp_path, [b"new"], file_bytes=1000)
    assert kept(tmp_path, file_bytes=1000) == [*records[24:], b"new"]


def test_all_is_kept_over_many_files(tmp_path: Path) -> None:
    records = [b"%d" % number for number in range(200)]
    written(tmp_path, records, file_bytes=200)
    assert len(list(tmp_path.glob("*.ledger"))) > 10
    assert kept(tmp_path, file_bytes=200) == records


def test_a_record_larger_than_a_file_has_one_of_its_own(tmp_path: Path) -> None:
    records = [b"a", b"b" * 5000, b"c"]
    written(tmp_path, records, file_bytes=1000)
    assert kept(tmp_path) == records


def test_a_file_that_is_missing_in_the_middle_is_said(tmp_path: Path) -> None:
    written(tmp_path, [b"x" * 90] * 5, file_bytes=100)
    (tmp_path / "00000003.ledger").unlink()
    with pytest.raises(LedgerError, match=r"00000003\.ledger is missing"):
        Ledger(tmp_path)


def test_an_older_file_that_ends_within_a_record_is_damage(tmp_path: Path) -> None:
    written(tmp_path, [b"x" * 90] * 3, file_bytes=100)
    os.truncate(tmp_path / "00000002.ledger", 100)
    with pytest.raises(LedgerError, match=r"00000002\.ledger is damaged at offset 20"):
        kept(tmp_path)


def test_a_full_disk_refuses_the_record_and_keeps_the_others(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.append(b"before")
        # The kernel writes up to the limit first: the half record must be taken back.
        with largest_file(60), pytest.raises(LedgerError, match="cannot be written"):
            ledger.append(b"x" * 1000)
        ledger.append(b"after")
    with Ledger(tmp_path) as ledger:
        assert ledger.torn is None
        assert list(ledger.records()) == [b"before", b"after"]


def test_two_processes_never_share_a_folder(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from alertproof.standins.ledger import Ledger\n"
        "ledger = Ledger(pathlib.Path(sys.argv[1]))\n"
        "print('open', flush=True)\n"
        "sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(LedgerError, match="is in use by another process"):
            Ledger(tmp_path)
        # A kill lets go of the lock.
        holder.kill()
        holder.wait()
        Ledger(tmp_path).close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match=r"the store .*file/store cannot be written: Not a directory"):
        Ledger(tmp_path / "file" / "store")


def test_a_file_that_is_no_ledger_is_said(tmp_path: Path) -> None:
    (tmp_path / "00000001.ledger").write_text("something else entirely, longer than a first line")
    with pytest.raises(LedgerError, match="does not begin as a ledger does"):
        Ledger(tmp_path)


@given(records=RECORDS, start=st.integers(0, 12), looks=st.lists(st.booleans(), max_size=40))
def test_a_reader_gives_each_record_once_while_the_ledger_grows(
    records: list[bytes], start: int, looks: list[bool]
) -> None:
    with tempfile.TemporaryDirectory() as name, Ledger(Path(name), file_bytes=400) as ledger:
        for record in records[:start]:
            ledger.append(record)
        reader, found, waiting = ledger.reader(), [], list(records[start:])
        for look in looks:
            if look:
                found += [record for record in [reader.read()] if record is not None]
            elif waiting:
                ledger.append(waiting.pop(0))
        for record in waiting:
            ledger.append(record)
        found += iter(reader.read, None)
        assert found == records[start:]


def test_a_reader_goes_on_from_a_position_and_passes_over_what_is_given_up(tmp_path: Path) -> None:
    with Ledger(tmp_path, file_bytes=200) as ledger:
        reader = ledger.reader()
        for number in range(40):
            ledger.append(b"%03d" % number)
        assert [reader.read() for _ in range(3)] == [b"000", b"001", b"002"]
        assert ledger.reader(reader.position).read() == b"003"
        ledger.give_up(4)
        # Twelve records of 15 bytes are in each file.
        assert reader.read() == b"036"


def test_a_reader_says_which_record_is_damaged(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        reader = ledger.reader()
        ledger.append(b"first")
        ledger.append(b"second")
        content = bytearray(newest(tmp_path).read_bytes())
        content[-1] ^= 1
        newest(tmp_path).write_bytes(content)
        assert reader.read() == b"first"
        with pytest.raises(LedgerError, match="damaged at offset 37"):
            reader.read()
