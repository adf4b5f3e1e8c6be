"""Tokens of vendors, made at random: with every prefix, in every surrounding, whole and cut off."""

from __future__ import annotations

import string
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3core.scrubbing import scrub_text
from m3core.scrubbing.tokens import PREFIXES

_CHARACTERS = string.ascii_letters + string.digits
_AROUND = ["got {} back", "x={}&y=2", "'{}'", "<{}>", "/v1/{}/x", "{}: insufficient scope", '["{}"]', "id:{},"]
#: Those that are longer than a prefix and random characters.
_HEX = "0123456789abcdef"
_SHAPES = [
    "AKIA{A16}", "SK{h32}", "{h32}-us12", "pat{w14}.{h64}", "pk_{d8}_{A32}", "KEY0{w36}_{w22}", "md5{h32}", "pk_{h34}",
    "st.{u}.{h32}.{h32}", "0.{u}.{w30}:{w22}==", "api-{u}", "prod:acme|{w60}", "sk{w150}",
        "pbkdf2:sha256:600000${w16}${h64}",
    "scrypt:32768:8:1${w16}${h128}", "*{H40}", "$2b$12${w53}", "{w14}.atlasv1.{w67}", "{d10}:AA{w33}", "2{w26}_{w21}",
]  # fmt: skip


def made(shape: str, random: Random) -> str:
    """Return a token of a shape: ``{h32}`` is 32 hexadecimal digits, ``{u}`` a UUID."""
    alphabets = {
        "A": string.ascii_uppercase + "234567",
        "h": _HEX,
        "H": _HEX.upper(),
        "w": _CHARACTERS,
        "d": "123456789",
    }
    out, rest = "", shape.replace("{u}", "{h8}-{h4}-{h4}-{h4}-{h12}")
    while "{" in rest:
        before, _, rest = rest.partition("{")
        which, _, rest = rest.partition("}")
        out += before + "".join(random.choices(alphabets[which[0]], k=int(which[1:])))
    return out + rest


@given(st.sampled_from(PREFIXES), st.integers(0, 2**32), st.sampled_from(_AROUND))
def test_a_token_goes_whatever_stands_around_it(prefix: tuple[str, int], seed: int, around: str) -> None:
    start, fewest = prefix
    # In few characters there may be no digit, by chance.
    token = start + "a7B" + "".join(Random(seed).choices(_CHARACTERS, k=max(fewest, 24))) + "4kX"

    assert token not in scrub_text(around.format(token))


@pytest.mark.parametrize("shape", _SHAPES)
def test_a_token_that_is_known_by_its_whole_shape_goes(shape: str) -> None:
    token = made(shape, Random(20261127))

    clean = scrub_text(f"got {token} back")

    assert token not in clean
    assert clean.endswith(" back")


@pytest.mark.parametrize("prefix", ["xoxb-", "AIza", "glpat-", "sk_live_", "ghp_", "SG."])
@pytest.mark.parametrize("dots", ["...", "…"])
def test_a_token_that_was_cut_off_goes_as_well(prefix: str, dots: str) -> None:
    token = f"{prefix}7742-19Qd3Kp"

    assert scrub_text(f"value {token}{dots}") == f"value [Filtered]{dots}"


@pytest.mark.parametrize(
    "text",
    [
        "sk_live_your_key_here", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "AIza...", "xoxb-<token>...",
        "secret-santa-list",
        "key_usage_of_the_certificate_authority", "9f2c4e1ab7d03586fe41c29d8a7b6e5f40312c9d", "api-7d9f8b6c5d-x2x4q",
        "private_beta_of_the_new_board", "md5:9e107d9d372bb6826bd81d3542a419d6",
    ],
)  # fmt: skip
def test_what_only_begins_like_a_token_stays(text: str) -> None:
    assert scrub_text(f"got {text} back") == f"got {text} back"
