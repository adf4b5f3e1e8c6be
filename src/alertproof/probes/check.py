"""One check: its requests, what was expected of them, and its journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import final

import msgspec

from alertproof.clock import Clock, SystemClock
from alertproof.errors import Broken
from alertproof.journal import ProbeJournal
from alertproof.probes.answer import Answer
from alertproof.probes.ask import Ask
from alertproof.probes.complaint import complaint
from alertproof.probes.expect import Expected, judge
from alertproof.probes.graphql import has_data
from alertproof.probes.login import Sessions
from alertproof.probes.prober import Prober
from alertproof.probes.request import Request
from alertproof.verdict import Expectation, Verdict

__all__ = ["Check"]


@final
class Check:
    """Sends requests and judges their answers; `expect` says what is wrong, and the caller decides what follows.

    ``budget`` is the longest that each request may take; without one ``within()`` needs a time of its own.
    """

    def __init__(
        self,
        prober: Prober,
        *,
        name: str,
        target: str,
        sessions: Sessions | None = None,
        budget: timedelta | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._prober = prober
        self._name = name
        self._target = target
        self._sessions = sessions or Sessions()
        self._budget = budget
        self._clock = clock or SystemClock()
        self._began = self._clock.now()
        self._started = self._clock.monotonic()
        self._answers: list[Answer] = []
        self._judged: dict[int, timedelta | None] = {}
        self._expectations: list[Expectation] = []
        self._degraded: list[str] = []

    def sign_in(self, *tenants: str) -> str:
        """Log in who has not yet. Returns what was not as expected of a login, empty when all is well."""
        said = []
        for tenant in dict.fromkeys(tenants):
            login = self._sessions.missing(tenant)
            if login is not None:
                (answer,) = self._sent([self._prober.send(login.request(tenant))])
                said.append(self.expect(answer, *login.expected()))
                self._sessions.keep(tenant, answer)
        return "\n\n".join(filter(None, said))

    def send(self, *requests: Ask) -> tuple[Answer, ...]:
        """Send requests as their tenants, a few at once, and return the answers in order."""
        signed = [self._sessions.signed(one) if isinstance(one, Request) else one for one in requests]
        if len(signed) == 1:
            answers = self._sent([self._prober.send(signed[0])])
        else:
            answers = self._sent(self._prober.send_all(signed))
        for one, answer in zip(requests, answers, strict=True):
            if isinstance(one, Request):
                self._sessions.refused(one, answer)
        return answers

    def _sent(self, answers: Iterable[Answer]) -> tuple[Answer, ...]:
        budgeted = tuple(replace(answer, budget=self._budget) for answer in answers)
        self._answers += budgeted
        return budgeted

    def expect(self, answer: Answer, *expected: Expected) -> str:
        """Judge an answer. Returns what was not as expected, empty when all was; raises `Broken` for nothing."""
        if not expected:
            raise Broken(f"nothing is expected of {answer.request}: say what, such as .expect(status(200))")
        if isinstance(answer.request, Request) and answer.request.graphql:
            expected = (has_data(), *expected)
        found = judge(answer, expected)
        limits = [self._judged.get(id(answer)), *(one.limit(answer) for one in expected)]
        self._judged[id(answer)] = min((limit for limit in limits if limit is not None), default=None)
        self._expectations += [
            Expectation(text=f"{answer.request}: {one.text}", met=one.met, last_seen=one.last_seen.replace("\n", "; "))
            for one in found
        ]
        if answer.trouble is None:
            said = filter(None, (one.degraded(answer) for one in expected))
            self._degraded += [f"{answer.request}: {answer.request.without_secrets(text)}" for text in said]
        return complaint(answer, found)

    def without_secrets(self, text: str) -> str:
        """Return a text without the secrets that requests sent, and without the tokens of who is logged in."""
        for answer in self._answers:
            text = answer.request.without_secrets(text)
        return self._sessions.without_secrets(text)

    def unjudged(self) -> str:
        """Return which requests nothing was expected of; empty when there is none."""
        left = [str(answer.request) for answer in self._answers if id(answer) not in self._judged]
        return f"nothing is expected of {', '.join(left)}: say what, such as .expect(status(200))" if left else ""

    def journal(self, verdict: Verdict, reason: str = "") -> ProbeJournal | None:
        """Return the record of the check, None when it sent nothing.

        *Passed* without an expectation, or with one that was not met, would be a lie: it becomes broken or failed.
        """
        if not self._answers:
            return None
        if verdict is Verdict.PASSED and not all(one.met is not False for one in self._expectations):
            verdict = Verdict.FAILED
        elif verdict is Verdict.PASSED and (self.unjudged() or not all(one.met for one in self._expectations)):
            verdict, reason = Verdict.BROKEN, reason or self.unjudged()
        runs = [msgspec.structs.replace(one.run(), budget=self._judged.get(id(one))) for one in self._answers]
        return ProbeJournal(
            check=self._name,
            target=self._target,
            verdict=verdict,
            reason=reason,
            began=self._began,
            wall=self._clock.monotonic() - self._started,
            budget=max((run.budget for run in runs if run.budget is not None), default=None),
            runs=tuple(runs),
            degraded=tuple(self._degraded) if verdict is Verdict.PASSED else (),
            expectations=tuple(self._expectations),
        )
