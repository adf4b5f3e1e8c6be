"""Turns pytest's reports into the events of a run, across worker processes, and has them recorded where asked."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from datetime import timedelta

import pytest

from alertproof.clock import SystemClock
from alertproof.errors import AlertproofError
from alertproof.journal import Journal, ProbeJournal
from alertproof.plugin.marks import MARKS, honour_quarantine
from alertproof.plugin.options import reports_folder
from alertproof.plugin.retrying import EARLIER, RETRIED, trouble_of
from alertproof.redact import secrets_among, without
from alertproof.requirements import Target
from alertproof.verdict import CheckFinished, RunEvent, Verdict

__all__ = [
    "HIDE",
    "JOURNALS",
    "RECORDS",
    "kind_of",
    "pytest_configure",
    "pytest_report_teststatus",
    "pytest_runtest_makereport",
    "verdict_of",
]

#: The journals of a test; a fixture that measures something adds its own.
JOURNALS = pytest.StashKey[list[Journal]]()
#: Takes the secrets that a test's fixture knows out of a text: a traceback shows arguments, a log what was printed.
HIDE = pytest.StashKey[Callable[[str], str]]()
#: The fixtures that make a test a check, and what a test must do with each: without, it would have proven nothing.
_CHECKS = {
    "course": "ran no course: call course(ALERT, *STEPS)",
    "drill": "ran no drill: call .fires() or .stays_quiet()",
    "journey": "took no step: with journey.step(NAME)",
    "load": "ran no load: call load(PROFILE)",
    "scrubbing": "judged nothing: call scrubbing(PROVEN) with what a run of canaries gathered",
    "probe": "sent no request: call probe.get(...) or another of its methods",
    "telemetry": "judged nothing: call telemetry.judge(...)",
}
_REPORTED_AS = {"course": "drill"}
#: The attribute under which a test's records travel on its report, also from a worker process to the controller.
RECORDS = "alertproof_records"
_BROKEN = "alertproof_broken"
_EARLIER = "alertproof_earlier"
_DEGRADED = "alertproof_degraded"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks, and the recording of this run: in the controller alone, and only where reports are wanted."""
    for mark in MARKS:
        config.addinivalue_line("markers", mark)
    folder = reports_folder(config)
    if folder is None or hasattr(config, "workerinput") or config.option.collectonly:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise pytest.UsageError(
            f"no report can be written to {folder}: {error.strerror}; name another: --reports DIR"
        ) from error
    if not getattr(config.option, "xmlpath", "unused"):  # absent with -p no:junitxml
        config.option.xmlpath = str(folder / "junit.xml")
    from alertproof.plugin.run_recording import RunRecording  # noqa: PLC0415 - only where reports are wanted

    config.pluginmanager.register(RunRecording(config, folder), "alertproof-recording")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the records of a check to its report, and mark a test that could not tell."""
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, AlertproofError):
        # Our messages say what, where and what to do; a traceback would bury them.
        report.longrepr = str(error)
        setattr(report, _BROKEN, type(error).__name__)
    setattr(report, RETRIED, trouble_of(error))
    earlier = item.stash.get(EARLIER, None)
    setattr(report, _EARLIER, tuple(earlier or ()))
    if report.failed:
        _hide_secrets(report, item)
    honour_quarantine(item, report, softened=not hasattr(item.config, "workerinput"))
    kind = kind_of(item)
    if kind and (report.when == "call" or not report.passed):  # a setup fails, or skips what the target does not allow
        journals = item.stash.get(JOURNALS, [])
        item.stash[JOURNALS] = []  # a failing teardown must not record them again
        if kind in _CHECKS and report.when == "call" and report.passed and not journals:
            report.outcome = "failed"
            report.longrepr = f"the test took the fixture {kind!r} and {_CHECKS[kind]}"
            setattr(report, _BROKEN, "Broken")
        degraded = tuple(text for one in journals if isinstance(one, ProbeJournal) for text in one.degraded)
        setattr(report, _DEGRADED, degraded if report.passed else ())
        if reports_folder(item.config) is not None:
            from alertproof.report import encode_record  # noqa: PLC0415 - as above

            records: list[RunEvent | Journal] = [
                _finished(item.nodeid, _REPORTED_AS.get(kind, kind), report),
                *journals,
            ]
            setattr(report, RECORDS, [encode_record(record).decode() for record in records])
    return report


def _hide_secrets(report: pytest.TestReport, item: pytest.Item) -> None:
    """Strike out of what is said of a test, and of what it printed, the secrets of its target and of its requests."""
    target, own = getattr(item, "funcargs", {}).get("target"), item.stash.get(HIDE, str)
    known = secrets_among(target.env) if isinstance(target, Target) else ()

    def hide(text: str) -> str:
        return own(without(text, known))

    said = report.longreprtext
    if (clean := hide(said)) != said:
        report.longrepr = clean
    report.sections = [(name, hide(text)) for name, text in report.sections]


def pytest_report_teststatus(
    report: pytest.TestReport,
) -> tuple[str, str, str | tuple[str, Mapping[str, bool]]] | None:
    """Show a test that could not tell as an error, one that was tried again as flaky, one that was late as degraded."""
    if getattr(report, _BROKEN, None) and report.when == "call":
        return "error", "E", "BROKEN"
    if report.when == "call" and report.passed and getattr(report, _EARLIER, None):
        return "flaky", "R", ("FLAKY", {"yellow": True})
    if report.when == "call" and report.passed and getattr(report, _DEGRADED, None):
        return "degraded", "D", ("DEGRADED", {"yellow": True})
    return None


def kind_of(item: pytest.Item) -> str:
    """Return what kind of check a test is: the fixture that makes it one; empty for a test that is none."""
    for kind in _CHECKS:
        if kind in getattr(item, "fixturenames", ()) and _ours(item, kind):
            return kind
    if "sentry" in getattr(item, "fixturenames", ()) and _ours(item, "sentry"):
        return "sentry"
    return str(getattr(item, "alertproof_kind", ""))


def _ours(item: pytest.Item, name: str) -> bool:
    """Whether a fixture is this plugin's, or wraps it: a project may well have a ``load`` of its own."""
    found = getattr(item, "_fixtureinfo", None)
    for fixture in reversed(found.name2fixturedefs.get(name, ()) if found else ()):
        if fixture.func.__module__.startswith("alertproof."):
            return True
        if name not in fixture.argnames:
            return False
    return False


def verdict_of(report: pytest.TestReport) -> Verdict:
    """Return what a report says of its check; a setup or teardown that failed could not tell."""
    if report.failed:
        could_not_tell = getattr(report, _BROKEN, None) or report.when != "call"
        return Verdict.BROKEN if could_not_tell else Verdict.FAILED
    return Verdict.SKIPPED if report.skipped else Verdict.PASSED


def _finished(name: str, kind: str, report: pytest.TestReport) -> CheckFinished:
    return CheckFinished(
        at=SystemClock().now(),
        check=name,
        kind=kind,
        verdict=verdict_of(report),
        wall=timedelta(seconds=report.duration),
        reason=_reason(report),
        earlier=getattr(report, _EARLIER, ()),
        degraded=getattr(report, _DEGRADED, ()),
    )


def _reason(report: pytest.TestReport) -> str:
    """Return why a test did not pass; of a skipped one without the place, which names folders of this machine."""
    if report.skipped and isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return "" if report.passed else report.longreprtext
