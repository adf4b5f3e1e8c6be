"""Writes the corpus: secrets of every kind, in every form, under every encoding, at every place of what leaves.

The grammar is ``place x encoding x form x kind``; of that product a fixed part is taken, so that each pair of two of
them occurs. Run as a program it writes leaks.jsonl beside it. No value here is anybody's: the tokens are made up in
their vendor's form, the cards and accounts are those that issuers publish for tests.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import random
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

__all__ = ["ENCODINGS", "FORMS", "KEYED_PLACES", "KEYS", "KINDS", "PLACES", "Case", "cases"]

FILE = Path(__file__).with_name("leaks.jsonl")


class Case(NamedTuple):
    """One leak: what is put where, and what of it must be nowhere afterwards."""

    name: str
    kind: str
    place: str
    content: str
    canary: str


_letters = random.Random(7)


def _random(alphabet: str, count: int) -> str:
    return "".join(_letters.choice(alphabet) for _ in range(count))


_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
#: What shows itself, wherever it stands.
KINDS: dict[str, str] = {
    "card visa": "4242424242424242",
    "card spaced": "5555 5555 5555 4444",
    "card dashed": "4012-8888-8888-1881",
    "card amex": "3782 822463 10005",
    "card unionpay": "6200000000000005",
    "card diners": "3056 9309 0259 04",
    "iban": "DE89370400440532013000",
    "iban spaced": "GB29 NWBK 6016 1331 9268 19",
    "iban lower": "fr1420041010050500013m02606",
    "ssn": "536-22-8743",
    "nino": "AB123456C",
    "dni": "12345678Z",
    "cpf": "529.982.247-25",
    "aadhaar": "2341 2341 2346",
    "codice fiscale": "RSSMRA85T10A562S",
    "personnummer": "811228-9874",
    "resident id": "11010519491231002X",
    "email": "jane.q7doe@crm-client.example",
    "email plus": "o'neil+q7tag@sub.mail.example.co.uk",
    "phone": "+49 171 5550 137",
    "phone us": "(415) 555-0132",
    "phone e164": "+14155550132",
    "ipv4": "81.2.69.142",
    "ipv6": "2a02:6b8:0:40c::7b",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJxN2phbmUiLCJhZG1pbiI6dHJ1ZX0.dBjftJeZ4CVPmB92K27uhbUJU1p1rwW1gFWFOEjXk",
    "aws id": "AKIA" + _random(string.ascii_uppercase + "234567", 16),
    "aws secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYq7Planted9",
    "github": "ghp_" + _random(_ALNUM, 36),
    "github fine": "github_pat_" + _random(_ALNUM, 22) + "_" + _random(_ALNUM, 59),
    "gitlab": "glpat-" + _random(_ALNUM, 20),
    "slack": f"xoxb-{_random('123456789', 12)}-{_random('123456789', 12)}-{_random(_ALNUM, 24)}",
    "stripe": "sk_live_" + _random(_ALNUM, 24),
    "google": "AIza" + _random(_ALNUM, 35),
    "openai": "sk-proj-" + _random(_ALNUM, 48),
    "anthropic": "sk-ant-api03-" + _random(_ALNUM, 60),
    "sendgrid": f"SG.{_random(_ALNUM, 22)}.{_random(_ALNUM, 43)}",
    "twilio": "SK" + _random(_HEX, 32),
    "npm": "npm_" + _random(_ALNUM, 36),
    "shopify": "shpat_" + _random(_HEX, 32),
    "digitalocean": "dop_v1_" + _random(_HEX, 64),
    "telegram": "110201543:AA" + _random(_ALNUM, 33),
    "azure secret": f"q7B8Q~{_random(_ALNUM, 34)}",
    "azure key": base64.b64encode(_letters.randbytes(64)).decode(),
    "sentry": "sntryu_" + _random(_HEX, 64),
    "new relic": "NRAK-" + _random(string.ascii_uppercase + string.digits, 27),
    "vault": "hvs." + _random(_ALNUM, 90),
    "hugging face": "hf_" + _random(string.ascii_letters, 34),
    "pem": "-----BEGIN RSA PRIVATE KEY-----\n"
    + _random(_ALNUM, 64)
    + "\n"
    + _random(_ALNUM, 64)
    + "\n-----END RSA PRIVATE KEY-----",
    "bcrypt": "$2b$12$" + _random(_ALNUM, 53),
    "argon2": "$argon2id$v=19$m=65536,t=3,p=4$" + _random(_ALNUM, 22) + "$" + _random(_ALNUM, 43),
    "slack hook": "https://hooks.slack.com/services/T0Q7ABCDE/B0Q7ABCDE/" + _random(_ALNUM, 24),
}
SECRET = "zQ7plant9Kx!w"
_PLAIN = "zQ7plant9Kx"
#: What is a secret by what stands around it.
FORMS: dict[str, Callable[[str], str]] = {
    "json": lambda c: json.dumps({"user": {"login_id": 7, "password": c}}),
    "json snake": lambda c: json.dumps({"client_secret": c, "grant": "code"}),
    "json camel": lambda c: json.dumps({"accessToken": c}),
    "json number": lambda c: json.dumps({"cvv": 739, "pin": c}),
    "json list": lambda c: json.dumps({"tokens": ["a1b2c3d4", c]}),
    "json object": lambda c: json.dumps({"credentials": {"primary": {"inner": c}}}),
    "json name value": lambda c: json.dumps([{"name": "X-Api-Key", "value": c}]),
    "json pair": lambda c: json.dumps({"headers": [["Cookie", f"sid={c}"]]}),
    "json split": lambda c: json.dumps({"api": {"key": c}}),
    "json nested": lambda c: json.dumps({"body": json.dumps({"inner": json.dumps({"passphrase": c})})}),
    "json cut": lambda c: json.dumps({"user": 7, "auth_token": c, "rest": "x" * 40})[:-20],
    "json in text": lambda c: f"body was {json.dumps({'new_password': c})} at 12:01",
    "form": lambda c: f"login_id=7&password={quote(c)}&remember=1",
    "form brackets": lambda c: f"user[password]={quote(c)}&user[id]=7",
    "query": lambda c: f"GET /reset?access_token={quote(c)}&page=2 HTTP/1.1",
    "fragment": lambda c: f"https://app.example/cb#id_token={quote(c)}&state=5",
    "header": lambda c: f"X-Auth-Token: {c}",
    "header bearer": lambda c: f"authorization: Bearer {c}",
    "header basic": lambda c: f"Authorization: Basic {base64.b64encode(f'jane:{c}'.encode()).decode()}",
    "header digest": lambda c: f'Authorization: Digest username="j", nonce="1", response="{c}"',
    "header wsgi": lambda c: f"HTTP_AUTHORIZATION={c}",
    "header proxy": lambda c: f"Proxy-Authorization: {c}",
    "cookie": lambda c: f"Cookie: theme=dark; session={c}; lang=de",
    "set cookie": lambda c: f"Set-Cookie: sid={c}; Path=/; HttpOnly",
    "url": lambda c: f"postgresql://m3core:{quote(c)}@db.internal:5432/m3core",
    "url redis": lambda c: f"redis://:{quote(c)}@cache:6379/0",
    "url key": lambda c: f"https://{quote(c)}@errors.example/42",
    "dsn": lambda c: f"Server=db;Database=crm;User Id=sa;Password={c};Encrypt=true",
    "libpq": lambda c: f"host=db user=m3 password='{c}' dbname=crm",
    "azure": lambda c: f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={c}==;EndpointSuffix=x",
    "sql insert": lambda c: f"INSERT INTO users (login, password) VALUES ('jdoe', '{c}')",  # noqa: S608 - a text, never run
    "sql update": lambda c: f"UPDATE users SET password_hash = '{c}' WHERE id = 7",  # noqa: S608 - a text, never run
    "sql where": lambda c: f"SELECT id FROM sessions WHERE token = '{c}' AND live",  # noqa: S608 - a text, never run
    "sql identified": lambda c: f"ALTER USER crm IDENTIFIED BY '{c}'",
    "sql parameters": lambda c: f"(psycopg.errors.UniqueViolation) [parameters: ('jdoe', '{c}')]",
    "sql row": lambda c: f"null value violates constraint DETAIL:  Failing row contains (7, jdoe, {c}, null).",
    "python": lambda c: f"login(user='jdoe', password='{c}')",
    "dict": lambda c: repr({"user": 7, "secret_key": c}),
    "dataclass": lambda c: f"Settings(host='db', db_password={c!r}, port=5432)",
    "assignment": lambda c: f"DB_PASSWORD = {c!r}",
    "env": lambda c: f"export AWS_SECRET_ACCESS_KEY={c}",
    "yaml": lambda c: f"database:\n  user: crm\n  password: {c}\n  port: 5432",
    "toml": lambda c: f'[smtp]\npassword = "{c}"\nport = 25',
    "properties": lambda c: f"spring.datasource.password={c}",
    "xml": lambda c: f"<login><user>7</user><password>{html.escape(c)}</password></login>",
    "xml attribute": lambda c: f'<add key="ApiKey" value="{html.escape(c)}"/>',
    "multipart": lambda c: f'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{c}\r\n--b--',
    "option": lambda c: f"mysqldump --user crm --password {c} crm",
    "option equals": lambda c: f"deploy --api-key={c} --dry-run",
    "curl": lambda c: f"curl -u jdoe:{c} https://api.example/",
    "prose": lambda c: f"the password for jdoe is {c}, tell nobody",
    "prose set": lambda c: f"Password changed to '{c}'",
    "prose colon": lambda c: f"temporary password: {c}",
    "prose words": lambda c: f"api key {c} was refused",
    "arrow": lambda c: f"array('api_secret' => '{c}')",
    "leet": lambda c: f"p4ssw0rd={c}",
    "spaced key": lambda c: f"pass word: {c}",
    "concatenated": lambda c: f"userpasswordconfirm={c}",
    "mixed case": lambda c: f"PassWord:{c}",
    "full width": lambda c: f"ｐａｓｓｗｏｒｄ：{c}",
    "cyrillic": lambda c: f"раsswоrd={c}",
    "invisible": lambda c: f"pass\u200bword={c}",
    "accent": lambda c: f"contraseña={c}",
    "other script": lambda c: f"пароль: {c}",
    "email": lambda c: f"welcome mail to {c.rstrip('!w').lower()}@client.example was returned",
    "name": lambda c: json.dumps({"first_name": c}),
    "address": lambda c: json.dumps({"street_address": f"12 {c} Lane"}),
    "user name": lambda c: json.dumps({"user": {"name": c}}),
}


def _shifted(text: str) -> str:
    return base64.b64encode(b"#" + text.encode()).decode()


#: What is done to a text before it gets where it leaks.
ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda t: t,
    "percent": lambda t: quote(t, safe=""),
    "percent twice": lambda t: quote(quote(t, safe=""), safe=""),
    "all percent": lambda t: "".join(f"%{octet:02X}" for octet in t.encode()),
    "json string": json.dumps,
    "json string twice": lambda t: json.dumps(json.dumps(t)),
    "unicode escapes": lambda t: "".join(f"\\u{ord(c):04x}" for c in t),
    "entities": lambda t: "".join(f"&#{ord(c)};" if not c.isalnum() else c for c in t),
    "base64": lambda t: base64.b64encode(t.encode()).decode(),
    "base64url": lambda t: "data=" + base64.urlsafe_b64encode(t.encode()).decode().rstrip("="),
    "base64 shifted": lambda t: f"blob {_shifted(t)}",
    "hex": lambda t: t.encode().hex(),
    "gzip": lambda t: base64.b64encode(gzip.compress(t.encode(), mtime=0)).decode(),
}
#: Where it leaks; how an event is made of it is the test's.
PLACES = (
    "exception.value", "breadcrumb.message", "breadcrumb.data", "extra", "extra.deep", "extra.list", "extra.key",
    "extra.bytes", "request.data", "request.data.field", "request.query_string", "request.url", "request.env",
    "frame.vars", "frame.repr", "frame.comment", "contexts", "contexts.trace", "tags", "logentry.message",
    "logentry.params", "span.description", "span.data", "thread.vars", "transaction", "server_name", "fingerprint",
    "mechanism.data", "culprit", "user.data",
)  # fmt: skip

#: Places where the leak stands under a key; the content is both, as JSON.
KEYED_PLACES = (
    "keyed extra", "keyed extra.deep", "keyed request.headers", "keyed request.headers.pairs",
    "keyed request.cookies",
    "keyed request.data", "keyed frame.vars", "keyed contexts", "keyed span.data", "keyed breadcrumb.data",
    "keyed tags",
    "keyed name and value", "keyed bytes", "keyed list",
)  # fmt: skip
KEYS = (
    "password", "PASSWORD", "Passwd", "pass_word", "pass-word", "pass.word", "pass word", "userPassword",
    "password2", "newpwd", "p4ssw0rd", "p@ssword", "раssword", "ｐａｓｓｗｏｒｄ", "pass\u200bword", "contraseña",
    "пароль", "secret", "clientSecret", "SECRET_KEY", "api_key", "apikey", "X-Api-Key", "HTTP_X_API_KEY",
    "Authorization", "HTTP_AUTHORIZATION", "proxy-authorization", "access_token", "refreshToken", "id-token",
    "x-csrftoken", "XSRF-TOKEN", "set-cookie", "Cookie", "sessionid", "session_key", "connect.sid", "PHPSESSID",
    "JSESSIONID", "private_key", "signingKey", "aws_secret_access_key", "credentials", "passphrase", "pin",
    "cvv", "otp", "dsn", "jwt", "bearer", "sid", "X-Amz-Security-Token", "Ocp-Apim-Subscription-Key",
    "db.password", "user[password]", "connectionString", "one_time_code", "pgpass", "first_name", "lastName",
    "surname", "date_of_birth", "social-security-number", "passport_number", "street_address", "username",
    "phone_number", "emailAddress", "account_number", "cardholder",
)  # fmt: skip


def cases() -> list[Case]:
    """Return the corpus."""
    turns = random.Random(11)
    encodings, places = _dealt(list(ENCODINGS), turns), _dealt(list(PLACES), turns)
    found: list[Case] = []
    for kind, value in KINDS.items():
        canary = value.split("\n")[1] if kind == "pem" else value
        for step in range(6):
            encoding, place = ("as it is" if step < 2 else next(encodings)), next(places)
            content = ENCODINGS[encoding](value if step == 0 else f"order 17 for {value} failed")
            found.append(Case(f"{kind} {step + 1}, {encoding}, {place}", kind, place, content, canary))
    for form, write in FORMS.items():
        for step in range(6):
            encoding, place = ("as it is" if step < 2 else next(encodings)), next(places)
            content = ENCODINGS[encoding](write(SECRET if step % 2 == 0 and form != "email" else _PLAIN))
            found.append(Case(f"{form} {step + 1}, {encoding}, {place}", f"form {form}", place, content, _PLAIN))
    keyed = _dealt(list(KEYED_PLACES), turns)
    for key in KEYS:
        for step in range(3):
            place = next(keyed)
            found.append(Case(f"under {key} {step + 1}, {place}", "key", place, json.dumps([key, SECRET]), _PLAIN))
    return found


def _dealt(names: list[str], turns: random.Random) -> Iterator[str]:
    """Yield all names in some order, and again in another."""
    while True:
        turns.shuffle(names)
        yield from names


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def main() -> None:
    """Write the data file. Contents are in base64: what scans repositories for tokens takes these for real ones."""
    lines = [
        json.dumps({**case._asdict(), "content": _coded(case.content), "canary": _coded(case.canary)})
        for case in cases()
    ]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
