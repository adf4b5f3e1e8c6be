"""Playwright's messages boiled down to what was looked for, where, and what is there instead."""

from __future__ import annotations

import pytest

from alertproof.journeys.trouble import Scene, explain

TREE = """\
- link "Skip to the content":
  - /url: "#content"
- banner:
  - strong: M3CoreCRM
  - button "Log out"
- main:
  - heading "Leads" [level=1]
  - alert: Tenant, e-mail or password is wrong.
  - textbox "E-mail": agent@acme.example
  - searchbox "Search leads"
  - button "Search"
  - 'button "Save: now"'
  - button "Say \\"hello\\""
  - definition: new
"""
QUIET = TREE.replace("  - alert: Tenant, e-mail or password is wrong.\n", "")


def said(message: str, *, tree: str = QUIET, awaited: str = "") -> str:
    return explain(message, Scene(path="/leads", tree=tree, awaited=awaited))


def missing(locator: str) -> str:
    return f"Locator.click: Timeout 4500ms exceeded.\nCall log:\n  - waiting for {locator}\n"


def test_a_missing_button_is_named_with_the_buttons_that_are_there() -> None:
    assert said(missing('get_by_role("button", name="Convert to customer")')) == (
        "no button 'Convert to customer' on /leads within 4.5 s; "
        "buttons there: 'Log out', 'Search', 'Save: now', 'Say \"hello\"'"
    )


def test_many_buttons_are_cut_short() -> None:
    tree = "\n".join(f'- button "B{number}"' for number in range(11))
    told = said(missing('get_by_role("button", name="Go")'), tree=tree)
    assert told.endswith("'B7' and 3 more")


BUTTONS = "buttons there: 'Log out', 'Search', 'Save: now', 'Say \"hello\"'"


@pytest.mark.parametrize(
    ("locator", "expected", "instead"),
    [
        ('get_by_label("Password")', "field labelled 'Password'", "fields there: 'E-mail', 'Search leads'"),
        ('get_by_role("dialog")', "dialog", "there are no dialogs"),
        ('get_by_role("definition", name="S")', "definition 'S'", "the definitions there have no name"),
        (
            'get_by_role("link", name=re.compile(r"\\d"))',
            'link re.compile(r"\\d")',
            "links there: 'Skip to the content'",
        ),
        ('get_by_text("Welcome")', "text 'Welcome'", ""),
        ('get_by_test_id("status")', "element with test id 'status'", ""),
        ('locator("#status")', 'locator("#status")', ""),
        ('get_by_role("table").get_by_role("row", name="Ada")', "row 'Ada'", "there are no rows"),
        ('get_by_role("button", name="Say \\"no\\"")', "button 'Say \"no\"'", BUTTONS),
    ],
)
def test_a_locator_is_said_as_a_person_would(locator: str, expected: str, instead: str) -> None:
    assert said(missing(locator)) == f"no {expected} on /leads within 4.5 s" + (f"; {instead}" if instead else "")


def test_what_the_page_itself_says_is_told() -> None:
    told = said(missing('get_by_role("heading", name="Leads of acme")'), tree=TREE)
    assert told.endswith("headings there: 'Leads'; the page says: 'Tenant, e-mail or password is wrong.'")


def test_a_navigation_without_an_answer_is_told() -> None:
    told = said(
        missing('get_by_role("heading", name="Leads of acme")'), awaited="POST /login has had no answer for 4.4 s"
    )
    assert "; POST /login has had no answer for 4.4 s" in told


NOT_READY = """\
Locator.click: Timeout 500ms exceeded.
Call log:
  - waiting for get_by_role("button", name="Save")
    - locator resolved to <button disabled id="save">Save</button>
  - attempting click action
    2 × waiting for element to be visible, enabled and stable
      - {why}
    - retrying click action
"""


@pytest.mark.parametrize(
    "why",
    [
        "element is not enabled",
        "element is outside of the viewport",
        '<div class="veil"></div> intercepts pointer events',
    ],
)
def test_an_element_that_is_there_but_cannot_be_used_says_why(why: str) -> None:
    assert said(NOT_READY.format(why=why)) == f"button 'Save' is on /leads, but was not ready within 0.5 s: {why}"


def test_an_element_that_is_there_for_another_wait_is_shown() -> None:
    message = (
        "Locator.wait_for: Timeout 500ms exceeded.\nCall log:\n"
        '  - waiting for get_by_role("button", name="Save") to be hidden\n'
        "    5 × locator resolved to visible <button>Save</button>\n"
    )
    assert "Save" in said(message)


def test_two_elements_where_one_was_meant() -> None:
    message = (
        'Locator.click: Error: strict mode violation: get_by_role("link", name="Ada") resolved to 24 elements:\n'
        '    1) <a class="skip" href="#content">...\n\nCall log:\n  - waiting for get_by_role("link", name="Ada")\n'
    )
    assert said(message) == "24 elements on /leads are link 'Ada', where one was meant"


def test_a_platform_that_does_not_answer() -> None:
    message = (
        'Page.goto: net::ERR_CONNECTION_REFUSED at http://127.0.0.1:9/login?token=x\nCall log:\n  - navigating to "h"\n'
    )
    assert said(message) == "http://127.0.0.1:9/login was not answered: ERR_CONNECTION_REFUSED"


def test_a_page_that_does_not_come() -> None:
    message = 'Page.goto: Timeout 4500ms exceeded.\nCall log:\n  - navigating to "http://host/leads?q=x", waiting'
    assert said(message) == "http://host/leads was not there within 4.5 s; the page is /leads"


def test_a_url_that_does_not_come() -> None:
    message = (
        "Page.wait_for_url: Timeout 500ms exceeded.\n=========================== logs ===========================\n"
        'waiting for navigation to "**/done" until "load"\n============================================================'
    )
    assert said(message) == '"**/done" was not there within 0.5 s; the page is /leads'


EXPECTED = """\
Locator expected to have text 'Bar'
Actual value: {actual}
Call log:
  - Expect "to_have_text" get_by_role("heading") with timeout 5000ms
  - waiting for get_by_role("heading")
    6 × locator resolved to <h1>Leads</h1>
      - unexpected value "Leads"

Aria snapshot:
- heading "Leads" [level=1]
"""


def test_an_expectation_says_what_was_expected_and_what_is() -> None:
    assert (
        said(EXPECTED.format(actual="Leads")) == "heading on /leads was expected to have text 'Bar', but it is 'Leads'"
    )


def test_an_expectation_on_something_that_is_not_there() -> None:
    message = (
        "Locator expected to be visible\nActual value: None\nError: element(s) not found \nCall log:\n"
        '  - Expect "to_be_visible" get_by_role("heading", name="Nope") with timeout 5000ms\n'
        '  - waiting for get_by_role("heading", name="Nope")\n\nAria snapshot:\n- heading "Leads"\n'
    )
    assert said(message) == "no heading 'Nope' on /leads; headings there: 'Leads'"


def test_an_expectation_on_the_page() -> None:
    message = "Page expected to have title 'Done'\nActual value: Leads\nCall log:\n  - Expect \"to_have_title\" with"
    assert said(message) == "the page on /leads was expected to have title 'Done', but it is 'Leads'"


def test_any_other_message_gives_its_first_line() -> None:
    assert said("\nassert 3 == 4\n +  where 3 = len(x)") == "assert 3 == 4"
    assert said("") == "no message"
    assert len(said("x" * 5000)) < 700
