"""What runbooks search for: read with its place, and held against the fields that lines have."""

from __future__ import annotations

from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.quality.contract import Asked, asked_of_search, field_gap, read_runbooks

FIELDS = {"event": frozenset({"login", "locked"}), "tenant": frozenset[str]()}


def written(folder: Path, *blocks: str) -> tuple[Asked, ...]:
    path = folder / "runbooks" / "x.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text("# X\n\n" + "\n".join(blocks), encoding="utf-8")
    return read_runbooks(path.parent, origin="prod", environment="drill")


def test_a_search_is_read_with_its_line_and_pointed_at_the_environment(tmp_path: Path) -> None:
    metrics = "   ```text metrics\n   sum:a{env:prod,tenant:TENANT}.as_count()\n   max:b{env:prod}\n   ```\n"
    logs = "```text logs\nservice:api env:prod @event:login @tenant:TENANT\n```\n"

    found = written(tmp_path, metrics, logs)

    assert [(each.where, each.kind, each.query) for each in found] == [
        ("runbooks/x.md: line 4", "metric", "sum:a{env:drill,tenant:*}.as_count()"),
        ("runbooks/x.md: line 5", "metric", "max:b{env:drill}"),
        ("runbooks/x.md: line 9", "logs", "service:api env:drill @event:login @tenant:*"),
    ]


def test_commands_are_no_searches(tmp_path: Path) -> None:
    found = written(tmp_path, "```console\n$ ls\n```\n", "```text rum\n@type:view\n```\n")

    assert [each.kind for each in found] == ["rum"]


def test_words_between_conditions_are_none_to_be_replaced(tmp_path: Path) -> None:
    (found,) = written(tmp_path, "```text logs\n@event:(login OR locked) AND NOT @tenant:TENANT_ID\n```\n")

    assert "OR" in found.query
    assert "TENANT_ID" not in found.query


@pytest.mark.parametrize(
    ("block", "says"),
    [
        (
            "```text\nsum:a{*}\n```\n",
            "x.md:3: says nothing of what it searches; write ```text and one of metrics, logs",
        ),
        ("```text log\n@a:b\n```\n", "x.md:3: says 'log' (did you mean 'logs'?)"),
        ("```text metrics\nsum:a{\n```\n", "x.md:4: "),
        ("No block at all.\n", "no runbook searches for anything"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path: Path, block: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        written(tmp_path, block)

    assert says in str(error.value)


@pytest.mark.parametrize(
    ("text", "gap"),
    [
        ("service:api @event:login @tenant:*", ""),
        ("service:api @event:lo* @tenant:acme", ""),
        ("@event:(login OR locked)", ""),
        ("@events:login", "no log line has @events (did you mean 'event'?)"),
        ("@event:logins", "no log line says @event:logins (did you mean 'login'?)"),
        ("@event:(login OR lock)", "no log line says @event:lock"),
        ("tenant:acme", "tenant is no field that every line has; write @tenant for one of its own"),
    ],
)
def test_a_field_or_a_value_that_no_line_has_is_a_gap(text: str, gap: str) -> None:
    found = field_gap(asked_of_search("logs", text, file="runbooks/x.md", place="line 4"), FIELDS)

    assert found.startswith(f"runbooks/x.md: line 4: {gap}" if gap else gap)
    assert bool(found) == bool(gap)
