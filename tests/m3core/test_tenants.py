from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3core.tenants import SESSION_SECONDS, Principal, Sessions

SESSIONS = Sessions(b"k" * 32)
AGENT = Principal("acme", 7)


def test_a_token_stands_for_who_got_it_until_its_last_second() -> None:
    token = SESSIONS.issue(AGENT, now=1_000)
    assert SESSIONS.read(token, now=1_000 + SESSION_SECONDS - 1) == AGENT
    assert SESSIONS.read(token, now=1_000 + SESSION_SECONDS) is None


def test_another_key_does_not_open_a_token() -> None:
    assert Sessions(b"x" * 32).read(SESSIONS.issue(AGENT, now=0), now=1) is None


@given(st.data())
def test_a_token_with_any_character_changed_is_refused(data: st.DataObject) -> None:
    token = SESSIONS.issue(AGENT, now=0)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda character: character != token[place]))
    assert SESSIONS.read(token[:place] + other + token[place + 1 :], now=1) is None


@pytest.mark.parametrize("token", ["", ".", "a.b", "no-dot", "\u00e9.\u00e9"])
def test_what_is_no_token_is_refused(token: str) -> None:
    assert SESSIONS.read(token, now=1) is None
