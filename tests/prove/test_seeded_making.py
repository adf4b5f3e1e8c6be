"""Generated defects are what they say: code that still compiles, values that differ, independent ones together."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest
from tests.prove.seeded.declarations import declared_defects, write
from tests.prove.seeded.instrumentation import CodeDefect, apply, code_defects
from tests.prove.seeded.table import Row, page
from tests.prove.test_seeded_defects import ROOT, all_defects, rounds, scripts

from alertproof.quality.mutation import sample

CODE = 'def a(m):\n    m.took("leads.searches", 1.5, tenant="x")\n    m.count("unasked", tenant="x")\n'


@pytest.fixture(name="platform")
def platform_fixture(tmp_path: Path) -> Path:
    path = tmp_path / "src" / "m3core" / "leads.py"
    path.parent.mkdir(parents=True)
    path.write_text(CODE, encoding="utf-8")
    return path


def found(platform: Path) -> dict[str, CodeDefect]:
    asked = {"leads.searches": frozenset({"tenant", "env"})}
    return {each.operator: each for each in code_defects(platform.parents[2], asked)}


@pytest.mark.parametrize(
    ("operator", "line"),
    [
        ("metric dropped", "    None"),
        ("metric renamed", '    m.took("leads.searches_x", 1.5, tenant="x")'),
        ("tag dropped", '    m.took("leads.searches", 1.5)'),
        ("wrong unit", '    m.took("leads.searches", (1.5) * 1000, tenant="x")'),
    ],
)
def test_a_point_of_the_code_is_broken_in_one_way(platform: Path, operator: str, line: str) -> None:
    defect = found(platform)[operator]

    apply([defect], platform.parents[2])

    assert platform.read_text(encoding="utf-8").splitlines()[1] == line


def test_what_nobody_asks_for_is_left_out(platform: Path) -> None:
    assert {each.metric for each in found(platform).values()} == {"leads.searches"}


def test_each_generated_defect_of_the_code_compiles_and_has_a_name_of_its_own(tmp_path: Path) -> None:
    defects = [each for each in all_defects(scripts()) if isinstance(each, CodeDefect)]

    assert len(defects) >= 100
    assert len({(each.file, each.span, each.operator) for each in defects}) == len(defects)
    for number, together in enumerate(rounds(defects, lambda each: {each.metric})):
        folder = tmp_path / str(number)
        shutil.copytree(ROOT / "src" / "m3core", folder / "src" / "m3core", ignore=lambda _, names: _not_code(names))
        apply(together, folder)
        for defect in together:
            path = folder / defect.file
            assert path.read_bytes() != (ROOT / defect.file).read_bytes()
            ast.parse(path.read_bytes())


def _not_code(names: list[str]) -> set[str]:
    return {name for name in names if "." in name and not name.endswith(".py")} | {"__pycache__", "static"}


def test_a_declared_defect_changes_its_file(tmp_path: Path) -> None:
    defects = list(declared_defects(ROOT))
    assert {each.operator for each in defects} == {
        "escalation level dropped",
        "escalation policy",
        "priority",
        "route renamed",
        "severity",
        "urgency",
    }
    shutil.copytree(ROOT / "monitoring", tmp_path / "monitoring")
    for defect in defects:
        before = (tmp_path / defect.file).read_text(encoding="utf-8")
        write(defect, tmp_path)
        assert (tmp_path / defect.file).read_text(encoding="utf-8") != before
        assert defect.says


def test_the_sample_has_each_operator_twice_and_each_kind() -> None:
    defects = all_defects(scripts())
    operators = [each.operator for each in sample(defects, seed=1, count=60)]

    assert set(operators) == {each.operator for each in defects}
    assert {type(each) for each in sample(defects, seed=1, count=60)} == {type(each) for each in defects}


def test_those_that_are_about_the_same_are_run_apart() -> None:
    assert rounds(["ab", "bc", "cd", "xy"], set) == [["ab", "cd", "xy"], ["bc"]]


def test_the_page_says_what_survived_and_which_test_is_missing() -> None:
    rows = [
        Row(name="b: threshold", judge="offline", by="a | red", named=True),
        Row(name="a: window", judge="offline", by="", named=False, missing="one with a long window"),
    ]

    said = page(rows, of=9, seed=7)

    assert "Of 9 generated defects 2 were drawn, with the seed 7" in said
    assert "1 turned the suite red, 1 of them" in said
    assert said.endswith(
        "| a: window | offline | **survived**: missing is one with a long window |\n"
        "| b: threshold | offline | a \\| red |\n"
    )
