"""Whether a page can be used by everybody, as far as a program can tell: axe-core, by axe-playwright-python."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import msgspec
from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, Page

from alertproof.errors import ConfigError, nearest
from alertproof.verdict import Expectation

__all__ = ["WCAG", "Results", "check", "expectation"]

#: WCAG 2.2, levels A and AA, by axe's names.
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
#: Says which frames could not be looked into; by itself it is no rule of WCAG.
_FRAMES = "frame-tested"
_KNOWN = "() => axe.getRules().map(rule => [rule.ruleId, rule.tags])"
_NOBODY = "No elements found for include"
_MOST_RULES, _MOST_PLACES = 8, 3


class Message(msgspec.Struct, frozen=True):
    """Why an element does not keep a rule."""

    message: str = ""


class Node(msgspec.Struct, frozen=True):
    """An element; ``target`` is its selector in each frame on the way to it, a list inside of a shadow tree."""

    target: tuple[str | tuple[str, ...], ...]
    any: tuple[Message, ...] = ()
    all: tuple[Message, ...] = ()
    none: tuple[Message, ...] = ()


class Rule(msgspec.Struct, frozen=True):
    """A rule of axe's with the elements that it is about."""

    id: str
    help: str
    nodes: tuple[Node, ...]
    impact: str | None = None


class Results(msgspec.Struct, frozen=True, rename="camel"):
    """What axe says of a page: the rules that found something to check, by what came of it."""

    violations: tuple[Rule, ...]
    passes: tuple[Rule, ...] = ()
    incomplete: tuple[Rule, ...] = ()


def check(page: Page, *, part: str, without: Sequence[str], tags: Sequence[str]) -> Results | None:
    """Look at a page as it is now; None: nothing on it matches the selector ``part``.

    Frames of the page's own origin are looked into. Raises `ConfigError` for a rule or tag that axe does not have, and
    Playwright's `Error` where the page is gone.
    """
    axe = Axe()
    for frame in page.frames:
        with suppress(Error):  # one that has just gone; axe says which it could not look into
            frame.evaluate(AXE_SCRIPT)
    known: list[tuple[str, list[str]]] = page.evaluate(_KNOWN)
    _demand_known("rule", without, {rule for rule, _ in known})
    _demand_known("tag", tags, {tag for _, its in known for tag in its})
    rules = {_FRAMES: {"enabled": True}} | {rule: {"enabled": False} for rule in without}
    options: dict[str, Any] = {"resultTypes": ["violations"], "runOnly": list(tags), "rules": rules}
    try:
        return msgspec.convert(axe.run(page, context=part or None, options=options).response, Results)
    except Error as error:
        if _NOBODY in str(error):
            return None
        raise


def expectation(results: Results | None, *, url: str, part: str) -> Expectation:
    """Return what is expected of a page, and what was seen. Where no rule had anything to check nobody can tell."""
    where = urlsplit(url).path or "/"
    what = f"{part!r} on {where}" if part else f"the page {where}"
    text = f"{what} is accessible"
    if results is None:
        return Expectation(text=text, met=None, last_seen=f"nothing on {where} matches {part!r}")
    kept = [rule for rule in results.passes if rule.id != _FRAMES]
    unclear = [rule for rule in results.incomplete if rule.id != _FRAMES]
    broken = [rule for rule in results.violations if rule.id != _FRAMES]
    hidden = [node for rule in results.incomplete if rule.id == _FRAMES for node in rule.nodes]
    beside = f"; not looked into: {_places(hidden)}" if hidden else ""
    if broken:
        return Expectation(text=text, met=False, last_seen=_findings(broken) + beside)
    if not kept and not unclear:
        return Expectation(text=text, met=None, last_seen=f"there is nothing on it that a rule is about{beside}")
    doubt = f", and for a person to look at: {', '.join(rule.id for rule in unclear)}" if unclear else ""
    return Expectation(text=text, met=True, last_seen=f"{len(kept)} rules are kept{doubt}{beside}")


def _findings(rules: Sequence[Rule]) -> str:
    """Return a sentence for each rule that is not kept, the worst first."""
    order = {"critical": 0, "serious": 1, "moderate": 2}
    ordered = sorted(rules, key=lambda rule: (order.get(rule.impact or "", 3), rule.id))
    more = f" | and {len(ordered) - _MOST_RULES} rules more" if len(ordered) > _MOST_RULES else ""
    return " | ".join(_finding(rule) for rule in ordered[:_MOST_RULES]) + more


def _finding(rule: Rule) -> str:
    why = [one.message for one in (*rule.nodes[0].all, *rule.nodes[0].any, *rule.nodes[0].none)] if rule.nodes else []
    closer = f": {why[0]}" if len(why) == 1 else ""  # several are as many ways to mend it
    return f"{rule.id} ({rule.impact or 'no impact given'}) at {_places(rule.nodes)}: {rule.help}{closer}"


def _places(nodes: Sequence[Node]) -> str:
    more = f" and {len(nodes) - _MOST_PLACES} more" if len(nodes) > _MOST_PLACES else ""
    return ", ".join(_place(node) for node in nodes[:_MOST_PLACES]) + more


def _place(node: Node) -> str:
    return " > ".join(part if isinstance(part, str) else " > ".join(part) for part in node.target)


def _demand_known(kind: str, given: Sequence[str], known: set[str]) -> None:
    for name in given:
        if name not in known:
            raise ConfigError(f"journey.accessible: axe has no {kind} {name!r}{nearest(name, known)}")
