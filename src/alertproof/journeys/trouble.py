"""Why a step did not end well, in one sentence: Playwright's long messages boiled down. Pure.

What was looked for is said in the words of the page (``button 'Convert to customer'``), with what is there instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Scene", "explain"]

_LOCATOR = re.compile(r"^\s*-? ?waiting for ((?:get_by_|locator|frame_locator)\w*\(.*\S)\s*$", re.MULTILINE)
_ROLE = re.compile(
    r"""get_by_role\("(?P<role>\w+)"(?:, name="(?P<name>(?:[^"\\]|\\.)*)"|, name=(?P<pattern>re\.\w+\(.*?\)))?"""
)
_OTHER = re.compile(
    r"""get_by_(?P<by>label|text|placeholder|test_id|title|alt_text)\((?P<what>"(?:[^"\\]|\\.)*"|re\..*?\))"""
)
_FOUND = re.compile(r"locator resolved to (?P<element><[^>]*>)")
#: What keeps an element that is there from being used, in the call log of Playwright.
_NOT_READY = re.compile(r"- (?P<why>element is (?:not|outside)[^\n]*|<.*> intercepts pointer events)")
_STRICT = re.compile(r"strict mode violation: (?P<locator>.*) resolved to (?P<count>\d+) elements")
_NETWORK = re.compile(r"net::(?P<code>ERR_\w+) at (?P<url>\S+)")
_TIMEOUT = re.compile(r"Timeout (?P<ms>[\d.]+)ms exceeded")
_GOING = re.compile(r"""navigating to "(?P<url>[^"]*)"|waiting for navigation to (?P<pattern>"[^"]*")""")
_DOWNLOAD = "Download is starting"
_EXPECTED = re.compile(r"^(?:Locator|Page|Response) expected (?P<what>.*)$", re.MULTILINE)
_ACTUAL = re.compile(r"^Actual value: (?P<actual>.*)$", re.MULTILINE)
_SEEN = re.compile(
    r"""^\s*- '?(?P<role>[a-z]+)(?: "(?P<name>(?:[^"\\]|\\.)*)")?(?:[^:\n]*: (?P<text>\S.*))?""", re.MULTILINE
)
_FIELDS = ("textbox", "searchbox", "combobox", "checkbox", "radio", "spinbutton", "switch", "slider", "listbox")
_BY = {
    "label": "field labelled",
    "text": "text",
    "placeholder": "field with placeholder",
    "test_id": "element with test id",
}
_MOST_NAMES, _MOST_CHARACTERS = 8, 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a step stood when it went wrong: the page's path, its accessibility tree, a request not answered.

    ``beside``: the paths of the other pages that are open.
    """

    path: str
    tree: str = ""
    awaited: str = ""
    beside: tuple[str, ...] = ()


def explain(message: str, scene: Scene) -> str:
    """Return what went wrong in a step: what was looked for, where, and what is there."""
    gist = "; ".join(filter(None, (_gist(message, scene), scene.awaited, _alerts(scene.tree), _beside(scene))))
    return gist if len(gist) <= _MOST_CHARACTERS * 2 else gist[: _MOST_CHARACTERS * 2] + " ..."


def _gist(message: str, scene: Scene) -> str:
    locators = _LOCATOR.findall(message)
    expected = _EXPECTED.search(message)
    going = _GOING.search(message)
    if network := _NETWORK.search(message):
        gist = f"{network['url'].partition('?')[0]} was not answered: {network['code']}"
    elif _DOWNLOAD in message and going:
        gist = f"{going['url'].partition('?')[0]} is a download and no page"
    elif strict := _STRICT.search(message):
        gist = f"{strict['count']} elements on {scene.path} are {_spoken(strict['locator'])}, where one was meant"
    elif expected and "element(s) not found" not in message:
        who = _spoken(locators[-1]) if locators else "the page"
        gist = _not_as_expected(message, expected["what"], who, scene.path)
    elif locators:
        gist = _not_there(message, locators[-1], scene)
    elif going:
        wanted = (going["url"] or going["pattern"]).partition("?")[0]
        gist = f"{wanted} was not there{_within(message)}; the page is {scene.path}"
    else:
        gist = _short(_first_line(message))
    return gist


def _not_there(message: str, locator: str, scene: Scene) -> str:
    within = _within(message)
    if found := _FOUND.search(message):
        why = [one["why"] for one in _NOT_READY.finditer(message)]
        ready = f": {_short(why[-1])}" if why else f" ({_short(found['element'])})"
        return f"{_spoken(locator)} is on {scene.path}, but was not ready{within}{ready}"
    return "; ".join(filter(None, (f"no {_spoken(locator)} on {scene.path}{within}", _instead(locator, scene.tree))))


def _not_as_expected(message: str, what: str, who: str, path: str) -> str:
    actual = _ACTUAL.search(message)
    seen = f", but it is {_short(actual['actual'].strip())!r}" if actual and actual["actual"].strip() != "None" else ""
    return f"{who} on {path} was expected {what}{seen}"


def _spoken(locator: str) -> str:
    """Say a locator as a person would: ``button 'Convert'`` for ``get_by_role("button", name="Convert")``.

    The last part of a chain is what is looked for; where it has no words of its own the locator is shown as it is.
    """
    roles, others = list(_ROLE.finditer(locator)), list(_OTHER.finditer(locator))
    last = max([*roles, *others], key=lambda one: one.start(), default=None)
    if last is None:
        return locator
    if last.re is _ROLE:
        name = f"{_plain(last['name'])!r}" if last["name"] is not None else last["pattern"]
        return f"{last['role']} {name}" if name else str(last["role"])
    what = last["what"]
    return (
        f"{_BY.get(last['by'], last['by'])} {_plain(what[1:-1])!r}" if what.startswith('"') else f"{last['by']} {what}"
    )


def _instead(locator: str, tree: str) -> str:
    """Return the elements of the same role that the page does have, by their accessible names."""
    roles = list(_ROLE.finditer(locator))
    by_label = "get_by_label" in locator
    if not roles and not by_label:
        return ""
    wanted = _FIELDS if by_label else (roles[-1]["role"],)
    kind = "fields" if by_label else f"{wanted[0]}s"
    there = [name for role, name in _named(tree) if role in wanted]
    names = list(dict.fromkeys(filter(None, there)))
    if not names:
        return f"the {kind} there have no name" if there else f"there are no {kind}" if tree else ""
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"{kind} there: {', '.join(repr(name) for name in names[:_MOST_NAMES])}{more}"


def _alerts(tree: str) -> str:
    texts = [found["text"] or _plain(found["name"] or "") for found in _SEEN.finditer(tree) if found["role"] == "alert"]
    texts = [text for text in texts if text]
    return f"the page says: {_short(' / '.join(texts))!r}" if texts else ""


def _beside(scene: Scene) -> str:
    if not scene.beside:
        return ""
    return f"another page is open: {', '.join(scene.beside[:_MOST_NAMES])}"


def _named(tree: str) -> Iterator[tuple[str, str]]:
    for found in _SEEN.finditer(tree):
        yield found["role"], _plain(found["name"] or "")


def _plain(escaped: str) -> str:
    return re.sub(r"\\(.)", r"\1", escaped)


def _within(message: str) -> str:
    timeout = _TIMEOUT.search(message)
    return f" within {float(timeout['ms']) / 1000:g} s" if timeout else ""


def _first_line(message: str) -> str:
    return next((line.strip() for line in message.splitlines() if line.strip()), "no message")


def _short(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + " ..."
