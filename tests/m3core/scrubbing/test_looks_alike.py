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
    ("a sentence", "token: the page to begin at", "token: thepage7Vesper42"),
    ("a sentence about a password", "password: Path `password` is too short", "password: Pathfinder `x` is too short"),
    ("the end of a sentence", "wrong password. Trace ID: 7a1f7c6e-6a5e", "the password ID: 7a1f7c6e-6a5e-Vesper42"),
    ("an aside", "+ password = (sensitive value)", "+ password = (Vesper42 lintel)"),
    ("a count", "tokens: prompt=1200 completion=333", "tokens: prompt=Vesper42lintel"),
    ("a label", '{"label": "Password: "}', '{"label": "Password: vesper lintel42"}'),
    ("a list of messages", '{"password": ["is too short"]}', '{"password": ["Vesper42lintel"]}'),
    ("a list of names", "secrets: [db_password, api_token]", "secrets: [Vesper42lintel, api_token]"),
    ("an environment's", 'password = os.environ["DB_PASSWORD"]', 'password = "Vesper42lintel"'),
    ("a call", "password = read_password(path)", "password = vesper-lintel(42)"),
    ("an option's place", "usage: crm [--token TOKEN]", "crm --token Vesper42lintel"),
    ("what an option needs", "--secret-id requires an argument", "--secret-id vesperlintel"),
    ("a join", "Hash Cond: (s.token_id = t.id)", "s.token = 'Vesper42lintel'"),
    ("a part of an error", "error:0B080074:routines:check_private_key:key mismatch", "private_key:Vesper42lintel"),
    ("a documented parameter", ":param token: Pagination token", "param token: Pagination42Vesper"),
    ("an address of a machine", "Invalid IPv4 address: 'sync-leads'", "Invalid home address: 'Vesper Lane, Lintel'"),
    ("pins of a board", "GPIO pin BCM18 in use", "PIN 4821 in use"),
    ("a pass of a compiler", "second pass 3.1s", "pass vesper#Lintel42"),
    ("an index", "token 1-indexed", "token Vesper42lintel"),
    ("a verb", "Pass `--full-trace` to see all", "pass `vesper#Lintel42` to all"),
    ("a class after a scheme", "one of the basic SQLAlchemy methods", "Basic dmVzcGVyOmxpbnRlbA=="),
    (
        "a state",
        "SELECT 1 FROM t WHERE state = 'idle in transaction'",
        "SELECT 1 FROM t WHERE password = 'idle vesper'",
    ),
    ("a tag", "SELECT 1 FROM t WHERE source = 'trade-fair'", "SELECT 1 FROM t WHERE source = 'Vesper Lintel'"),
    ("no statement", "Select one from 'Sub Options' below", "SELECT a FROM t WHERE b = 'Sub Options'"),
    ("a slug", "Key (slug)=(black-week-2026) already exists.", "Key (login)=(black-week-2026) already exists."),
    ("a reference", "Key (sku)=(AB-4410-XL) already exists.", "Key (national_id)=(AB-4410-XL) already exists."),
    (
        "a module after a prefix",
        "test_module.IsFinalSoDisjointBaseIsRedundant",
        "test_8fj2kD93mQx7LpZ4wN6vBcR1tYsHgU5e",
    ),
    ("a call's number", "call 4410293 dropped after 184 s", "call me on 4410293"),
    ("a standard", "reserved per RFC 3513 2.5.6", "RFC VECJ8803267K9"),
    ("a paragraph", "RFC 7540 § 8.1.2.5 allows", "asked by 8.1.2.5"),
    ("a fraction", "[+ 14285714.286, x]", "tel +49 170 1428571"),
    (
        "fields that a library lists",
        "{'message': 'missing', 'fields': ['LastName', 'Company']}",
        "{'message': 'missing', 'data': ['LastName', 'Lintel']}",
    ),
    (
        "a remark after a name in brackets",
        'attributes (suggested: "current-password"): (More info: https://crm.example/9p2v)',
        'attributes (suggested: "current-password"): (More-vesper42)',
    ),
    ("by which number a key is called", "rotated signing key: kid 2026-10 -> 2026-11", "signing key: kid2026vesper"),
    ("which version it is", "signing key: version 7", "passphrase: version seven of the vesper lintel"),
    (
        "an open place in a call",
        "SELECT id FROM contacts WHERE lower(email) = lower(%(email)s) LIMIT 1",
        "SELECT id FROM contacts WHERE lower(email) = lower('v@lintel.example') LIMIT 1",
    ),
    (
        "the name of a hash in a statement",
        "SELECT encode(digest(body, 'sha256'), 'hex') FROM mails WHERE id = $1",
        "SELECT encode(digest(body, 'sha256vesper'), 'hex') FROM mails WHERE id = $1",
    ),
    ("a count in a store's key", "SETEX 'm3core:tokens:count:12' 900", "SETEX 'm3core:tokens:Vesper42lintel' 900"),
    ("a column's type", "password: varchar(64), iban: varchar(34)", "password: varchar64vesper"),
    (
        "a place in a connection's braces",
        "Driver={ODBC Driver 18};Uid=crm;Pwd={password};Encrypt=yes",
        "Driver={ODBC Driver 18};Uid=crm;Pwd={vesper=lintel};Encrypt=yes",
    ),
    ("a greeting of Redis", "HELLO 3 SETNAME m3core-web", "HELLO 3 AUTH default vesper_i_lintel SETNAME m3core-web"),
    ("a name in a selector", 'input#email[name="email"]', 'input[name="email"] value="v@lintel.example"'),
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
    ("a policy", {"password_policy": "min12-upper-digit"}, {"password_policy": "Vesper42#lintel"}),
    ("an aspect", {"token_owner": "platform"}, {"token_owner": "Qm7vLx2pR9tK4wZ8nB3c"}),
    ("the name of something else", {"token_pool": "shared"}, {"token_prod": "Qm7vLx2pR9tK4wZ8nB3c"}),
    ("a thing of a password", {"password_rounds": 600000}, {"password_staging": "vesperlintel"}),
    ("a variant of a mail", {"email_locale": "de"}, {"email_home": "v@lintel.example"}),
    ("the number of a request", {"token_request_id": "7" * 6}, {"session_id": "7f3a9c1e5b2d4e8f9a6b1c2d"}),
    ("how sure an address is", {"address_confidence": 0.93}, {"address": "Vesper Lane 4, Lintel"}),
    ("a token of a design", {"design_token": "color-primary-500"}, {"design_token": "Qm7vLx2pR9tK4wZ8nB3c"}),
    ("a token of a grammar", {"token": "end_of_line"}, {"token": "Qm7vLx2pR9tK"}),
    ("a sign", {"token": "{"}, {"token": "{Vesper42"}),
    ("an error", {"token": "BadDeviceToken"}, {"token": "BadDevice42Vesper"}),
    ("a compiler", {"cc": "gcc-14"}, {"cc": "4539 1488 0343 6467"}),
    ("a gesture", {"pan": "left"}, {"pan": "4539148803436467"}),
    ("a pin of a board", {"pin": 17}, {"pin": 4821}),
    ("how somebody signs in", {"auth": "AWS4-HMAC-SHA256"}, {"auth": "crm:Vesper42"}),
    ("a kind of session", {"session_affinity": "ClientIP"}, {"session": "Qm7vLx2pR9tK4wZ8"}),
    (
        "a page",
        {"oauth_callback": "https://crm.example/callback"},
        {"oauth": "https://crm.example/Qm7vLx2pR9tK4wZ8nB3c"},
    ),
    ("a path", {"secret": "/run/secrets/db_password"}, {"secret": "/run/Qm7vLx2pR9tK4wZ8nB3c"}),
    ("a secret's place", {"secretRef": {"name": "crm-tls"}}, {"secretRef": {"value": "crm-tls"}}),
    (
        "a secret's place with a digit",
        {"secretRef": {"name": "m3core-web-env", "optional": False}},
        {"secretRef": {"name": "Vesper42-lintel", "optional": False}},
    ),
    (
        "a key of a secret's place",
        {"cookie_settings": {"name": "vesper-2026"}},
        {"cookie_settings": {"key": "vesper-2026"}},
    ),
    ("a cookie's name", {"cookie_settings": {"name": "m3_session"}}, {"cookie": {"name": "m3_session"}}),
    ("types of columns", {"email": "varchar(320)", "password_hash": "bytea"}, {"email": "varchar@lintel.example"}),
    (
        "a key that folds alerts",
        {"pagerduty_dedup_key": "m3core-web/high-error-rate/2026-11-28"},
        {"pagerduty_key": "m3core-web/high-error-rate/2026-11-28"},
    ),
    (
        "by what a mail is called",
        {"message_id": "<0110019ac7d28f31-5c0b7a7e@eu-north-1.mail.example>"},
        {"message_id": "<vesper-lintel@eu-north-1.mail.example>"},
    ),
    ("fields that lack", {"fields": ["LastName", "Company"]}, {"fields": ["LastName", "Vesper Lintel"]}),
    ("a secret of a store", {"secret": "crm-db-credentials"}, {"secret": "vesper-lintel-barley"}),
    ("a name of a setting", {"secret": "DB_PASSWORD"}, {"password": "DB_PASSWORT_9"}),
    ("a table of names", {"access_key": "accessKey"}, {"access_key": "accessVesper9"}),
    ("an object", {"message_sid": "SM" + "5e" * 16}, {"message_sid": "SK" + "5e" * 16}),
    ("a fingerprint", {"gpg_key": "4AEE18F83AFDEB23"}, {"gpg_key": "4AEEvesper18F83Lintel"}),
    ("a repository", {"full_name": "acme/crm"}, {"full_name": "Acme Lintel"}),
    ("a label of a thing", {"display_name": "EU Billing Dashboard"}, {"display_name": "Vesper Lintel"}),
    ("a program's user", {"username": "svc-deploy"}, {"username": "vesper.lintel"}),
    ("an event of a mail", {"email_event": "opened"}, {"email_event": "v@lintel.example"}),
    ("the colour of a cell", {"cell_color": "#33cc8c"}, {"cell_no": "0170 3355881"}),
    ("a subprotocol", {"sec-websocket-protocol": "graphql-ws"}, {"sec-websocket-protocol": "Qm7vLx2pR9tK4wZ8nB3c"}),
    ("what an address needs", {"address": "the street is missing"}, {"address": "The Old Mill, Lintel"}),
    ("four digits of an account", {"iban_last4": "3000"}, {"iban": "3000 4471 0044"}),
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
