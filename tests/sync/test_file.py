"""Files of one thing each: what is wrong with one is told with its place, and none is passed over in silence."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.sync.file import read_file, read_files


def written(folder: Path, name: str, text: str = '{"name": "x"}') -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_each_file_of_a_folder_is_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.json", "a.json"):
        written(tmp_path, name, json.dumps({"name": name}))

    assert [(each.key, each.payload["name"]) for each in read_files(tmp_path, "name")] == [
        ("a", "a.json"),
        ("b", "b.json"),
    ]


@pytest.mark.parametrize("name", ["b.yaml", "b.yml", "b.JSON", "b.tf", "b.json.bak", "b"])
def test_a_file_that_would_not_be_pushed_is_an_error_that_says_what_to_do(tmp_path: Path, name: str) -> None:
    written(tmp_path, "a.json")
    path = written(tmp_path, name)

    with pytest.raises(ConfigError, match=re.escape(f"{path}: not pushed: no .json; write each thing as a .json file")):
        read_files(tmp_path, "name")


def test_a_folder_in_a_folder_would_not_be_pushed_either(tmp_path: Path) -> None:
    (tmp_path / "more.json").mkdir()

    with pytest.raises(ConfigError, match=re.escape("more.json: not pushed: a folder")):
        read_files(tmp_path, "name")


def test_what_is_hidden_or_for_people_to_read_is_left_alone_and_so_is_a_folder_that_is_not_there(
    tmp_path: Path,
) -> None:
    written(tmp_path, "a.json")
    written(tmp_path, ".a.json.swp")
    written(tmp_path, "README.md")

    assert [each.key for each in read_files(tmp_path, "name")] == ["a"]
    assert read_files(tmp_path / "none", "name") == []


def test_a_key_that_stands_twice_is_told_with_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", '{\n  "name": "x",\n  "options": {"a": 1,\n    "a": 2}\n}')

    with pytest.raises(ConfigError, match=re.escape(f"{path}:4:5: the key 'a' stands in this object already")):
        read_file(path, "name")
