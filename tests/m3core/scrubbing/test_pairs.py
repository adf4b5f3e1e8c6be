from __future__ import annotations

import pytest

from m3core.scrubbing import Scrubber, scrub, scrub_text
from m3core.scrubbing.policy import Policy

GONE = "[Filtered]"


@pytest.mark.parametrize(
    "text",
    [
        "reading /run/secrets/db_password: permission denied",
        "Could not load 'Json, Version=13.0.0.0, Culture=neutral, PublicKeyToken=30ad4fe6b2a6aeed'",
        "MERGE INTO c t USING s ON t.email_sha = s.email_sha",
        "dial tcp 52.216.33.10:443: i/o timeout",
        "connect ECONNREFUSED 52.216.33.10:5432",
        "golang.org/x/oauth2 v0.24.0 h1:KTBBxWqUa0ykRPLtV69rRto9TLXcqYkeswu48x/gvNE=",
    ],
)
def test_what_only_stands_where_a_secret_might_stays(text: str) -> None:
    assert scrub_text(text) == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("/run/secrets/db_password: permission42", f"/run/secrets/db_password: {GONE}"),
        ("Token=30ad4fe6b2a6aeed", f"Token={GONE}"),
        ("PublicKeyToken=hunter42harbor", f"PublicKeyToken={GONE}"),
        ("ON t.email_sha = s8fk.dk39dk", f"ON t.email_sha = {GONE}"),
        ("ON t.email_sha = 8fk-2.email_sha", f"ON t.email_sha = {GONE}"),
        ("login from 52.216.33.10:443", f"login from {GONE}:443"),
        ("dial tcp 52.216.33.10", f"dial tcp {GONE}"),
        ("h2:KTBBxWqUa0ykRPLtV69rRto9TLXcqYkeswu48x/gvNE=", f"h2:{GONE}"),
    ],
)
def test_and_what_is_one_goes_from_the_same_place(text: str, clean: str) -> None:
    assert scrub_text(text) == clean


def test_a_server_in_an_error_goes_where_all_addresses_do() -> None:
    assert Scrubber(Policy(addresses="all")).text("dial tcp 52.216.33.10:443: x") == f"dial tcp {GONE}:443: x"


def test_of_the_settings_of_a_connection_those_go_that_are_secret() -> None:
    text = "ConnectionString: Server=tcp:sql01,1433;Initial Catalog=Hr;Password=Lodge!Elm_449;Encrypt=True;"
    assert scrub_text(text) == text.replace("Lodge!Elm_449", GONE)
    assert "Lodge" not in scrub_text("ConnectionString: Lodge!Elm_449;Encrypt=True;")


def test_a_cookies_value_in_a_form_ends_where_the_next_name_begins() -> None:
    assert scrub_text("testcookie=1&lang=en&pwd=wp-Meadow.2205") == f"testcookie=1&lang=en&pwd={GONE}"


def test_a_region_stays_beside_a_key() -> None:
    assert scrub({"creds": {"SecretAccessKey": "zQ7plant9Kx", "Region": "eu-west-1"}}) == {
        "creds": {"SecretAccessKey": GONE, "Region": "eu-west-1"}
    }
    assert scrub({"creds": {"Region": "zQ7plant9Kx"}}) == {"creds": {"Region": GONE}}


def test_the_parts_of_a_persons_name_go_in_a_record_of_health() -> None:
    assert scrub({"name": [{"family": "Abernathy", "given": ["Rosalind"]}]}) == {
        "name": [{"family": GONE, "given": [GONE]}]
    }
    assert scrub({"font": {"family": "Garamond"}}) == {"font": {"family": "Garamond"}}


def test_what_a_secret_is_to_become_goes_as_well() -> None:
    assert scrub_text('~ password = "old-Kx83hq" -> "nw-Tr99pLq2"') == '~ password = "[Filtered]" -> "[Filtered]"'
    plan = '~ instance_type = "t3.small" -> "t3.large"'
    assert scrub_text(plan) == plan


@pytest.mark.parametrize("after", [".", ". ", ".)", ",", ";", ""])
def test_a_quote_that_closes_a_sentence_is_no_part_of_the_value(after: str) -> None:
    text = f"Could not load 'Json, Version=8.0.0.0, PublicKeyToken=cc7b13ffcd2ddd51'{after}"
    assert scrub_text(text) == text
    assert scrub_text(f"said 'password=hunter2xq'{after}") == f"said 'password=[Filtered]'{after}"


def test_a_module_in_brackets_names_no_secret() -> None:
    told = "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=web-3"
    assert scrub_text(told) == told
    assert scrub_text("(db password): hunter2xq") == "(db password): [Filtered]"


@pytest.mark.parametrize("setting", ["session.gc_maxlifetime => 1440", "mask_card_numbers: last4", "token_maxage=3600"])
def test_a_setting_of_how_long_or_whether_stays(setting: str) -> None:
    assert scrub_text(setting) == setting


@pytest.mark.parametrize("length", [511, 512, 513, 3000])
def test_a_long_value_goes_whole(length: int) -> None:
    value = ("k7Qx9ZpL2m" * 300)[:length]
    assert scrub_text(f"salt={value}, next") == "salt=[Filtered], next"


def test_a_long_value_goes_whole_where_a_full_stop_stands_at_the_place_up_to_which_it_is_judged() -> None:
    value = "k7Qx9ZpL2m" * 51 + "k." + "k7Qx9ZpL2m" * 30
    assert value[511] == "."
    assert scrub_text(f"salt={value}. Next") == "salt=[Filtered]. Next"
