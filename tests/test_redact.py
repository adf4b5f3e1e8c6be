from __future__ import annotations

from alertproof.redact import Secret, secrets_among, without

ENVIRONMENT = {
    "M3CORE_SEED_PASSWORD": "hunter22",
    "DD_API_KEY": "0123456789",
    "SHORT_TOKEN": "1234567",
    "HOME": "/home/me",
}


def test_secrets_are_told_by_their_names_and_are_long_enough_to_be_struck_out() -> None:
    assert secrets_among(ENVIRONMENT) == (Secret("hunter22"), Secret("0123456789"))


def test_each_secret_is_struck_out_wherever_it_stands_the_longest_first() -> None:
    secrets = (Secret("hunter22"), Secret("hunter22-and-more"))
    assert without("hunter22-and-more, hunter22hunter22", secrets) == "***, ******"
    assert without("nothing", ()) == "nothing"
