"""The keeper's process: the API beside it, and a fault door for what the API cannot do to itself."""

from __future__ import annotations

import os
import signal
import sys

from m3core.keeper import ApiHanger, ApiStopper, KeptApi
from m3core.links import Links
from m3core.rerouting import reroute
from m3core.settings import Settings

__all__ = ["keep"]


def keep(settings: Settings, *, seed: bool) -> None:
    """Keep the API until SIGTERM or SIGINT; ends as the API does when that ends by itself.

    Prints ``{"m3core": url of the API, "m3core_keeper": url of the fault door}`` once both answer.
    """
    links = Links()
    environment = {**os.environ, **reroute(settings, links)}
    api = KeptApi(seed=seed, ended=lambda: os.kill(os.getpid(), signal.SIGTERM), environment=environment)
    api.start()
    # While the API starts.
    from fastapi import FastAPI  # noqa: PLC0415 - see above

    from m3core.breakers import HeldFaults  # noqa: PLC0415 - see above
    from m3core.breakers.network import LinkBreaker  # noqa: PLC0415 - see above
    from m3core.fault_routes import fault_routes  # noqa: PLC0415 - see above
    from m3core.faults import Kind  # noqa: PLC0415 - see above
    from m3core.listening import listen  # noqa: PLC0415 - see above
    from m3core.telemetry import logs  # noqa: PLC0415 - see above

    logs.start(settings)
    network = LinkBreaker(links)
    broken_links = dict.fromkeys((Kind.LATENCY, Kind.LOSS, Kind.BANDWIDTH, Kind.CUT), network)
    held = HeldFaults({Kind.STOP: ApiStopper(api), Kind.HANG: ApiHanger(api), **broken_links})
    app = FastAPI(title="M3CoreCRM's keeper", openapi_url=None)
    if settings.fault_token:
        app.include_router(fault_routes(settings, held))
    if api.answers():
        listen(app, host="127.0.0.1", port=0, announced_as="m3core_keeper", beside={"m3core": api.url or ""})
        held.close()
        api.close()
    if api.exit_code is not None:
        _end_as(api.exit_code)


def _end_as(code: int) -> None:
    """End in the way in which the API has."""
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)
