"""A step that reads the page as whoever is woken by it does: nothing in it is empty, and its runbook is there."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
import msgspec

from alertproof.addresses import is_loopback
from alertproof.drills.course.play import Play
from alertproof.requirements import AlertSpec
from alertproof.vendors.patience import trusting

__all__ = ["Readable", "empty_variables", "missing_runbook"]

_TAG = re.compile(r"\{\{\{?[^{}]*\}\}\}?")
_VARIABLE = re.compile(r"\{\{\{?(?![#/^!])[^{}]*\}\}\}?")


class Readable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page names its runbook, which is there, and every variable of its message has a value."""

    def said(self, alert: AlertSpec) -> tuple[str, ...]:
        return (
            f"the page names its runbook, {alert.runbook}",
            "the runbook is there",
            "every variable of the page's message has a value",
        )

    def take(self, play: Play) -> None:
        alert = play.scene.alert
        names, there, filled = self.said(alert)
        texts = (play.incident().title, *play.incident().texts)
        named = any(alert.runbook in text for text in texts)
        play.checks.expect(names, named, "it does" if named else "no text of the page does")
        found = missing_runbook(alert.runbook, play.watched.spec.folder, ca_file=play.watched.target.ca_file)
        play.checks.expect(there, not found, found or "it is")
        monitor = play.watched.datadog.monitor(play.scene.monitor_id)
        empty, read = empty_variables((str(monitor["message"]), str(monitor["name"])), texts)
        said = f"empty: {', '.join(empty)}" if empty else f"{read} read"
        play.checks.expect(filled, not empty and (read > 0 or not _variables(str(monitor["message"]))), said)


def empty_variables(templates: Iterable[str], texts: Iterable[str]) -> tuple[list[str], int]:
    """Return the variables that are empty in rendered texts, as they are written, and how many variables were read.

    A line of a template is known again by its fixed words; one in a block that was left out is in no text. A variable
    that came out as it was written counts as empty.
    """
    empty: list[str] = []
    read = 0
    lines = [line for text in texts for line in html.unescape(text).splitlines()]
    for written in (line for template in templates for line in template.splitlines()):
        variables = _VARIABLE.findall(written)
        if not variables:
            continue
        values = next(_values(written, lines), None)
        if values is None:
            continue
        read += len(variables)
        empty += [name for name, value in zip(variables, values, strict=True) if not value.strip() or name == value]
    return empty, read


def _values(written: str, lines: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield what the variables of a line of a template became, in each line of a text that it may have become."""
    pieces, end = [], 0
    for tag in _TAG.finditer(written):
        pieces.append(re.escape(html.unescape(written[end : tag.start()])))
        pieces.append("(.*?)" if _VARIABLE.fullmatch(tag[0]) else "")
        end = tag.end()
    pieces.append(re.escape(html.unescape(written[end:])))
    if not any(map(str.strip, pieces[::2])):
        return  # without a fixed word any line would do
    pattern = re.compile("".join(pieces).strip() + r"\s*")
    for line in lines:
        found = pattern.search(line) if pieces[-1] else pattern.fullmatch(line)
        if found is not None:
            yield found.groups()


def _variables(template: str) -> list[str]:
    return _VARIABLE.findall(template)


def missing_runbook(runbook: str, folder: Path, *, ca_file: str = "") -> str:
    """Return why a runbook cannot be read, empty when it can; a path is looked for beside and above ``folder``.

    An address must answer well, by way of other addresses or at once; ``ca_file`` is one more authority.
    """
    if not runbook.startswith(("https://", "http://")):
        path = runbook.partition("#")[0]
        places = folder.resolve().parents
        return "" if any((place / path).is_file() for place in places) else f"{path} is no file in or above {places[0]}"
    local = is_loopback(runbook)
    try:
        answer = httpx.get(runbook, follow_redirects=True, timeout=10.0, verify=trusting(ca_file), trust_env=not local)
    except httpx.HTTPError as error:
        return f"{runbook} does not answer: {error!r}"
    return "" if answer.is_success else f"{runbook} answers {answer.status_code}"
