"""Devices, networks and processors: what a journey is taken under is so in the page, and is said."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from alertproof.errors import ConfigError
from alertproof.journeys import Conditions

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from tests.journeys.conftest import Site

    from alertproof.journeys import BrowserHost, Journey

#: A second at full speed would be long, and four times as much is not.
BUSY = "() => { const began = performance.now(); let n = 0; while (n < 3e7) n += 1; return performance.now() - began; }"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"network": "slow-5g"}, r"no network 'slow-5g' \(did you mean 'slow-4g'\?\); known: slow-3g"),
        ({"cpu": 0.5}, "1 to 20, got 0.5"),
        ({"cpu": 21}, "1 to 20, got 21"),
    ],
    ids=["network", "too fast", "too slow"],
)
def test_what_is_not_known_is_refused_with_what_is(given: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Conditions(**given)  # type: ignore[arg-type]


def test_they_are_said_in_words() -> None:
    assert str(Conditions()) == ""
    assert str(Conditions(device="Pixel 7", network="slow-4g", cpu=4)) == "Pixel 7, slow-4g, 4 times slower"


DEVICES: dict[str, dict[str, Any]] = {
    "Pixel 7": {"is_mobile": True, "default_browser_type": "chromium"},
    "Desktop Safari": {"is_mobile": False},
}


@pytest.mark.parametrize(
    ("given", "engine", "said"),
    [
        ({"device": "Pixel 7"}, "firefox", "Firefox cannot be 'Pixel 7': only Chromium and WebKit can be a phone"),
        ({"network": "slow-4g"}, "firefox", "only Chromium can be slowed down, and firefox was to be: slow-4g"),
        ({"cpu": 4}, "webkit", "only Chromium can be slowed down, and webkit was to be: 4 times slower"),
        ({"device": "toaster"}, "chromium", "no device 'toaster': it knows such as 'Pixel 7'"),
    ],
    ids=["phone", "network", "cpu", "device"],
)
def test_what_an_engine_cannot_be_is_refused(given: dict[str, Any], engine: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Conditions(**given).context_args(DEVICES, engine)


@pytest.mark.parametrize(("device", "engine"), [("Pixel 7", "webkit"), ("Desktop Safari", "firefox")])
def test_what_an_engine_can_be_it_may(device: str, engine: str) -> None:
    assert Conditions(device=device).context_args(DEVICES, engine) == {"is_mobile": DEVICES[device]["is_mobile"]}


@pytest.mark.needs("browser")
def test_a_device_has_its_own_size_touch_and_name(
    site: Site, host: BrowserHost, journey_to: Callable[..., Journey]
) -> None:
    site.serve("/", "<!doctype html><meta name=viewport content='width=device-width'><h1>Home</h1>")
    with host.browser():
        phone = Conditions(device="Pixel 7")
        journey = journey_to(context_args=phone.context_args(host.devices), conditions=phone)
        with journey.step("open"):
            journey.page.goto(site.url)
        seen = journey.page.evaluate(
            "[innerWidth, navigator.maxTouchPoints > 0, navigator.userAgent.includes('Pixel 7')]"
        )
        journal = journey.end()

    assert seen == [412, True, True]
    assert journal.browser.endswith("(Pixel 7)")
    with pytest.raises(ConfigError, match=r"no device 'Pixel 77' \(did you mean 'Pixel 7'\?\)"):
        Conditions(device="Pixel 77").context_args(host.devices)


def two_pages(site: Site, journey: Journey) -> tuple[Page, Page]:
    """Return the journey's page, and one that it opens by itself."""
    site.serve("/", "<!doctype html><h1>Home</h1><a href='/other' target='_blank'>Other</a>")
    site.serve("/other", "<!doctype html><h1>Other</h1>")
    journey.page.goto(site.url)
    with journey.context.expect_page() as opened:
        journey.page.get_by_role("link").click()
    opened.value.wait_for_load_state()
    return journey.page, opened.value


@pytest.mark.needs("browser")
def test_a_slow_network_is_slow_in_every_page_also_in_one_that_opens_by_itself(
    site: Site, journey_to: Callable[..., Journey]
) -> None:
    for page in two_pages(site, journey_to(conditions=Conditions(network="slow-4g"))):
        page.reload()
        began = time.monotonic()
        page.reload()
        # Each request waits 562.5 ms besides, and a busy machine makes that no less.
        assert time.monotonic() - began > 0.55


@pytest.mark.prove  # it compares times
@pytest.mark.needs("browser")
def test_a_slow_processor_is_slow_in_every_page_also_in_one_that_opens_by_itself(
    site: Site, journey_to: Callable[..., Journey]
) -> None:
    plain, slowed = (
        [min(page.evaluate(BUSY) for _ in range(5)) for page in two_pages(site, journey_to(conditions=one))]
        for one in (Conditions(), Conditions(cpu=6))
    )

    assert min(slowed) > 2 * max(plain)
