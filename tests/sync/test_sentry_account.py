"""Sentry as an account that is written to: what reads is tried once more, what writes is not."""

from __future__ import annotations

from contextlib import closing

import pytest
from tests.sync.breaking import Breaking, breaking

from alertproof.errors import VendorUnavailable
from alertproof.redact import Secret
from alertproof.sync.sentry_account import SentryAccount


def account(server: Breaking) -> SentryAccount:
    return SentryAccount(base_url=server.url, token=Secret("t"), organization="acme")


def test_what_reads_is_tried_once_more_where_the_connection_broke() -> None:
    with breaking(1, {"name": "x"}) as server, closing(account(server)) as sentry:
        assert sentry.get("for a rule", "/rules/1/") == {"name": "x"}
        assert server.asked == ["GET", "GET"]


def test_a_vendor_that_does_not_answer_twice_is_unavailable() -> None:
    with breaking(2, {}) as server, closing(account(server)) as sentry:
        with pytest.raises(VendorUnavailable, match="Sentry did not answer for a rule"):
            sentry.get("for a rule", "/rules/1/")
        assert server.asked == ["GET", "GET"]


def test_a_write_is_not_tried_again_for_it_may_have_been_done() -> None:
    with breaking(1, {}) as server, closing(account(server)) as sentry:
        with pytest.raises(VendorUnavailable, match="Sentry did not answer to create a rule"):
            sentry.send("to create a rule", "POST", "/rules/", {"name": "x"})
        assert server.asked == ["POST"]
