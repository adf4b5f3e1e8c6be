from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.errors import ConfigError
from alertproof.journal import DrillJournal, Reading
from alertproof.report import JsonLinesSink, Recorder, Report, decode_record, encode_record, read_lines
from alertproof.report.jsonl import dump_lines, load_lines
from alertproof.verdict import CheckFinished, RunEvent, Sink, Verdict


@given(data=st.data())
def test_any_journal_comes_back_as_it_was_written(
    journals: st.SearchStrategy[DrillJournal], data: st.DataObject
) -> None:
    journal = data.draw(journals)
    line = encode_record(journal)
    assert b"\n" not in line
    assert decode_record(line) == journal


@given(
    at=st.datetimes(timezones=st.just(UTC)),
    texts=st.tuples(st.text(), st.text(), st.text()),
    verdict=st.sampled_from(Verdict),
    wall=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3)),
)
def test_any_event_comes_back_as_it_was_written(
    at: datetime, texts: tuple[str, str, str], verdict: Verdict, wall: timedelta
) -> None:
    check, kind, reason = texts
    event = CheckFinished(at=at, check=check, kind=kind, verdict=verdict, wall=wall, reason=reason)
    assert decode_record(encode_record(event)) == event


def test_every_line_says_what_it_is(mixed: Report) -> None:
    kinds = [json.loads(line)["type"] for line in dump_lines(mixed).splitlines()]
    assert kinds == ["RunStarted", "CheckFinished", *["DrillJournal"] * 4, "RunFinished"]


def test_a_whole_report_comes_back(mixed: Report) -> None:
    assert load_lines(dump_lines(mixed), source="run.jsonl") == mixed


def test_a_report_without_a_record_is_an_empty_file() -> None:
    assert dump_lines(Report()) == b""
    assert load_lines(b"", source="run.jsonl") == Report()


def test_a_run_killed_at_any_byte_leaves_all_that_was_written_before(proven: Report) -> None:
    content = dump_lines(proven)
    last_line = content.rstrip(b"\n").rindex(b"\n") + 1
    for cut in range(last_line, len(content)):
        report = load_lines(content[:cut], source="run.jsonl")
        assert report.drills == proven.drills
        complete = cut == len(content) - 1  # all but the line's end
        assert (report.finished is not None) == complete
        assert bool(report.problems) == (not complete and cut > last_line)


def test_a_cut_line_is_named(proven: Report) -> None:
    report = load_lines(dump_lines(proven)[:-20], source="run.jsonl")
    assert report.problems == ("line 5 of run.jsonl is cut off: the run ended while writing it",)


def test_a_cut_within_a_character_is_tolerated(check: CheckFinished) -> None:
    line = encode_record(msgspec.structs.replace(check, check="é"))
    report = load_lines(line[: line.index("é".encode()) + 1], source="run.jsonl")
    assert report.problems


@pytest.mark.parametrize("line", [b"not json", b"\xff", b'{"type": "Unheard"}', b'{"type": "RunFinished"}', b"", b"[]"])
def test_a_bad_line_in_the_middle_is_refused_with_its_number(proven: Report, line: bytes) -> None:
    first, rest = dump_lines(proven).split(b"\n", 1)
    with pytest.raises(ConfigError, match=r"^run\.jsonl:2: "):
        load_lines(b"\n".join([first, line, rest]), source="run.jsonl")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*run\.jsonl"):
        read_lines(tmp_path / "run.jsonl")


def test_a_reading_without_a_finite_value_is_left_out(firing: DrillJournal) -> None:
    real = firing.readings[3]
    readings = (Reading(at=real.at, value=float("nan")), real, Reading(at=real.at, value=float("inf")))
    journal = msgspec.structs.replace(firing, readings=readings)
    assert decode_record(encode_record(journal)) == msgspec.structs.replace(firing, readings=(real,))


def test_the_sink_has_written_each_record_before_it_returns(tmp_path: Path, proven: Report) -> None:
    path = tmp_path / "new" / "run.jsonl"
    sink = JsonLinesSink(path)
    assert proven.started is not None
    listener: Sink = sink
    listener.emit(proven.started)
    assert read_lines(path).started == proven.started
    sink.record(proven.drills[0])
    assert read_lines(path).drills == proven.drills[:1]
    sink.close()
    sink.close()


def test_the_sink_starts_the_file_anew(tmp_path: Path, check: CheckFinished) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"of another run\n")
    sink = JsonLinesSink(path)
    sink.emit(check)
    sink.close()
    assert read_lines(path) == Report(checks=(check,))


def test_the_sink_says_where_it_cannot_write(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="choose another folder"):
        JsonLinesSink(tmp_path)


def test_the_recorder_gathers_what_it_heard(mixed: Report) -> None:
    recorder = Recorder()
    sink: Sink = recorder
    events: list[RunEvent] = [event for event in (mixed.started, *mixed.checks, mixed.finished) if event]
    for event in events:
        sink.emit(event)
    for drill in mixed.drills:
        recorder.record(drill)
    assert recorder.report() == mixed


def test_a_check_that_has_a_journal_is_told_once(proven: Report, check: CheckFinished) -> None:
    of_drill = msgspec.structs.replace(check, check=proven.drills[0].check, kind="drill")
    report = msgspec.structs.replace(proven, checks=(check, of_drill))
    assert report.other_checks == (check,)
