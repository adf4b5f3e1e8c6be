"""PagerDuty as an account that is written to: what reads is tried once more, what writes is not."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from tests.standins.conftest import authority
from tests.sync.breaking import Breaking, breaking

from alertproof.errors import VendorUnavailable
from alertproof.redact import Secret
from alertproof.sync.pagerduty_account import PagerDutyAccount

SERVICE = {"service": {"id": "P1", "name": "crm"}}


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an authority: the client speaks to https alone."""
    folder = tmp_path_factory.mktemp("tls")
    authority(folder)
    return folder


def account(server: Breaking, folder: Path) -> PagerDutyAccount:
    made = PagerDutyAccount(base_url=server.url, token=Secret("t"), ca_file=str(folder / "authority.pem"))
    made.client.sleep_timer = 0.01
    return made


def test_what_reads_is_tried_once_more_where_the_connection_broke(certified: Path) -> None:
    with (
        breaking(1, SERVICE, certified=certified) as server,
        closing(account(server, certified)) as pagerduty,
        pagerduty.asking("for a service"),
    ):
        assert pagerduty.client.rget("services/P1")["name"] == "crm"
        assert server.asked == ["GET", "GET"]


def test_a_vendor_that_does_not_answer_twice_is_unavailable(certified: Path) -> None:
    with breaking(2, SERVICE, certified=certified) as server, closing(account(server, certified)) as pagerduty:
        with (
            pytest.raises(VendorUnavailable, match="PagerDuty did not answer for a service"),
            pagerduty.asking("for a service"),
        ):
            pagerduty.client.rget("services/P1")
        assert server.asked == ["GET", "GET"]


def test_a_write_is_not_tried_again_for_it_may_have_been_done(certified: Path) -> None:
    with breaking(1, SERVICE, certified=certified) as server, closing(account(server, certified)) as pagerduty:
        with (
            pytest.raises(VendorUnavailable, match="PagerDuty did not answer to create a service"),
            pagerduty.asking("to create a service"),
        ):
            pagerduty.client.rpost("services", json={"name": "crm"})
        assert server.asked == ["POST"]
