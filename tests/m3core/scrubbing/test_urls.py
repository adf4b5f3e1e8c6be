from __future__ import annotations

import pytest

from m3core.scrubbing import scrub_text

GONE = "[Filtered]"


@pytest.mark.parametrize("end", ["...", "…", "", "' refused", '" refused'])
def test_a_password_goes_from_an_address_that_was_cut_off_before_its_host(end: str) -> None:
    assert (
        scrub_text(f"no answer from postgresql://app:Quartz.lobster508{end}")
        == f"no answer from postgresql://app:{GONE}{end}"
    )


def test_a_token_before_a_host_goes_in_any_scheme_and_a_users_name_stays() -> None:
    assert scrub_text("nats://Qm7vLx2pR9tK4wZ8nB3cYd5@nats:4222") == f"nats://{GONE}@nats:4222"
    assert scrub_text("postgresql://m3core@db/m3core") == "postgresql://m3core@db/m3core"


@pytest.mark.parametrize(
    "text", ["http://host:8080...", "https://db-7.example:5432...", "see http://a:80 and http://b:81"]
)
def test_a_port_is_no_password(text: str) -> None:
    assert scrub_text(text) == text


def test_of_an_address_that_a_parser_quotes_the_password_goes_and_where_it_is_in_doubt_all_of_it() -> None:
    said = "Could not parse SQLAlchemy URL from string"
    assert scrub_text(f"{said} 'snowflake://etl:quartz-Moss-13@acme/dwh?wh=s'") == (
        f"{said} 'snowflake://etl:{GONE}@acme/dwh?wh=s'"
    )
    assert scrub_text(f"{said} 'snowflake://etl:quartz@Moss/13@acme'") == f"{said} '{GONE}'"
