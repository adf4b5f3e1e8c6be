from __future__ import annotations

import pytest

from alertproof.canaries import Left
from alertproof.errors import Broken
from alertproof.scrubbing import shapes_of


def shape(*octets: bytes) -> frozenset[str]:
    left = [Left(source="event", octets=each) for each in octets]
    return shapes_of(left, ["event"], open_keys=["vars"], texts=["message"])


def test_a_shape_has_paths_and_no_values() -> None:
    assert shape(b'{"user": {"id": "7"}, "frames": [{"f": 1}, {"g": 2}]}') == {
        "event: user.id",
        "event: frames[].f",
        "event: frames[].g",
    }


def test_what_an_option_collects_besides_is_new_in_the_shape() -> None:
    before, after = shape(b'{"request": {"url": "/"}}'), shape(b'{"request": {"url": "/", "cookies": {"a": "b"}}}')

    assert after - before == {"event: request.cookies.a"}


def test_below_open_keys_every_name_is_alike() -> None:
    assert shape(b'{"vars": {"a": 1}}') == shape(b'{"vars": {"b": {"c": 2}}}') == {"event: vars.*"}


def test_a_text_belongs_to_the_shape_without_its_numbers() -> None:
    assert shape(b'{"message": "lead 7 created\\nin 3 ms"}') == {"event: message = lead # created"}
    job = b'{"message": "job a85404bb-a64d-4675-8045-169d89ce5980: failed in m3core"}'
    assert shape(job) == {"event: message = job #: failed in m#core"}


def test_a_source_of_which_nothing_came_is_broken() -> None:
    with pytest.raises(Broken, match="nothing came of event"):
        shape()
