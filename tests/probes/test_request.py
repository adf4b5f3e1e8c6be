from __future__ import annotations

from collections.abc import Callable

import pytest

from alertproof.errors import ConfigError
from alertproof.probes import Request
from alertproof.redact import Secret


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (Request(method="GET", path="/a"), "GET /a"),
        (Request(method="GET", path="/a", tenant="acme"), "GET /a as acme"),
        (Request(method="GET", path="/a", params={"q": "x y", "n": 1}), "GET /a?q=x+y&n=1"),
        (Request(method="POST", path="/a", name="a try", tenant="acme"), "a try (POST /a as acme)"),
    ],
)
def test_a_request_says_what_is_asked_and_by_whom(request_: Request, text: str) -> None:
    assert str(request_) == text


@pytest.mark.parametrize("path", ["", "api", "https://elsewhere.example/api", "//elsewhere.example/api"])
def test_a_path_cannot_lead_to_another_host(path: str) -> None:
    with pytest.raises(ConfigError, match="one slash"):
        Request(method="GET", path=path)


@pytest.mark.parametrize(
    ("method", "reads", "writes"),
    [
        ("GET", False, False),
        ("HEAD", False, False),
        ("OPTIONS", False, False),
        ("POST", False, True),
        ("DELETE", False, True),
        ("PROPFIND", False, True),
        ("POST", True, False),
    ],
)
def test_a_method_writes_unless_it_is_known_to_read(method: str, reads: bool, writes: bool) -> None:
    assert Request(method=method, path="/", reads=reads).writes is writes


@pytest.mark.parametrize("path", ["/a\n", "/a\x00b", "/\u2028"])
def test_a_path_that_no_address_may_hold_is_refused(path: str) -> None:
    with pytest.raises(ConfigError, match="percent-encoded"):
        Request(method="GET", path=path)


@pytest.mark.parametrize("method", ["", "GÄT", "GET /", "GET\r\n"])
def test_a_method_that_is_no_word_is_refused(method: str) -> None:
    with pytest.raises(ConfigError, match="a word such as GET"):
        Request(method=method, path="/")


@pytest.mark.parametrize("value", ["tok-en-1\n", " tok-en-1", "tok-en-1\r\nX: y", "tok-en-1\x00", "tök-en-1"])
@pytest.mark.parametrize("kind", [str, Secret])
def test_a_header_that_cannot_be_sent_is_named_and_its_value_is_not_shown(
    kind: Callable[[str], str | Secret], value: str
) -> None:
    with pytest.raises(ConfigError, match="the header 'X-Token' cannot be sent") as raised:
        Request(method="GET", path="/", headers={"X-Token": kind(value)})

    assert "k-en-1" not in str(raised.value)


@pytest.mark.parametrize("value", ["", "a b", "a\tb", "~!"])
def test_a_header_that_can_be_sent_is_taken(value: str) -> None:
    assert Request(method="GET", path="/", headers={"X-Token": value}).headers == {"X-Token": value}


@pytest.mark.parametrize("form", ['p4 "ss', r"p4 \"ss", "p4%20%22ss"])
def test_a_secret_is_hidden_in_every_form(form: str) -> None:
    request = Request(method="POST", path="/", json={"deep": [{"password": Secret('p4 "ss')}]})

    assert request.without_secrets(f"a {form} b") == "a *** b"


def test_a_token_is_hidden_without_its_scheme_and_an_empty_secret_hides_nothing() -> None:
    request = Request(
        method="GET", path="/", headers={"Authorization": Secret("Bearer tok-en-1"), "X-Empty": Secret("")}
    )

    assert request.without_secrets("tok-en-1 or Bearer tok-en-1, not Bearer") == "*** or ***, not Bearer"


def test_a_request_has_one_body() -> None:
    with pytest.raises(ConfigError, match="POST /a: a request has one body: json or content"):
        Request(method="POST", path="/a", json={}, content=b"x")
