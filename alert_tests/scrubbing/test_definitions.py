"""Nobody's data stands in what is defined at Datadog, Sentry and PagerDuty, nor is it let in by a tag."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alertproof.requirements import Specification

#: A recipient is no content: @pagerduty-m3core-api, @team@acme.example.
HANDLE = re.compile(r"(?<![\w.])@[\w.+-]+(?:@[\w.-]+\w)?")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
PHONE = re.compile(r"\+\d[\d ()/-]{7,}\d")
#: Tags that would say who somebody is: a monitor that names one tells it to whoever is paged.
PERSONAL = re.compile(r"\{\{\s*[#^/]?\s*(?:is_match\s+\")?((?:user|email|owner|person|phone|ip|session)[\w.]*)")
#: What PagerDuty shows with an incident. Who is told, by name and address, is not among it.
SHOWN = {"description", "summary", "details", "custom_details", "name"}


def personal(text: str) -> list[str]:
    content = HANDLE.sub("", text)
    found = [match[0] for pattern in (EMAIL, PHONE) for match in pattern.finditer(content)]
    return found + [match[1] for match in PERSONAL.finditer(content)]


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)


def shown(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from shown(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from shown(inner, key)
    elif isinstance(value, str) and key in SHOWN:
        yield key, value


def test_no_definition_says_whom_it_is_about(specification: Specification) -> None:
    folder = Path(specification.folder)
    files = sorted(file for vendor in ("datadog", "sentry") for file in (folder / vendor).rglob("*.json"))
    assert sum(file.parent.name == "monitors" for file in files) >= 10, "hardly a monitor was looked at"
    told = {str(file.relative_to(folder)): json.loads(file.read_text(encoding="utf-8")) for file in files}

    found = [f"{name} says {word!r}" for name, each in told.items() for text in texts(each) for word in personal(text)]

    assert not found, "a definition holds somebody's data:\n" + "\n".join(found)


def test_what_pagerduty_shows_of_a_service_says_nothing_of_anybody(specification: Specification) -> None:
    document = json.loads((Path(specification.folder) / "pagerduty" / "services.json").read_text(encoding="utf-8"))
    told = list(shown(document.get("services", [])))
    assert told, "no service was looked at"

    found = [f"{key}: {word}" for key, text in told for word in personal(text)]

    assert not found, "a detail at PagerDuty holds somebody's data:\n" + "\n".join(found)


def test_the_search_for_somebodys_data_finds_it_and_lets_recipients_be() -> None:
    assert personal("{{#is_alert}}down{{/is_alert}} @pagerduty-m3core-api @team@acme.example") == []
    assert personal("ask ada@acme.example or +49 30 1234567") == ["ada@acme.example", "+49 30 1234567"]
    assert personal("signed up: {{user.name}}") == ["user.name"]
