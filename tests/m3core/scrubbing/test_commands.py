from __future__ import annotations

import pytest

from m3core.scrubbing import scrub_text

GONE = "[Filtered]"


@pytest.mark.parametrize(
    "command",
    [
        "redis-cli -h c -a {} ping", "mongosh -u a -p {} x", "sqlcmd -S db -U sa -P {}", "unzip -P {} x.zip",
        "7z a -p{} x.7z",
        "ldapsearch -D cn=admin -w {} -b dc=x", "openssl enc -k {} -in k", "openssl rsa -passin pass:{} -in k",
        "smbclient //srv/x -U ada%{}", "net use z: /user:ada {}", "vault login {}", "htpasswd -b users ada {}",
        "rabbitmqctl add_user ada {}", "snmpwalk -A {} host", "sqlplus ada/{}@//db:1521/XE",
        "imp userid=system/{} file=x.dmp",
    ],
)  # fmt: skip
def test_the_password_of_a_programs_call_goes_and_nothing_else(command: str) -> None:
    assert scrub_text(command.format("Juniper#meadow41")) == command.format(GONE)


@pytest.mark.parametrize(
    "command",
    [
        "redis-cli -p 6379 -n 2", "docker run -p 127.0.0.1:8080:80 web", "ssh -p 2222 host7",
        "zip -r export2026.zip out1",
        "openssl x509 -in server7.pem -noout", "7z x export2026.7z -oout", "vault status",
        "ssh-keygen -t ed25519 -C ci2",
        'curl -u "$USER:$PASS" x', "kubectl -n prod get pods -w", "mkdir -p /var/lib/crm2024", "psql -p 5432 -U crm",
        "npm install @sentry/node@8.1.0", "r.example/api@sha256:b5fab92c", "image repo/web2@stable",
    ],
)  # fmt: skip
def test_options_that_are_no_passwords_stay(command: str) -> None:
    assert scrub_text(command) == command


def test_one_digit_in_a_word_of_both_cases_is_enough_for_a_password_of_a_program_and_no_name_of_a_file_is_one() -> None:
    probe = 'command "redis-cli -h redis-1.m3core.test -a {} ping" timed out'
    assert scrub_text(probe.format("Junipermeadow4")) == probe.format(GONE)
    for command in ("redis-cli -h redis-1 get Junipermeadow4", "imp reports/Junipermeadow4"):
        assert scrub_text(command) == command


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Pwd={juniper=meadow};Encrypt=yes", f"Pwd={{{GONE}}};Encrypt=yes"),
        ("Pwd={juniper}};meadow};Encrypt=yes", f"Pwd={{{GONE}}};Encrypt=yes"),
        ("Pwd={password};Encrypt=yes", "Pwd={password};Encrypt=yes"),
    ],
)
def test_the_braces_of_odbc_hold_a_value_with_signs_and_those_of_a_template_a_name(said: str, left: str) -> None:
    connection = "Driver={ODBC Driver 18 for SQL Server};Server=tcp:erp.m3core.test,1433;Uid=crm;"
    assert scrub_text(connection + said) == connection + left


@pytest.mark.parametrize(
    "greeting", ["HELLO 3 AUTH default {} SETNAME web", "'HELLO', '3', 'AUTH', 'a', '{}', 'SETNAME', 'w'"]
)
def test_a_greeting_of_redis_signs_in_before_it_says_who_calls(greeting: str) -> None:
    assert scrub_text(greeting.format("Juniper_i_meadow")) == greeting.format(GONE)


def test_a_line_of_postgresqls_file_of_passwords_loses_the_fifth_of_its_parts() -> None:
    assert scrub_text("db:5432:crm:ada:Juniper#meadow41") == f"db:5432:crm:ada:{GONE}"
    assert scrub_text("a:5432:b:c:leads") == "a:5432:b:c:leads"
