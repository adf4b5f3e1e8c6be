from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from tests.m3core.scrubbing.cases.casebook import BOOKS, PARTS, Item, cases_of
from tests.m3core.scrubbing.cases.peer import nothing, sdk_default
from tests.m3core.scrubbing.cases.rates import judged, main, report

CASES = Path(__file__).parent
ITEMS: tuple[Item, ...] = get_args(Item)
LEAK = next(case for case in cases_of("known") if case.canaries)
KEEP = next(case for case in cases_of("known") if not case.canaries)
PEER = "tests.m3core.scrubbing.cases.peer"


def wipes(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    return {}


def raises(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    raise LookupError("no such rule")


def drops(event: dict[str, Any], hint: dict[str, Any]) -> None:
    return None


def changes_its_input(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    before = copy.deepcopy(event)
    event.clear()
    return before


def test_a_scrubber_that_does_nothing_stops_nothing_and_keeps_all() -> None:
    for part in PARTS:
        for case in cases_of(part):
            assert judged(case, nothing).good is not bool(case.canaries), case.id


def test_a_scrubber_that_wipes_all_stops_all_and_keeps_nothing() -> None:
    for part in PARTS:
        for case in cases_of(part):
            assert judged(case, wipes).good is bool(case.canaries), case.id


@pytest.mark.parametrize(
    ("scrub", "problem"),
    [
        (raises, "raised LookupError: no such rule"),
        (drops, "gave NoneType instead of the event"),
        (changes_its_input, "changed its input"),
    ],
)
def test_to_raise_to_drop_and_to_change_the_input_fail_on_cases_of_both_sorts(scrub: Any, problem: str) -> None:
    assert [judged(case, scrub).problem for case in (LEAK, KEEP)] == [problem, problem]


def test_a_leak_and_a_loss_are_told_with_what_and_where() -> None:
    assert judged(LEAK, nothing).problem == f"leaked {', '.join(LEAK.canaries)}"
    assert judged(KEEP, wipes).problem == f"lost {'.'.join(map(str, KEEP.settings[0][0]))}"


def test_the_scrubber_of_the_sdk_stops_about_one_leak_in_ten() -> None:
    cases = [case for part in BOOKS[0] for case in cases_of(part)]
    stopped = [judged(case, sdk_default).good for case in cases if case.canaries]
    kept = [judged(case, sdk_default).good for case in cases if not case.canaries]
    assert 0.05 < sum(stopped) / len(stopped) < 0.15
    assert sum(kept) / len(kept) > 0.99


def test_the_report_gives_rates_by_class_for_all_parts_and_the_misses_of_the_known_ones() -> None:
    text = report(dict.fromkeys(ITEMS, nothing))
    parts = dict(zip(PARTS, re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:], strict=True))
    for name, part in parts.items():
        assert part.startswith(f"{name}\n")
        assert [kind for kind in {case.kind for case in cases_of(name)} if f"    {kind} " not in part] == []
        assert "  0.0%" in part
        assert "100.0%" in part
    assert f"miss {LEAK.id} (" in parts["known"]
    assert f"miss {cases_of('second/known')[0].id} (" in parts["second/known"]
    assert "miss" not in parts["held-out"] + parts["second/aside"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([f"{PEER}:nothing", f"profile={PEER}:nothing"], "no item profile; there are breadcrumb, event"),
        ([f"event={PEER}:nothing"], "no function for breadcrumb, log"),
    ],
)
def test_the_command_says_which_item_is_unknown_or_has_no_function(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert told in capsys.readouterr().err


def folder_of(path: Path, case_ids: list[str]) -> Path:
    """A folder with one file for each of these cases of the known part."""
    path.mkdir()
    lines = (CASES / "known.jsonl").read_text("utf-8").splitlines()
    for line in lines:
        if (name := json.loads(line)["id"]) in case_ids:
            (path / f"{name}.jsonl").write_text(line + "\n", "utf-8")
    return path


def test_the_cases_of_a_folder_are_judged_in_place_of_the_parts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(tmp_path / "mine", [LEAK.id, KEEP.id])
    assert main([f"{PEER}:nothing", "--cases", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{folder}\n")
    assert "0 of    1    0.0%" in printed
    assert "1 of    1  100.0%" in printed
    assert printed.count("  miss ") == 1


def test_the_command_runs_one_function_for_all_or_one_for_an_item(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of_log = next(case for case in cases_of("known") if case.canaries and case.item == "log")
    folder = folder_of(tmp_path / "mine", [LEAK.id, of_log.id])
    assert LEAK.item == "event"
    main([f"{PEER}:nothing", "--cases", str(folder)])
    assert capsys.readouterr().out.count("  miss ") == 2
    main([f"{PEER}:nothing", "log=tests.m3core.scrubbing.cases.test_rates:wipes", "--cases", str(folder)])
    printed = capsys.readouterr().out
    assert f"miss {LEAK.id} (" in printed
    assert of_log.id not in printed


def test_a_folder_of_leaks_alone_has_no_rate_of_what_is_kept(tmp_path: Path) -> None:
    text = report(dict.fromkeys(ITEMS, nothing), [folder_of(tmp_path / "mine", [LEAK.id])])
    assert "stopped" in text
    assert "kept" not in text


def test_the_misses_of_a_folder_named_aside_are_only_counted_unless_asked_for(tmp_path: Path) -> None:
    folders = [folder_of(tmp_path / "aside", [LEAK.id])]
    assert "  miss " not in report(dict.fromkeys(ITEMS, nothing), folders)
    assert f"miss {LEAK.id}" in report(dict.fromkeys(ITEMS, nothing), folders, held_out_misses=True)


def test_a_folder_without_a_case_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([f"{PEER}:nothing", "--cases", str(tmp_path)])
    assert f"no case in {tmp_path}: name a folder with files *.jsonl" in capsys.readouterr().err
