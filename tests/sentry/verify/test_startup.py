"""A DSN is compared with the keys of the project that is meant."""

from __future__ import annotations

import pytest

from alertproof.errors import ConfigError
from alertproof.sentry.verify import ClientKey, judge_dsn, read_dsn

RIGHT = "https://aaaa1111@o1.ingest.sentry.io/42"


def unmet(dsn: str, *, active: bool = True) -> list[str]:
    keys = [ClientKey(dsn=read_dsn(RIGHT), active=active)]
    return [one.what for one in judge_dsn(read_dsn(dsn), keys, project="m3core") if not one.met]


def test_the_dsn_that_sentry_gives_is_right() -> None:
    assert unmet(RIGHT) == []
    assert unmet("https://aaaa1111:oldsecret@o1.ingest.sentry.io/42") == []


@pytest.mark.parametrize(
    ("dsn", "what"),
    [
        ("https://bbbb2222@o1.ingest.sentry.io/42", "key"),
        ("https://aaaa1111@o1.ingest.sentry.io/43", "place"),
        ("https://aaaa1111@o1.ingest.sentry.io/tunnel/42", "place"),
        ("https://aaaa1111@elsewhere.example/42", "place"),
    ],
)
def test_a_dsn_of_another_project_or_place_is_found(dsn: str, what: str) -> None:
    assert unmet(dsn) == [what]


def test_a_key_that_was_disabled_is_found() -> None:
    assert unmet(RIGHT, active=False) == ["key's state"]


@pytest.mark.parametrize(
    ("dsn", "lacks"),
    [
        ("", "http:// or https://, a public key before the @, a host, a project's id"),
        ("https://o1.ingest.sentry.io/42", "a public key"),
        ("https://key@o1.ingest.sentry.io/", "a project's id"),
        ("ftp://key@host/1", "http:// or https://"),
    ],
)
def test_what_is_no_dsn_is_refused_and_says_what_it_lacks(dsn: str, lacks: str) -> None:
    with pytest.raises(ConfigError, match=f"it lacks {lacks}"):
        read_dsn(dsn)


def test_of_a_key_only_its_end_is_shown() -> None:
    assert str(read_dsn(RIGHT)) == "https://..1111@o1.ingest.sentry.io/42"
