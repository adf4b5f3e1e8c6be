from __future__ import annotations

import pytest

from m3core.scrubbing import scrub_text

GONE = "[Filtered]"


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN:VCARD\nFN:{}\nEND:VCARD",
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:{};;;\r\nEND:VCARD",
        "ORGANIZER;CN={}:invite",
        'ATTENDEE;ROLE=CHAIR;CN="{}";RSVP=TRUE:invite',
        "cn={},ou=people,dc=x",
        "dn: uid=7\nsn: {}\nobjectClass: person",
    ],
)
def test_a_name_goes_from_the_forms_for_people(text: str) -> None:
    assert "Obafemi Quarrington" not in scrub_text(text.format("Obafemi Quarrington"))


@pytest.mark.parametrize("head", ["From: ", 'To: "', "Cc: a, "])
def test_a_name_before_an_address_goes_with_it(head: str) -> None:
    quote = '"' if head.endswith('"') else ""

    clean = scrub_text(f"{head}Obafemi Quarrington{quote} <ada@lake.example>")

    assert "Obafemi" not in clean
    assert "ada@" not in clean


@pytest.mark.parametrize(
    "text",
    [
        "CN=crm.example,O=Acme,C=AT",
        "FN: 12 of 17",
        "born to be wild",
        "<b>Deal won</b>",
        "geb. 7",
        "reborn 2026-11-26 12:00",
    ],
)
def test_what_only_looks_so_stays(text: str) -> None:
    assert scrub_text(text) == text


@pytest.mark.parametrize(
    "born", ["DOB 1971-03-12", "born 12/03/1971", "geboren am 12.03.1971", "born on 12 March 1971", "née le 12/03/1971"]
)
def test_a_date_of_birth_goes_where_it_is_called_so(born: str) -> None:
    assert "1971" not in scrub_text(born)


def test_the_track_of_a_card_goes_with_its_name() -> None:
    clean = scrub_text("swiped %B4111111111111111^QUARRINGTON/OBAFEMI^29121011000?")

    assert "QUARRINGTON" not in clean
    assert "4111" not in clean
    assert "2912" not in clean
