from __future__ import annotations

import pytest

from m3core.scrubbing import scrub_text

GONE = "[Filtered]"


@pytest.mark.parametrize(
    "text",
    [
        'Cast to String failed for value "{}" at path "password"',
        "field 'password' got '{}'",
        "refused: X-Hook-Secret '{}' does not match",
        'Variable "$password" got invalid value "{}"; expected Int',
        "Cookie 'session' has been rejected: value '{}' is too long",
        "Field error in object 'login' on field 'password': rejected value [{}]; codes [x]",
        "parameter password has invalid value {}",
        "$filter=password eq '{}'",
        "On instance['password']:\n    '{}'",
        '{{ "path": [ "user", "password" ], "received": "{}" }}',
        "binding parameter [1] as [VARCHAR] - [{}]",
    ],
)
def test_a_value_goes_that_a_message_tells_beside_the_name_of_its_field(text: str) -> None:
    assert scrub_text(text.format("Juniper#meadow41")) == text.format(GONE)


@pytest.mark.parametrize(
    "text",
    [
        "value 'won2' for field 'stage' is invalid",  # the name is no secret's
        "'token' is not a valid field, expected one of 'stage', 'owner2'",
        "setting 'password_policy' has invalid value 'strict2'",
        "secret 'db-creds-2' not found in namespace 'prod-7'",
        "binding parameter [1] as [INTEGER] - [42]",
        "$filter=stage eq 'Won#2026'",
    ],
)
def test_what_is_told_of_other_fields_stays(text: str) -> None:
    assert scrub_text(text) == text


def test_a_value_too_far_from_the_name_is_not_of_it() -> None:
    near = f"field 'password' {'.' * 120} 'Juniper#meadow41'"
    far = f"field 'password' {'.' * 200} 'Juniper#meadow41'"

    assert "Juniper" not in scrub_text(near)
    assert scrub_text(far) == far


def test_a_number_that_pydantic_quotes_goes_by_the_field_on_the_line_above() -> None:
    told = "{}\n  Input should be a valid string [type=string_type, input_value=07077245251851, input_type=int]"

    assert "07077245251851" not in scrub_text(told.format("secret_key"))
    assert scrub_text(told.format("page_size")) == told.format("page_size")
