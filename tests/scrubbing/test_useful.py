from __future__ import annotations

from pathlib import Path

import pytest

from alertproof.canaries import Left
from alertproof.errors import ConfigError
from alertproof.scrubbing import Useful, load_useful, lost

TENANT = Useful(source="log", path="tags.tenant", like="acme|globex")


def said(*octets: bytes, field: Useful = TENANT) -> list[str]:
    return lost([Left(source="log", octets=each) for each in octets], [field])


def test_a_field_that_came_as_it_should_is_not_lost() -> None:
    assert said(b'{"tags": {"tenant": "acme"}}', b'{"tags": {}}') == []
    assert said(b'{"spans": [{"id": 7}]}', field=Useful(source="log", path="spans[].id", like=r"\d")) == []


def test_a_field_that_was_taken_out_in_one_item_is_lost() -> None:
    (complaint,) = said(b'{"tags": {"tenant": "acme"}}', b'{"tags": {"tenant": "[Filtered]"}}')

    assert complaint == "log: tags.tenant: something was taken out of it: [Filtered]"


def test_a_field_that_never_came_or_came_otherwise_is_lost() -> None:
    assert said(b"{}") == ["log: tags.tenant: came nowhere"]
    assert said(b'{"tags": {"tenant": "***"}}') == ["log: tags.tenant: no value is like acme|globex; seen: ***"]


def test_what_is_no_json_is_read_by_lines() -> None:
    assert said(b"api.requests\ntenant:acme", field=Useful(source="log", path="line[]", like="tenant:.*")) == []


def test_a_line_of_the_sample_that_is_no_field_is_named(tmp_path: Path) -> None:
    file = tmp_path / "useful.jsonl"
    file.write_text('{"source": "log", "path": "a", "like": "x"}\n{"source": "log", "path": "a", "like": "("}\n')

    with pytest.raises(ConfigError, match=r"useful\.jsonl:2"):
        load_useful(file)
