"""A journey through a browser: named steps, what each page felt like, and a verdict on the whole."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, final
from urllib.parse import unquote, urlsplit

import msgspec
from playwright.sync_api import Browser, BrowserContext, Error, Page, StorageState

import alertproof
from alertproof.clock import SystemClock
from alertproof.errors import AlertproofError, ConfigError
from alertproof.journal import Artifact, JourneyJournal, PageSeen, StepSeen
from alertproof.journeys.asking import ask
from alertproof.journeys.cleaning import cleaned
from alertproof.journeys.conditions import Conditions
from alertproof.journeys.evidence import Evidence
from alertproof.journeys.heard import Heard, Reply
from alertproof.journeys.judging import complaints, judge, verdict_of
from alertproof.journeys.logins import Logins, secrets_of
from alertproof.journeys.pages import pages_seen
from alertproof.journeys.redaction import Redactor
from alertproof.journeys.sampling import Run, sample, unjudged
from alertproof.journeys.trouble import Scene, explain
from alertproof.journeys.vitals import PageRecord
from alertproof.redact import Secret
from alertproof.requirements import JourneyBudget, Permission
from alertproof.verdict import Expectation, Verdict

__all__ = ["Journey"]

_OBSERVERS = (files("alertproof.journeys") / "observers.js").read_text(encoding="utf-8")
_READ = "([limit, last]) => window.__alertproof ? window.__alertproof.read(limit, last) : '[]'"
#: How long a page may take to paint what it owes, and to be told as a tree; milliseconds.
_SETTLE_MS, _TREE_MS = 1000, 1000
#: How long it may take to answer a read at all.
_ANSWER = timedelta(seconds=3)
#: Playwright waits longer than a step may take, so that what comes late is measured and not only missed.
_PATIENCE = 1.5
_GONE = ("Target crashed", "has been closed", "Connection closed", "Playwright connection closed")
#: Files that are not the user's own: Python's, those of installed packages, ours.
_NOT_THE_USERS = (
    "<",
    *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
    str(Path(str(alertproof.__file__)).parent),
)


@final
class Journey:
    """What the fixture ``journey`` gives: a `page` of Playwright's and `step` to measure with.

    ``tenant`` is whose data the journey works on; it goes into the report.
    """

    def __init__(
        self,
        browser: Browser,
        *,
        check: str,
        target: str,
        base_url: str,
        browser_name: str,
        budget: JourneyBudget,
        context_args: Mapping[str, Any],
        evidence: Evidence | None = None,
        conditions: Conditions | None = None,
        logins: Logins | None = None,
        demand: Callable[[Permission], None] = lambda _: None,
    ) -> None:
        self.tenant = ""
        #: Whether the browser itself died, which is no word about the platform.
        self.lost = False
        self._conditions, self._logins = conditions or Conditions(), logins or Logins()
        under = f" ({self._conditions})" if str(self._conditions) else ""
        self._check, self._target, self._browser_name = check, target, f"{browser_name} {browser.version}{under}"
        self._budget = budget
        self._evidence = evidence
        self._demand = demand
        self._clock = SystemClock()
        self._first = self._clock.now()
        self._began, self._origin, self._start = self._first, self._clock.monotonic(), self._clock.monotonic()
        self._step = ""
        self._runs: list[Run] = []  # those that ended before the present one
        self._repeats = False
        self._steps: list[StepSeen] = []
        self._records: dict[str, PageRecord] = {}
        password = urlsplit(base_url).password
        self._secrets: set[str] = {password, unquote(password)} if password else set()
        self._redactor = Redactor(())
        self._login = ""  # who the journey began logged in as
        self._accessible: dict[str, Expectation] = {}  # by its text
        self._looking: list[tuple[float, float]] = []  # when we kept a page busy ourselves, epoch milliseconds
        self._typed: dict[str, str] = {}  # by field: a text grows as it is typed, and only the whole is a secret
        more = evidence.context_args() if evidence else {}
        self._browser = browser
        self._context_args: dict[str, Any] = {"base_url": base_url, **context_args, **more}
        self._heard = Heard(base_url=base_url, now=lambda: (self._clock.monotonic() - self._origin, self._step))
        self.context: BrowserContext
        self.page: Page
        self._open()

    def repeat(self, times: int) -> Iterator[int]:
        """Take the journey so many times, each in a fresh context: ``for _ in journey.repeat(13):`` around all steps.

        `page` and `context` are new in each run. Budgets are then judged as p75 over the runs; with fewer than 13 they
        are not judged as such, and the journal says so. What ends one run ends the journey. Raises `ConfigError` after
        a first step, and for a number below one.
        """
        if times < 1:
            raise ConfigError(f"journey.repeat({times}): it takes one run at least")
        self._demand_unbegun("journey.repeat(...) goes once around all steps of a journey")
        self._repeats = True
        return self._repeated(times)

    def _repeated(self, times: int) -> Iterator[int]:
        for number in range(times):
            if number:
                self._again()
            yield number

    def _again(self) -> None:
        """End a run and begin the next in a context of its own."""
        self._read(last=True)
        self._runs.append(self._run())
        self._reopen()

    def _reopen(self) -> None:
        """Go on in a fresh context, as if nothing had been before."""
        with suppress(Error):
            self.context.close()
        if self._evidence:
            self._evidence.forget_run()
        self._steps, self._records = [], {}
        self._began, self._start = self._clock.now(), self._clock.monotonic()
        self._open()

    def _open(self) -> None:
        self.context = self._browser.new_context(**self._context_args)
        self._be_patient(self._budget.step.delta)
        self.context.expose_binding("__alertproof_typed", lambda _, field, text: self._typed.update({field: text}))
        self.context.add_init_script(_OBSERVERS)
        self._heard.listen_to(self.context)
        if self._evidence:
            self._evidence.begin(self.context)
        self.page = self.context.new_page()
        self._conditions.slow_down(self.page)
        # Those that open by themselves. A method alone will not do: Playwright hangs something on what it is given.
        self.context.on("page", lambda page: self._conditions.slow_down(page))  # noqa: PLW0108

    def _demand_unbegun(self, rule: str) -> None:
        if self._repeats or self._steps:
            raise ConfigError(f"{rule}; a step came before it, or journey.repeat(...)")

    def logged_in(self, who: str, log_in: Callable[[Page], object]) -> None:
        """Begin as somebody for whom ``log_in(page)`` was done: once in a run of tests, and not measured.

        `page` and `context` are new afterwards, with that login's cookies and storage, as in each run of `repeat`. When
        a journey that began so does not pass, the next one logs in anew. Raises `ConfigError` after a first step, and
        where the login left nothing behind.
        """
        __tracebackhide__ = True
        self._demand_unbegun("journey.logged_in(...) goes before the first step, and before journey.repeat(...)")
        state = self._logins.state(who, lambda: self._after(log_in))
        self._login = who
        self._secrets |= secrets_of(state)
        self._context_args["storage_state"] = state
        self._reopen()

    def _after(self, log_in: Callable[[Page], object]) -> StorageState:
        """Return the browser's state after a login; where that fails, the evidence is of what was seen of it."""
        log_in(self.page)
        return self.context.storage_state(indexed_db=True)

    def accessible(self, *, part: str = "", without: Sequence[str] = (), tags: Sequence[str] = ()) -> None:
        """Expect that the page as it is now can be used by everybody, as far as axe-core can tell: WCAG 2.2, A and AA.

        ``part`` is a selector for what alone is looked at, ``without`` names rules that are left out, ``tags`` other
        sets of rules, as axe calls them. What was found is said at the end, with all else that is not met. Raises
        `ConfigError` inside of a step, whose time it would take, and for names that axe does not know.
        """
        if self._step:
            raise ConfigError(
                f"journey.accessible() inside of step {self._step!r} would take of its time: put it after"
            )
        try:
            from alertproof.journeys import accessibility as axe  # noqa: PLC0415 - half a megabyte, for those who ask
        except ModuleNotFoundError as error:
            raise ConfigError(f"journey.accessible() needs {error.name}: pip install 'alertproof[browser]'") from error
        began = self._clock.now()
        results = axe.check(self.page, part=part, without=without, tags=tags or axe.WCAG)
        self._looking.append((began.timestamp() * 1000, self._clock.now().timestamp() * 1000))
        found = axe.expectation(results, url=self.page.url, part=part)
        before = self._accessible.get(found.text)
        if before is None or found.met is False or (found.met is None and before.met):
            self._accessible[found.text] = found

    @contextmanager
    def step(self, name: str, *, within: timedelta | None = None) -> Iterator[None]:
        """Measure what a user does and waits for; ``within`` is the longest it may take, else the specification's.

        An exception inside ends the step, is recorded as its trouble, and goes on. Raises `ConfigError` for a step
        inside of a step.
        """
        __tracebackhide__ = True
        if self._step:
            raise ConfigError(f"step {name!r} began inside of step {self._step!r}; steps follow one another")
        budget = self._budget.step.delta if within is None else within
        self._be_patient(budget)
        if self._evidence:
            self._evidence.group(self.context, name)
        self._step, trouble = name, ""
        began = self._now()
        ended = None
        try:
            yield
        except BaseException as error:
            ended = self._now()
            trouble = self._trouble(error)
            raise
        finally:
            duration = (ended or self._now()) - began
            self._steps.append(StepSeen(name=name, began=began, duration=duration, budget=budget, trouble=trouble))
            self._step = ""
            if self._evidence:
                self._evidence.group_end(self.context)
            self._read(last=bool(trouble))
            self._be_patient(self._budget.step.delta)

    def needs(self, permission: Permission) -> None:
        """Say what the journey does to its target; where that is not allowed the test is skipped, with the reason."""
        self._demand(permission)

    def keep_secret(self, *secrets: Secret | str) -> None:
        """Strike these out of everything that the journey leaves behind.

        What is typed into a password field, cookies and headers that authorise are struck out without being named.
        """
        self._secrets |= {secret.reveal() if isinstance(secret, Secret) else secret for secret in secrets}

    def ignore(self, text: str) -> None:
        """Let errors pass whose text holds this: of the console, uncaught ones, and requests that failed."""
        self._heard.ignore(text)

    def end(self, error: BaseException | None = None) -> JourneyJournal:
        """Judge the journey, keep evidence unless it passed, and close its pages.

        ``error`` is what ended it early; it counts also when it came from between two steps.
        """
        wall = self._clock.monotonic() - self._origin
        if error is None:  # else the step that it ended has read already, and nothing has happened since
            self._read(last=True)
        runs = [*self._runs, self._run()]
        samples = sample(runs, self._budget)
        expectations = [*judge(runs=runs, samples=samples, heard=self._heard), *self._accessible.values()]
        if error is not None and not any(step.trouble for step in self._steps):
            text = "nothing goes wrong between the steps" if self._steps else "nothing goes wrong before the first step"
            expectations.append(Expectation(text=text, met=False, last_seen=self._trouble(error)))
        verdict = verdict_of(expectations)
        reason = complaints(expectations)
        if isinstance(error, AlertproofError):
            verdict, reason = Verdict.BROKEN, str(error)
        elif gone := self._gone(error):
            verdict, reason, self.lost = Verdict.BROKEN, gone, True
        if verdict is not Verdict.PASSED:
            self._logins.forget(self._login)  # it may be that which was wrong
        kept, self._redactor = self._close(keep=verdict is not Verdict.PASSED)
        journal = JourneyJournal(
            check=self._check,
            target=self._target,
            tenant=self.tenant,
            browser=self._browser_name,
            verdict=verdict,
            reason=reason,
            began=self._first,
            wall=wall,
            steps=runs[-1].steps,
            pages=runs[-1].pages,
            artifacts=kept,
            expectations=tuple(expectations),
            runs=len(runs),
            samples=samples,
            unjudged=unjudged(runs, samples) if runs[-1].steps else (),
        )
        return cleaned(journal, self._redactor)

    def without_secrets(self, text: str) -> str:
        """Return a text without the secrets that were known when the journey ended."""
        return self._redactor.text(text)

    def explains(self, error: BaseException) -> bool:
        """Return whether an error is one of the page, which the reason tells in words, and not of the test's code."""
        return isinstance(error, (Error, AssertionError))

    @property
    def telling(self) -> tuple[Reply, ...]:
        """The site's answers of which its own log and errors may say why the journey failed."""
        return self._heard.telling(next((step.name for step in self._steps if step.trouble), ""))

    @property
    def missing(self) -> tuple[str, ...]:
        """What evidence could not be kept, and why."""
        return tuple(self._evidence.missing) if self._evidence else ()

    def close(self) -> None:
        """Close the journey's pages and forget what was recorded; may be called after `end`."""
        with suppress(Error):
            self.context.close()
        if self._evidence:
            self._evidence.discard()

    def _now(self) -> timedelta:
        return self._clock.monotonic() - self._start

    def _run(self) -> Run:
        return Run(steps=tuple(self._steps), pages=self._pages())

    def _be_patient(self, budget: timedelta) -> None:
        with suppress(Error):  # the context may be gone
            self.context.set_default_timeout(budget.total_seconds() * 1000 * _PATIENCE)

    def _close(self, *, keep: bool) -> tuple[tuple[Artifact, ...], Redactor]:
        self._secrets |= {*self._typed.values()} | self._heard.secrets
        if not (keep and self._evidence):
            self.close()
            return (), Redactor(self._secrets)
        return self._evidence.keep(self.context, self._present_page(), self._heard.lines, self._secrets)

    def _gone(self, error: BaseException | None) -> str:
        """Return what to say when the browser itself has died, which is no word about the platform."""
        text = str(error) if isinstance(error, Error) else ""
        if not self._heard.crashed and not any(sign in text for sign in _GONE):
            return ""
        step = next((f" in step {step.name!r}" for step in self._steps if step.trouble), "")
        how = "the page's process crashed" if self._heard.crashed else "it was closed, or died"
        return f"the browser was lost{step}: {how} ({self._browser_name})"

    def _present_page(self) -> Page:
        return next((page for page in (self.page, *self.context.pages) if not page.is_closed()), self.page)

    def _trouble(self, error: BaseException) -> str:
        where = _place(error)
        if not isinstance(error, (Error, AssertionError)):
            told = str(error).strip() or "no message"
            return f"{type(error).__name__}: {told.splitlines()[0]}{where}"
        page, tree, awaited = self._present_page(), "", self._heard.awaited()
        with suppress(Error):
            tree = page.locator("body").aria_snapshot(timeout=_TREE_MS)
        beside = tuple(_path(other.url) for other in self.context.pages if other is not page)
        return explain(str(error), Scene(path=_path(page.url), tree=tree, awaited=awaited, beside=beside)) + where

    def _read(self, *, last: bool = False) -> None:
        """Read what each page has seen. A page that does not answer in time keeps what was read before.

        Only the ``last`` read of a run waits for what is still to be painted: a step must not be held up by ours.
        """
        self._secrets |= {*self._typed.values()}
        with suppress(Error):
            self._secrets |= {cookie["value"] for cookie in self.context.cookies() if cookie.get("httpOnly")}
            for page in self.context.pages:
                # A page may change what JSON is in it, as old libraries do.
                with suppress(Error, msgspec.DecodeError, TypeError):
                    told = ask(page, _READ, arg=[_SETTLE_MS, last], within=_ANSWER)
                    records = msgspec.json.decode(told, type=tuple[PageRecord, ...])
                    self._records |= {record.id: record for record in records}

    def _pages(self) -> tuple[PageSeen, ...]:
        return pages_seen(self._records.values(), self._steps, began=self._began, busy=self._looking)


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path if parts.netloc else url


def _place(error: BaseException) -> str:
    """Return the last line of the user's own that the error came through, such as `` (lead.py:17)``."""
    frames = traceback.extract_tb(error.__traceback__)
    mine = [frame for frame in frames if not frame.filename.startswith(_NOT_THE_USERS)]
    return f" ({Path(mine[-1].filename).name}:{mine[-1].lineno})" if mine else ""
