"""Whatever stands in a file of ours, reading it ends in a struct or in an error that says where."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from alertproof.errors import ConfigError
from alertproof.requirements import read_struct


class Tree(msgspec.Struct):
    a: list[Tree] | None = None


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("deep.yaml", "a: " + "[" * 5000 + "]" * 5000, "nested too deep"),
        ("deep.toml", "a = " + "[" * 5000 + "]" * 5000, "nested too deep"),
        ("itself.yaml", "a: &x [{a: *x}]", "nested too deep, or in itself"),
        ("date.yaml", "a: 2024-13-45", "not valid YAML: month must be in 1..12"),
        ("number.yaml", f"a: {'9' * 5000}", "not valid YAML: Exceeds the limit"),
        (
            "twice.yaml",
            "a:\n  - {a: []}\n  - a: []\n    a: []",
            'already; take one away\n  in "<unicode string>", line 4',
        ),
        ("open.toml", "a = [", "not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_name(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_struct(path, Tree)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
