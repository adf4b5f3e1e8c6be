"""Secrets are struck out in every form, and what is left still opens."""

from __future__ import annotations

import base64
import html
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, unquote, unquote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.errors import Broken
from alertproof.journeys.redaction import Redactor, redact_trace, secrets_of_trace

SECRET = 'p&ss wörd"/1+'

#: Each form in which a text turns up in a trace, as a function of the text.
FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded in a path": quote,
    "percent-encoded by a script": lambda text: quote(text, safe="!'()*"),
    "percent-encoded in lower case": lambda text: "".join(
        chr(byte) if (chr(byte).isalnum() and byte < 128) or chr(byte) in "_.-~" else f"%{byte:02x}"
        for byte in text.encode()
    ),
    "in a form": lambda text: urlencode({"password": text}),
    "in JSON": json.dumps,
    "in JSON as UTF-8": lambda text: json.dumps(text, ensure_ascii=False),
    "in JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "in HTML": html.escape,
    "in an attribute": lambda text: f'value="{html.escape(text, quote=False).replace(chr(34), "&quot;")}"',
    "in HTML in JSON": lambda text: json.dumps(html.escape(text)),
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in base64 after one byte": lambda text: base64.b64encode(b"x" + text.encode() + b"yz").decode(),
    "in base64 after two bytes": lambda text: base64.b64encode(b"xx" + text.encode() + b"yz").decode(),
    "in base64 for URLs": lambda text: base64.urlsafe_b64encode(b"user:" + text.encode()).decode(),
}


def _out_of_json(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        return text


#: Undoes each of them.
UNDO: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    html.unescape,
    unquote,
    unquote_plus,
    _out_of_json,
)


def holds(text: str, secret: str) -> bool:
    """Look for a secret in another way than the redactor does: by undoing what may have been done to it."""
    return any(secret in second(first(text)) for first in UNDO for second in UNDO)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_struck_out(form: str) -> None:
    text = f"before {FORMS[form](SECRET)} after"

    told = Redactor([SECRET]).text(text)

    assert "***" in told
    assert FORMS[form](SECRET) not in told
    assert told.startswith("before ")
    assert told.endswith(" after")
    assert Redactor([SECRET]).raw(text.encode()).decode() == told


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="*"), min_size=4, max_size=30),
    st.sampled_from([form for form in FORMS if "base64" not in form]),
)
def test_no_secret_is_left_in_any_form(secret: str, form: str) -> None:
    written = FORMS[form](secret)
    assert holds(written, secret)
    assert not holds(Redactor([secret]).text(written), secret)


@given(
    st.binary(max_size=9),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=30),
    st.binary(max_size=9),
)
def test_of_a_secret_in_base64_no_more_than_the_ends_are_left(before: bytes, secret: str, after: bytes) -> None:
    written = base64.b64encode(before + secret.encode() + after).decode()

    told = Redactor([secret]).text(written)

    # The first and the last character of its own that it shares with its neighbours may stay.
    assert len(told) - len("***") <= len(written) - len(secret.encode()) * 4 / 3 + 2


def test_one_secret_that_begins_another_leaves_no_rest() -> None:
    assert Redactor(["hunter", "hunter2-long"]).text("hunter2-long hunter") == "*** ***"


def test_without_secrets_everything_stays() -> None:
    redactor = Redactor([""])
    assert (redactor.text("text"), redactor.raw(b"raw"), redactor.too_short) == ("text", b"raw", False)


@pytest.mark.parametrize(("secret", "too_short"), [("abc", True), ("abcd", False)])
def test_a_secret_of_three_characters_is_said_to_be_too_short(secret: str, too_short: bool) -> None:
    assert Redactor([secret]).too_short is too_short


def pair(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


NETWORK = {
    "type": "resource-snapshot",
    "snapshot": {
        "request": {
            "url": "http://host/login?next=%2F",
            "headers": [
                pair("Cookie", "session=cookie-in-header; lang=en"),
                pair("Authorization", "Bearer bearer-token"),
                pair("Proxy-Authorization", "Basic " + base64.b64encode(b"user:basic-password").decode()),
                pair("Accept", "text/html"),
            ],
            "cookies": [pair("session", "cookie-in-list"), pair("lang", "en")],
            "postData": {"params": [pair("tenant", "acme-corp"), pair("password", "typed-password")]},
        },
        "response": {"headers": [pair("Set-Cookie", "a=set-one; Path=/; HttpOnly\nb=set%2Ftwo")], "cookies": []},
    },
}
HALF_TYPED = ["INPUT", {"type": "password", "__playwright_value_": "typ"}]
VISIBLE = ["INPUT", {"type": "text", "__playwright_value_": "visible"}]
SNAPSHOT = {"type": "frame-snapshot", "snapshot": {"html": ["FORM", {}, HALF_TYPED, VISIBLE]}}


def trace(folder: Path, **members: bytes) -> Path:
    path = folder / "recorded.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("trace.network", json.dumps(NETWORK) + "\n")
        made.writestr(
            "trace.trace", json.dumps(SNAPSHOT) + "\n" + json.dumps({"params": {"value": "typed-password"}}) + "\n"
        )
        for name, raw in members.items():
            made.writestr(f"resources/{name}", raw)
    return path


def test_what_a_trace_holds_of_credentials_is_found_by_where_it_stands(tmp_path: Path) -> None:
    body = json.dumps({"token": "token-in-json", "user": {"api_key": "key-in-json", "name": "harmless-name"}}).encode()

    found = secrets_of_trace(trace(tmp_path, body=body))

    assert found == {
        "cookie-in-header",
        "cookie-in-list",
        "bearer-token",
        "basic-password",
        base64.b64encode(b"user:basic-password").decode(),
        "typed-password",
        "set-one",
        "set%2Ftwo",
        "set/two",
        "token-in-json",
        "key-in-json",
    }


def test_a_trace_is_freed_of_them_in_every_member_and_still_opens(tmp_path: Path) -> None:
    body = b'{"token": "token-in-json", "again": "bearer-token"}'
    page = b"<html>the cookie is cookie-in-list</html>"
    picture = bytes(range(256))
    source = trace(tmp_path, body=body, page=page, picture=picture)
    secrets = secrets_of_trace(source)

    redact_trace(source, tmp_path / "kept" / "trace.zip", Redactor(secrets))

    with zipfile.ZipFile(tmp_path / "kept" / "trace.zip") as kept:
        assert kept.testzip() is None
        assert len(kept.namelist()) == 5
        for name in kept.namelist():
            raw = kept.read(name)
            assert not [secret for secret in secrets if secret.encode() in raw], name
        lines = [json.loads(line) for name in ("trace.network", "trace.trace") for line in kept.read(name).splitlines()]
        assert kept.read("resources/picture") == picture
    request = lines[0]["snapshot"]["request"]
    assert pair("Accept", "text/html") in request["headers"]
    assert pair("lang", "***") in request["cookies"]  # a cookie is blanked by its place, however short
    fields = lines[1]["snapshot"]["html"][2:]
    assert [field[1]["__playwright_value_"] for field in fields] == ["***", "visible"]  # half typed, and not secret


def test_a_cookie_that_is_also_a_word_of_json_does_not_cost_the_trace(tmp_path: Path) -> None:
    source = tmp_path / "recorded.zip"
    line = {"cookies": [pair("consent", "true"), pair("width", "1280")], "strict": True, "viewport": 1280, "x": "true!"}
    with zipfile.ZipFile(source, "w") as made:
        made.writestr("trace.trace", json.dumps(line) + "\n")
    assert secrets_of_trace(source) == {"true", "1280"}

    redact_trace(source, tmp_path / "trace.zip", Redactor(secrets_of_trace(source)))

    with zipfile.ZipFile(tmp_path / "trace.zip") as kept:
        clean = json.loads(kept.read("trace.trace"))
    assert clean == {
        "cookies": [pair("consent", "***"), pair("width", "***")],
        "strict": True,
        "viewport": 1280,
        "x": "***!",
    }


@pytest.mark.parametrize("raw", [b"no zip", b""])
def test_a_trace_that_is_no_archive_is_not_kept(tmp_path: Path, raw: bytes) -> None:
    source = tmp_path / "recorded.zip"
    source.write_bytes(raw)

    with pytest.raises(Broken, match="none is kept"):
        secrets_of_trace(source)
    with pytest.raises(Broken, match="none is kept"):
        redact_trace(source, tmp_path / "trace.zip", Redactor([]))

    assert not (tmp_path / "trace.zip").exists()


def test_a_body_too_deep_to_be_read_costs_nothing_else(tmp_path: Path) -> None:
    assert "bearer-token" in secrets_of_trace(trace(tmp_path, body=b"[" * 100_000))


@pytest.mark.parametrize("line", ['{"cut": "off', "[" * 100_000], ids=["cut-off", "too-deep"])
def test_a_trace_with_a_line_that_cannot_be_read_is_not_kept(tmp_path: Path, line: str) -> None:
    source = tmp_path / "recorded.zip"
    with zipfile.ZipFile(source, "w") as made:
        made.writestr("trace.trace", line)

    with pytest.raises(Broken, match="none is kept"):
        secrets_of_trace(source)
    with pytest.raises(Broken, match="none is kept"):
        redact_trace(source, tmp_path / "trace.zip", Redactor([]))

    assert not (tmp_path / "trace.zip").exists()
