from __future__ import annotations

import time

import pytest

from m3core.scrubbing import scrub, scrub_text

GONE = "[Filtered]"


@pytest.mark.parametrize("sign", [",", ";", "\t", " | "])
def test_the_columns_of_a_table_go_by_its_head(sign: str) -> None:
    rows = (("id", "password", "stage"), ("7", "blue kettle", "won"), ("8", "red anvil", "lost"))
    clean = scrub_text("\n".join(sign.join(row) for row in rows))
    assert clean == f"id{sign}password{sign}stage\n7{sign}{GONE}{sign}won\n8{sign}{GONE}{sign}lost"


def test_a_quoted_cell_may_hold_the_sign_between_cells() -> None:
    assert scrub_text('id,full_name\n7,"Doe, Jane"\n') == f'id,full_name\n7,"{GONE}"\n'


def test_a_table_whose_columns_say_nothing_stays() -> None:
    table = "id,stage,amount\n7,won,120\n8,lost,80\n"
    assert scrub_text(table) == table


def test_lines_of_prose_below_a_list_of_words_stay() -> None:
    prose = "check the user, password and host\nthen try again, please\n"
    assert scrub_text(prose) == prose


def test_the_time_for_a_table_of_heads_grows_as_its_length_does() -> None:
    began = time.process_time()
    scrub_text("id,password\n" * 5000)
    assert time.process_time() - began < 5


def test_the_name_in_a_letter_goes_where_an_address_stands_below_it() -> None:
    assert scrub_text("Name: Jane Doe\nStreet: 5 Mill Road\n") == f"Name: {GONE}\nStreet: {GONE}\n"
    assert scrub_text("Name: import of leads\nRows: 17\n") == "Name: import of leads\nRows: 17\n"


def test_a_column_of_a_database_s_message_goes_by_its_name() -> None:
    assert (
        scrub_text('COPY users, line 3, column password: "hunter2"') == f'COPY users, line 3, column password: "{GONE}"'
    )


def test_a_number_in_pieces_goes_and_other_numbers_stay() -> None:
    assert scrub(["4111", "1111", "1111", "1111"]) == [GONE] * 4
    assert scrub(["4111", "1111", "1111", "1112"]) == ["4111", "1111", "1111", "1112"]


def test_bytes_in_a_list_go_when_they_hold_something() -> None:
    assert scrub(list(b"jane.doe@example.com")) == [GONE] * 20
    assert scrub(list(range(40, 60))) == list(range(40, 60))


def test_the_private_parts_of_a_key_as_json_go_and_the_public_ones_stay() -> None:
    key = {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "d": "nWGxne_9WmC6hEr0kuwsxERJ",
    }
    assert scrub(key) == {**key, "d": GONE}
    assert scrub({"d": "north"}) == {"d": "north"}


@pytest.mark.parametrize(
    "key",
    [
        "Geburtsdatum",
        "nombre_completo",
        "prénom",
        "nazwisko",
        "фамилия",
        "氏名",
        "성명",
        "şifre",
        "jelszó",
        "パスワード",
    ],
)
def test_what_is_personal_or_secret_in_other_languages_goes_by_its_key(key: str) -> None:
    assert scrub({key: "Kettle Anvil 7"}) == {key: GONE}


def test_four_numbers_are_a_version_under_its_name_and_an_address_elsewhere() -> None:
    assert scrub({"version": "8.8.4.4", "peer": "8.8.4.4"}) == {"version": "8.8.4.4", "peer": GONE}


def test_an_identifier_of_digits_stays_under_a_longer_name_too() -> None:
    assert scrub({"sentry.trace_id": "4539578763621486", "order": "4111111111111111"}) == {
        "sentry.trace_id": "4539578763621486",
        "order": GONE,
    }


def test_the_passwords_that_a_machine_is_to_set_go_and_its_other_settings_stay() -> None:
    written = "chpasswd:\n  list: |\n    root:Tk29sLw0\n    deploy:hJ8-wq2Lm\n  expire: false\nhostname: web-1\n"
    assert scrub_text(written) == (
        f"chpasswd:\n  list: |\n    root:{GONE}\n    deploy:{GONE}\n  expire: false\nhostname: web-1\n"
    )


def test_users_whose_password_is_to_be_drawn_stay() -> None:
    written = "chpasswd:\n  list:\n    - ubuntu:RANDOM\n    - test:R\n"
    assert scrub_text(written) == written


def test_lines_of_a_user_and_a_word_stay_elsewhere() -> None:
    written = "groups:\n  list: |\n    root:wheel\n    deploy:www-data\n"
    assert scrub_text(written) == written
