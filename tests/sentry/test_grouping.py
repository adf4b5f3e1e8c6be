from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from alertproof.sentry import Basis, Event, Grouping, group, read_event

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def grouped(payload: dict[str, Any]) -> Grouping:
    return group(_event(payload))


def _event(payload: dict[str, Any]) -> Event:
    data = json.dumps(payload).encode()
    return read_event(data, kind="error", event_id="a" * 32, received=NOW, mapped=lambda instant: instant)


def failure(value: str = "v", *, line: str = "raise E", lineno: int = 1, library: str = "lib") -> dict[str, Any]:
    frames = [
        {"module": library, "function": "call", "in_app": False},
        {"module": "app", "function": "f", "context_line": line, "lineno": lineno, "in_app": True},
    ]
    return {"exception": [{"type": "E", "value": value, "stacktrace": {"frames": frames}}]}


def test_one_place_in_the_code_is_one_issue_whatever_its_text_line_number_or_library() -> None:
    first = grouped(failure("a"))
    assert first.basis is Basis.STACK_TRACE
    assert first == grouped(failure("b", line="  raise E", lineno=99, library="other"))
    assert first != grouped(failure("a", line="raise F"))


def test_frames_of_libraries_decide_when_there_are_no_others() -> None:
    def only_library(module: str) -> dict[str, Any]:
        return {"exception": [{"type": "E", "stacktrace": {"frames": [{"module": module, "function": "f"}]}}]}

    assert grouped(only_library("a")) == grouped(only_library("a"))
    assert grouped(only_library("a")) != grouped(only_library("b"))


def test_without_a_stack_type_and_value_decide() -> None:
    grouping = grouped({"exception": [{"type": "E", "value": "a"}]})
    assert grouping.basis is Basis.EXCEPTION
    assert grouping != grouped({"exception": [{"type": "E", "value": "b"}]})
    assert grouping != grouped({"exception": [{"type": "F", "value": "a"}]})


def test_without_an_exception_the_message_s_template_decides() -> None:
    grouping = grouped({"logentry": {"message": "lead %s", "formatted": "lead 5"}})
    assert grouping.basis is Basis.MESSAGE
    assert grouping == grouped({"logentry": {"message": "lead %s", "formatted": "lead 6"}})
    assert grouping != grouped({"message": "lead 5"})


def test_a_fingerprint_joins_what_the_stack_would_part() -> None:
    first = grouped(failure(line="raise E") | {"fingerprint": ["crm"]})
    assert first.basis is Basis.FINGERPRINT
    assert first == grouped(failure(line="raise F") | {"fingerprint": ["crm"]})
    assert first != grouped(failure() | {"fingerprint": ["other"]})


@pytest.mark.parametrize("default", ["{{ default }}", "{{default}}"])
def test_the_default_fingerprint_changes_nothing(default: str) -> None:
    assert grouped(failure() | {"fingerprint": [default]}) == grouped(failure())


def test_a_fingerprint_with_the_default_refines_it() -> None:
    def refined(line: str, tenant: str) -> Grouping:
        return grouped(failure(line=line) | {"fingerprint": ["{{ default }}", tenant]})

    assert refined("a", "acme") == refined("a", "acme")
    assert refined("a", "acme") != refined("a", "globex")
    assert refined("a", "acme") != refined("b", "acme")


def framed(**frame: str) -> dict[str, Any]:
    return {"exception": [{"type": "E", "value": "v", "stacktrace": {"frames": [frame]}}]}


@pytest.mark.parametrize(
    ("variable", "same", "other"),
    [
        ("{{ error.type }}", {"exception": [{"type": "E", "value": "1"}]}, {"exception": [{"type": "F"}]}),
        ("{{ error.value }}", failure("a"), failure("b")),
        ("{{ transaction }}", {"transaction": "t"}, {"transaction": "u"}),
        ("{{ level }}", {"level": "info"}, {"level": "fatal"}),
        ("{{ logger }}", {"logger": "l"}, {"logger": "m"}),
        ("{{ message }}", {"message": "m"}, {"message": "n"}),
        ("{{ tags.tenant }}", {"tags": {"tenant": "acme"}}, {"tags": {"tenant": "globex"}}),
        ("{{ stack.function }}", framed(function="f"), framed(function="g")),
        ("{{ stack.module }}", framed(module="m"), framed(module="n")),
    ],
)  # fmt: skip
def test_a_variable_stands_for_its_value(variable: str, same: dict[str, Any], other: dict[str, Any]) -> None:
    fingerprint = {"fingerprint": ["x", variable]}
    assert grouped(same | fingerprint) == grouped(same | {"extra": {"more": 1}} | fingerprint)
    assert grouped(same | fingerprint) != grouped(other | fingerprint)
    assert grouped(same | fingerprint) != grouped(same | {"fingerprint": ["x"]})


def test_the_key_is_32_hex_digits() -> None:
    assert len(grouped({"message": "m"}).key) == len(bytes.fromhex(grouped({"message": "m"}).key)) * 2 == 32
