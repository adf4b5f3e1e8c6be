"""One more attempt for a journey or a probe that the runner's own trouble ended, and for nothing else.

Never until it is green: what a check expects of the platform is asked once. The earlier attempt's reason is kept, and a
pass after it is *flaky*: counted, and said.
"""

from __future__ import annotations

import pytest
from _pytest.runner import runtestprotocol

from alertproof.errors import RunnerTrouble

__all__ = ["EARLIER", "RETRIED", "pytest_runtest_protocol", "trouble_of"]

#: Why the attempts before this one of a test were none.
EARLIER = pytest.StashKey[list[str]]()
#: The attribute of a report by which the runner's trouble is told.
RETRIED = "alertproof_runner_trouble"
_ATTEMPTS = 2


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a check again where it ended by the runner's trouble; other tests run as ever."""
    if not {"probe", "journey"} & {*getattr(item, "fixturenames", ())}:
        return None
    where = {"nodeid": item.nodeid, "location": item.location}
    item.ihook.pytest_runtest_logstart(**where)
    item.stash[EARLIER] = []
    while True:
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        trouble = next((said for one in reports if (said := getattr(one, RETRIED, ""))), "")
        if not trouble or len(item.stash[EARLIER]) + 1 >= _ATTEMPTS:
            break
        item.stash[EARLIER].append(trouble)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(**where)
    return True


def trouble_of(error: BaseException | None) -> str:
    """Return what to keep of an error that another attempt may not meet; empty for all others."""
    return str(error).partition("\n")[0] if isinstance(error, RunnerTrouble) else ""
