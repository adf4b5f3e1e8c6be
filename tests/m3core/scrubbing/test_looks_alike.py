"""What looks like a secret and is none stays; its neighbour, which is one, goes. Each pair is one rule."""

from __future__ import annotations

from typing import Any

import pytest

from m3core.scrubbing import scrub_event

#: What must be left as it is, and what must not, of one form.
TEXTS = [
    ("a group of a pattern", r"tried ['reset/(?P<token>[^/]+)/\Z']", "<token>Vesper-42-lintel</token>"),
    ("a state machine", "<ResetPasswordAsync>d__14.MoveNext", "<ResetPassword>Vesper-42-lintel"),
    (
        "an open place",
        'WHERE "auth_user"."username" = %s LIMIT 21',
        'WHERE "auth_user"."username" = \'vesper.lintel\' LIMIT 21',
    ),
    (
        "a parameter of EF",
        "[u].[NormalizedEmail] = @__normalizedEmail_0",
        "[u].[NormalizedEmail] = 'VESPER@LINTEL.EXAMPLE'",
    ),
    ("a parameter of Cypher", "MATCH (p:Person {email: $email})", "MATCH (p:Person {email: 'v@lintel.example'})"),
    (
        "the name of a table",
        'vacuum of table "crm.public.access_tokens": index scans: 1',
        '{"table": "x", "access_token": "Vesper42lintel9"}',
    ),
    (
        "a file's name",
        'cannot load key "/etc/tls/private.key": BIO_new_file() failed',
        '"key.password": "Vesper42lintel9"',
    ),
    ("a request's line", 'request: "POST /api/token HTTP/1.1"', 'said: "POST /api token Vesper42lintel9"'),
    ("a network", "route 2001:db8:40::/48 is away", "asked by 2001:db8:40::8a2e"),
    ("a network of the old kind", "route 203.0.113.128/25 is away", "asked by 203.0.113.129/25"),
    (
        "a kind of Kubernetes",
        'cannot patch "crm" with kind ExternalSecret: admission webhook denied the request',
        "externalSecret: Vesper42lintel9",
    ),
]
VALUES = [
    ("a version", {"jsonwebtoken": "9.0.2", "passport-local": "^1.0.0"}, {"jsonwebtoken": "9.0.2-Vesper42lintel"}),
    ("a date of birth is no version", {"versions": "12.05.90"}, {"birth-date": "12.05.90"}),
    ("an option", {"cookie_options": {"sameSite": "lax"}}, {"cookie_options": {"cookie_secret": "laxVesper42"}}),
    ("a permission", {"geolocation": "granted"}, {"geolocation": "52.5200, 13.4050"}),
    (
        "what is supported",
        {"token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"]},
        {"token_endpoint_auth": ["Vesper42lintel9"]},
    ),
    ("a class", {"token_cls": "<class 'm3core.auth.AccessToken'>"}, {"token": "class Vesper42lintel9"}),
    ("a token of a tokenizer", {"pad_token": "[PAD]"}, {"pad_token": "[PADVesper42]"}),
    ("a form of tax", {"tax_form": "W-9"}, {"tax_file_number": "459 599 230"}),
]


def scrubbed(value: Any) -> Any:
    return scrub_event({"extra": {"seen": value}}, {})["extra"]["seen"]


@pytest.mark.parametrize(("stays", "goes"), [pair[1:] for pair in TEXTS], ids=[pair[0] for pair in TEXTS])
def test_a_text_that_only_looks_like_one_stays_and_its_neighbour_goes(stays: str, goes: str) -> None:
    assert scrubbed(stays) == stays
    assert scrubbed(goes) != goes


@pytest.mark.parametrize(("stays", "goes"), [pair[1:] for pair in VALUES], ids=[pair[0] for pair in VALUES])
def test_a_value_that_only_looks_like_one_stays_and_its_neighbour_goes(stays: Any, goes: Any) -> None:
    assert scrubbed(stays) == stays
    assert scrubbed(goes) != goes


@pytest.mark.parametrize(
    "call",
    [
        "PDO->__construct('mysql:host=db-1;dbname=crm', 'crm', '{}', Array)",
        "mysqli_connect('db-1', 'crm', '{}')",
        'pg_connect("db-1", "crm", "{}")',
    ],
)
def test_the_third_of_what_opens_a_database_is_its_password_whatever_it_looks_like(call: str) -> None:
    assert scrubbed(call.format("Girouette-du-Port")) == call.format("[Filtered]")
