from __future__ import annotations

import pytest

from m3core.scrubbing import scrub_text

GONE = "[Filtered]"


@pytest.mark.parametrize(
    "text",
    [
        'a:1:{{s:8:"password";s:16:"{}";}}',
        'array(1) {{ ["password"]=> string(16) "{}" }}',
        '{{password, <<"{}">>}}',
        'Some(Password("{}"))',
        'Password {{ value: "{}" }}',
        "<property><name>password</name><value>{}</value></property>",
        "- name: DB_PASSWORD\n  value: {}",
        "ACL SETUSER ada on >{} ~* +@all",
        'ALTER USER ada IDENTIFIED BY "{}"',
        "EXEC sp_addlogin 'ada', '{}'",
        "SET token:7 {} EX 60",
        "login(ada, {}) failed",
        "cookies.set('session', '{}')",
        "getByLabel('Password') fill(\"{}\")",
    ],
)
def test_a_secret_goes_from_the_form_in_which_others_write_it(text: str) -> None:
    assert scrub_text(text.format("Juniper#meadow41")) == text.format(GONE)


@pytest.mark.parametrize(
    "text",
    [
        'a:1:{s:5:"stage";s:3:"won";}',
        'Token("IDENT", "foo2")',
        "- name: TOKEN_TTL\n  value: 900",
        "SET leads:acme:count 42",
        "SET statement_timeout = '30s'",
        "login(request, user1)",
        "cookies.set('theme', 'dark-2026-A')",
        "getByLabel('Stage') fill(\"Won#2026\")",
        "IDENTIFIED BY VALUES",
    ],
)
def test_the_same_form_without_a_secret_stays(text: str) -> None:
    assert scrub_text(text) == text


def test_a_line_of_a_file_of_cookies_loses_the_value_of_a_session_and_keeps_that_of_taste() -> None:
    line = ".crm.test\tTRUE\t/\tTRUE\t1798761600\t{}\t{}"

    assert scrub_text(line.format("SSID", "FcRivPcRrabp1oldbYqj")) == line.format("SSID", GONE)
    assert scrub_text(line.format("theme", "dark")) == line.format("theme", "dark")
