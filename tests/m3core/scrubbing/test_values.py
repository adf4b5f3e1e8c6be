from __future__ import annotations

import pytest
from hypothesis import given
from tests.m3core.scrubbing.families import passwords

from m3core.scrubbing.values import is_algorithm, is_chosen, is_of_code


@given(passwords.filter(lambda text: any(sign in text for sign in "#!")))
def test_a_password_with_a_sign_is_one_that_somebody_chose(password: str) -> None:
    assert is_chosen(password)


@pytest.mark.parametrize(
    "name",
    ["leads_v2", "sha256", "user:42", "1.2.3", "CRM-1234", "welcome-v3", "x86_64", "ERR_42", "2026-11-26T20:42",
        "a1", "12ms",
     "5f29936c-9076-4350-ae2a-02d6615e4ebb", "node@8.1.0", "tigerlily88"],
)  # fmt: skip
def test_the_name_of_a_thing_is_not(name: str) -> None:
    assert not is_chosen(name)


def test_algorithms_are_known_by_their_names() -> None:
    assert all(map(is_algorithm, ["sha256", "HS256", "argon2id", "aes-256-gcm", "utf-8", "oauth2"]))
    assert not any(map(is_algorithm, ["shared", "harbor42", "espresso9", "version2"]))


@pytest.mark.parametrize(
    "name",
    ["System.Threading.CancellationToken", "org.acme.crypto.BCryptPasswordEncoder@5e91993f", "acme.Guard@1b2c3d4e",
     "(*oauth2.reuseTokenSource)(0xc0001a4f80)", "(*auth.Token)(nil)", "rest_framework.authtoken.models.Token",
     "Illuminate\\Auth\\TokenGuard", "#<Devise::Token:0x00007f8a1c0b2d48>", "[object Object]",
     "django.contrib.sessions.backends.db"],
)  # fmt: skip
def test_the_name_of_a_type_or_an_object_is_one_of_code(name: str) -> None:
    assert is_of_code(name)


@pytest.mark.parametrize(
    "password",
    ["Correct.Horse.Battery", "lotus.fern.river", "Maple@5e91993f", "acme.Token", "(*hunter)(0x12)", "0xc0001a4f80",
     "com.Fern", "org.acme.Guard@harbor"],
)  # fmt: skip
def test_a_password_with_points_and_signs_in_it_is_not(password: str) -> None:
    assert not is_of_code(password)
