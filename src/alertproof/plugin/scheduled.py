"""A worker of ``alertproof schedule``: pytest that collects once, and runs a test each time it is told to.

Started as ``python -m alertproof.plugin.scheduled FOLDER OPTIONS``. It reads a line of JSON for each run from its
standard input and writes one for its end to its standard output (`alertproof.schedule.wire`); what pytest and the tests
print goes to standard error. What is made once in a session, such as a login, stays from run to run; what is made for a
module or a test is made anew for each.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import BinaryIO, final

import msgspec
import pytest

from alertproof.clock import SystemClock
from alertproof.errors import AlertproofError, ConfigError
from alertproof.journal import JourneyJournal, ProbeJournal
from alertproof.plugin.marks import every_of, quarantine_of
from alertproof.plugin.recording import RECORDS, kind_of, verdict_of
from alertproof.report import decode_record
from alertproof.report.ratings import worst_vitals
from alertproof.report.words import gist
from alertproof.schedule.wire import Collected, Ended, FromWorker, Refused, Start, Vitals, WatchedCheck
from alertproof.verdict import CheckFinished, Verdict

__all__ = ["RUN", "Worker"]

#: The variable that holds the name of the run under way: a check may send it along, so that a server's log names it.
RUN = "ALERTPROOF_RUN"
_WATCHED = {"probe": "probe", "journey": "journey", "": "test"}
_WORST_FIRST = (Verdict.FAILED, Verdict.BROKEN, Verdict.PASSED, Verdict.SKIPPED)


@final
class _Between(pytest.Item):
    """Stands for what comes after a test: it shares nothing but the session, so that all else is torn down."""

    def runtest(self) -> None:
        """Never run."""


@final
class Worker:
    """The plugin that takes the place of pytest's own loop."""

    def __init__(self, heard: BinaryIO, said: BinaryIO) -> None:
        self._heard = heard
        self._said = said
        self._reports: list[pytest.TestReport] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Let other plugins write no files: as in a worker of pytest-xdist, whoever started it does."""
        config.workerinput = {}  # type: ignore[attr-defined]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Refuse to run a part of what there is: the rest would be missed by nobody."""
        if report.failed:
            self._refuse(f"{report.nodeid} cannot be collected: {gist(report.longreprtext)}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Say what there is, and run what is asked for until there is nothing more to hear."""
        items = {item.nodeid: item for item in session.items}
        try:
            self._say(Collected(checks=tuple(_watched(item) for item in items.values())))
        except AlertproofError as error:
            self._refuse(str(error))
            return True
        between = _Between.from_parent(session, name="between two runs")
        for line in iter(self._heard.readline, b""):
            start = msgspec.json.decode(line, type=Start)
            self._say(self._run(start, items[start.check], between))
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._reports.append(report)

    def _run(self, start: Start, item: pytest.Item, between: pytest.Item) -> Ended:
        self._reports, clock = [], SystemClock()
        os.environ[RUN] = start.run
        began = clock.monotonic()
        item.ihook.pytest_runtest_protocol(item=item, nextitem=between)
        return _ended(start.run, self._reports, clock.monotonic() - began)

    def _refuse(self, why: str) -> None:
        self._say(Refused(why=why))

    def _say(self, message: FromWorker) -> None:
        self._said.write(msgspec.json.encode(message) + b"\n")
        self._said.flush()


def _watched(item: pytest.Item) -> WatchedCheck:
    kind = kind_of(item)
    if kind not in _WATCHED:
        raise ConfigError(f"{item.nodeid}: a {kind} is not run on a schedule; name a folder of probes and journeys")
    every, jitter = every_of(item)
    return WatchedCheck(
        name=item.nodeid, kind=_WATCHED[kind], every=every, jitter=jitter, quarantine=quarantine_of(item)
    )


def _ended(run: str, reports: list[pytest.TestReport], wall: timedelta) -> Ended:
    lines = tuple(line for report in reports for line in getattr(report, RECORDS, ()))
    records = [decode_record(line.encode()) for line in lines]
    finished = [one for one in records if isinstance(one, CheckFinished)]
    journals = [one for one in records if isinstance(one, ProbeJournal | JourneyJournal)]
    ends = [(one.verdict, one.reason) for one in finished]
    if not ends:  # a test that measures nothing leaves no records
        ends = [(verdict_of(report), "" if report.passed else report.longreprtext) for report in reports]
    earlier = next((one.earlier for one in finished if one.earlier), ())
    verdict, reason = min(ends, key=lambda end: _WORST_FIRST.index(end[0]))
    if verdict is Verdict.PASSED:
        reason = "; ".join(text for one in finished for text in one.degraded)
    return Ended(
        run=run,
        verdict=verdict,
        wall=wall,
        reason=reason,
        earlier=earlier,
        took=max(_took(journals), default=None),
        vitals=_vitals(journals),
        records=lines,
    )


def _took(journals: list[ProbeJournal | JourneyJournal]) -> Iterator[timedelta]:
    for journal in journals:
        if isinstance(journal, ProbeJournal):
            yield from (run.total for run in journal.runs)
        elif journal.steps:
            yield sum((step.duration for step in journal.steps), timedelta(0))


def _vitals(journals: list[ProbeJournal | JourneyJournal]) -> Vitals | None:
    worst = worst_vitals(page for one in journals if isinstance(one, JourneyJournal) for page in one.pages)
    return Vitals(**{name.lower(): seen.value for name, seen in worst.items()}) if worst else None


def main() -> int:
    """Run until the standard input closes; whatever else writes to standard output writes to standard error."""
    heard, said = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--color=no"]
    # We are imported before pytest could rewrite us; where a project takes warnings for errors it would not start.
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    code = pytest.main([*sys.argv[1:], *options], plugins=[Worker(heard, said)])
    return int(code)


if __name__ == "__main__":
    raise SystemExit(main())
