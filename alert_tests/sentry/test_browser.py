"""What breaks under somebody's eyes: in the page, and behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from alert_tests.sentry.breaking import Trail
from alertproof.sentry.verify import level, tag, title, trace, user

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from alert_tests.sentry.breaking import Crm
    from alertproof.journeys import BrowserHost
    from alertproof.plugin.sentry import SentryFixture

pytestmark = [pytest.mark.sentry_strict]


@pytest.fixture(scope="module")
def page(crm: Crm, journey_browser: BrowserHost) -> Iterator[Page]:
    """A page of somebody who is logged in."""
    with journey_browser.browser() as browser:
        context = browser.new_context(base_url=crm.pages)
        page = context.new_page()
        page.goto("/login")
        page.get_by_label("Tenant").fill(crm.tenant)
        page.get_by_label("E-mail").fill(crm.email)
        page.get_by_label("Password").fill(crm.password)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_load_state("networkidle")
        yield page
        context.close()


def wait_for_the_sdk(page: Page) -> None:
    """Wait until Sentry's SDK is there; Playwright's own wait needs eval, which the page's policy forbids."""
    for _ in range(200):
        if page.evaluate("Boolean(window.__SENTRY__)"):
            return
        page.wait_for_timeout(50)
    pytest.fail("Sentry's SDK has not started within 10 s; the pages load it where it was built: .ci/frontend.sh")


def test_an_error_in_the_page_is_an_event_of_the_page_with_its_tenant(
    sentry: SentryFixture, crm: Crm, page: Page
) -> None:
    shown = Trail()
    page.set_extra_http_headers({"X-Correlation-Id": shown.correlation_id})
    page.goto("/leads")
    # Of the page alone: on a request to Sentry a browser would ask first whether such a header is allowed.
    page.set_extra_http_headers({})
    wait_for_the_sdk(page)
    page.evaluate("setTimeout(() => { throw new RangeError('the page broke') }, 0)")

    sentry.wait_for_event(correlation_id=shown.correlation_id).expect(
        *sentry.as_agreed(tenant=crm.tenant),
        level("error"),
        title("RangeError: the page broke"),
        tag("service", "m3core-web"),
        # The address is what Sentry's server sees by itself where it is not told to forget it.
        user(None, allowed=("geo", "ip_address")),
    )


def test_a_page_whose_request_to_the_api_fails_is_in_one_trace_with_it(
    sentry: SentryFixture, crm: Crm, page: Page
) -> None:
    broken = Trail()
    with crm.fault(broken.correlation_id):
        page.set_extra_http_headers(broken.headers)
        answer = page.goto("/leads")
    page.set_extra_http_headers({})
    assert answer is not None
    assert answer.status >= 500

    sentry.wait_for_event(correlation_id=broken.correlation_id).expect(
        *sentry.as_agreed(tenant=crm.tenant), tag("service", "m3core-api"), trace(broken.trace_id)
    )
