from __future__ import annotations

import pytest

from m3core.scrubbing import scrub_event


def line(text: str) -> str:
    """Return a line of a frame's source as it is after scrubbing."""
    event = {"exception": {"values": [{"stacktrace": {"frames": [{"context_line": text}]}}]}}
    frame = scrub_event(event)["exception"]["values"][0]["stacktrace"]["frames"][0]
    written: str = frame["context_line"]
    return written


@pytest.mark.parametrize(
    "text",
    [
        "user.set_password('{}')",
        '.withPassword("{}")',
        "connect('crm', '{}')",
        'DriverManager.getConnection(url, "crm", "{}")',
        "jwt.encode(claims, '{}', algorithm='HS256')",
        "createHmac('sha256', '{}')",
        "process.env.DB_PASSWORD || '{}'",
        "getenv('DB_PASSWORD') ?: '{}'",
        "parser.add_argument('--password', default='{}')",
        "password = field(default='{}')",
        'variable "password" {{ default = "{}" }}',
        '@Value("${{db.password:{}}}")',
        "f.write('password={}')",
        "spring.datasource.password={}",
        "PASSWORD={}",
        'let secret: &str = "{}";',
    ],
)
def test_a_literal_goes_by_the_call_or_the_setting_that_takes_it(text: str) -> None:
    assert "tigerlily88" not in line(text.format("tigerlily88"))


@pytest.mark.parametrize(
    "text",
    [
        "login(user, password)",
        "form['password1']",
        "PasswordField('Password2')",
        "get_password('user1')",
        "jwt.decode(token, key, algorithms=['HS256'])",
        "createHmac('sha256', key)",
        "connect('lead_saved', handler2)",
        "process.env.NODE_ENV || 'development2'",
        "os.environ.get('API_KEY', '')",
        "parser.add_argument('--token', help='token of the API2')",
        "API_KEY=${API_KEY:?must be set}",
        '@Value("${token.ttl:900}")',
        "PASSWORD_HASHERS = ['argon2']",
        'token = Configuration["Jwt:Key"]',
    ],
)
def test_code_that_holds_no_secret_stays(text: str) -> None:
    assert line(text) == text
