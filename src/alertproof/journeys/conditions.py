"""Under what conditions a journey is taken: on which device, over which network, with how slow a processor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from playwright.sync_api import Page

from alertproof.errors import ConfigError, nearest

__all__ = ["NETWORKS", "Conditions", "Network"]

_SLOWEST = 20.0
#: Of a device's description: which browser it has by itself, and here there is one.
_NOT_OURS = "default_browser_type"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """``latency`` is what each request waits besides, in milliseconds; ``down`` and ``up`` are bytes a second."""

    latency: float
    down: float
    up: float


#: As Chromium's own developer tools simulate them, which add to the bandwidth that is named what a request costs.
#: Source: devtools-frontend, front_end/core/sdk/NetworkManager.ts.
NETWORKS: Mapping[str, Network] = {
    "slow-3g": Network(latency=400 * 5, down=500_000 / 8 * 0.8, up=500_000 / 8 * 0.8),
    "slow-4g": Network(latency=150 * 3.75, down=1_600_000 / 8 * 0.9, up=750_000 / 8 * 0.9),
    "fast-4g": Network(latency=60 * 2.75, down=9_000_000 / 8 * 0.9, up=1_500_000 / 8 * 0.9),
}


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """``device`` is a name of Playwright's (``Pixel 7``), ``network`` one of `NETWORKS`, ``cpu`` how many times slower.

    What is left empty is as it is. Network and processor are Chromium's to slow down: no other browser does it. Raises
    `ConfigError` for what is not known.
    """

    device: str = ""
    network: str = ""
    cpu: float = 1.0

    def __post_init__(self) -> None:
        if self.network and self.network not in NETWORKS:
            raise ConfigError(
                f"there is no network {self.network!r}{nearest(self.network, NETWORKS)}; known: {', '.join(NETWORKS)}"
            )
        if not 1 <= self.cpu <= _SLOWEST:
            raise ConfigError(f"cpu is how many times slower the processor is, 1 to {_SLOWEST:g}, got {self.cpu:g}")

    def __str__(self) -> str:
        """Return them in words, empty where all is as it is."""
        slower = f"{self.cpu:g} times slower" if self.cpu > 1 else ""
        return ", ".join(filter(None, (self.device, self.network, slower)))

    def context_args(self, devices: Mapping[str, Mapping[str, Any]], engine: str = "chromium") -> dict[str, Any]:
        """Return what the browser's context is like on the device; ``devices`` are those that Playwright knows.

        Raises `ConfigError` also for what an engine cannot do.
        """
        if engine != "chromium" and (self.network or self.cpu != 1):
            slower = ", ".join(filter(None, (self.network, f"{self.cpu:g} times slower" if self.cpu != 1 else "")))
            raise ConfigError(f"only Chromium can be slowed down, and {engine} was to be: {slower}")
        if not self.device:
            return {}
        if self.device not in devices:
            known = nearest(self.device, devices)
            if "did you mean" not in known:  # there are two hundred
                known = ": it knows such as 'Pixel 7', 'iPhone 15', 'iPad Mini', 'Desktop Safari'"
            raise ConfigError(f"Playwright knows no device {self.device!r}{known}")
        if engine == "firefox" and devices[self.device].get("is_mobile"):
            raise ConfigError(f"Firefox cannot be {self.device!r}: only Chromium and WebKit can be a phone")
        return {name: value for name, value in devices[self.device].items() if name != _NOT_OURS}

    def slow_down(self, page: Page) -> None:
        """Slow a page down; it stays so, wherever it goes."""
        if not self.network and self.cpu == 1:
            return
        session = page.context.new_cdp_session(page)
        if self.network:
            found = NETWORKS[self.network]
            session.send("Network.enable")
            session.send(
                "Network.emulateNetworkConditions",
                {
                    "offline": False,
                    "latency": found.latency,
                    "downloadThroughput": found.down,
                    "uploadThroughput": found.up,
                },
            )
        if self.cpu > 1:
            session.send("Emulation.setCPUThrottlingRate", {"rate": self.cpu})
