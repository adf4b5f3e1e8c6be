"""The keeper's process: the API or the agent beside it, and a fault door for what that cannot do to itself."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Literal, TypeAlias

from m3core.keeper import Hanger, Kept, Stopper, keep_agent, keep_api
from m3core.links import Links
from m3core.rerouting import reroute, reroute_logs
from m3core.settings import Settings

if TYPE_CHECKING:
    from m3core.breakers import HeldFaults

__all__ = ["Part", "keep"]

#: What can be kept.
Part: TypeAlias = Literal["api", "agent"]


def keep(settings: Settings, *, part: Part, seed: bool) -> None:
    """Keep a part until SIGTERM or SIGINT; ends as the part does when that ends by itself.

    Prints what the part says when it is ready, with the URL of the fault door in it, once both answer:
    ``{"m3core": url of the API, "m3core_keeper": ..}`` or ``{"agent": "ready", "m3core_agent_keeper": ..}``.
    """
    links = Links()
    kept = _kept(settings, links, part=part, seed=seed)
    kept.start()
    # While it starts.
    from fastapi import FastAPI  # noqa: PLC0415 - see above

    from m3core.fault_routes import fault_routes  # noqa: PLC0415 - see above
    from m3core.listening import listen  # noqa: PLC0415 - see above
    from m3core.telemetry import logs  # noqa: PLC0415 - see above

    logs.start(settings)
    held = _faults(kept, links, part=part)
    app = FastAPI(title="M3CoreCRM's keeper", openapi_url=None)
    if settings.fault_token:
        app.include_router(fault_routes(settings, held))
    if kept.answers():
        name = "m3core_keeper" if part == "api" else "m3core_agent_keeper"
        listen(app, host="127.0.0.1", port=0, announced_as=name, beside=kept.said)
        held.close()
        kept.close()
    if kept.exit_code is not None:
        _end_as(kept.exit_code)


def _kept(settings: Settings, links: Links, *, part: Part, seed: bool) -> Kept:
    def ended() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    if part == "agent":
        return keep_agent(ended=ended, environment={**os.environ, **reroute_logs(settings, links)})
    return keep_api(seed=seed, ended=ended, environment={**os.environ, **reroute(settings, links)})


def _faults(kept: Kept, links: Links, *, part: Part) -> HeldFaults:
    from m3core.breakers import HeldFaults  # noqa: PLC0415 - as above
    from m3core.breakers.network import LinkBreaker  # noqa: PLC0415 - as above
    from m3core.faults import Kind  # noqa: PLC0415 - as above

    network = dict.fromkeys((Kind.LATENCY, Kind.LOSS, Kind.BANDWIDTH, Kind.CUT), LinkBreaker(links))
    if part == "agent":
        return HeldFaults({Kind.AGENT_STOPPED: Stopper(kept), **network})
    return HeldFaults({Kind.STOP: Stopper(kept), Kind.HANG: Hanger(kept), **network})


def _end_as(code: int) -> None:
    """End in the way in which the part has."""
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)
