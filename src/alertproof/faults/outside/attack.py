"""The attacker's process: tries logins with wrong passwords until its lease ends or its standard input closes.

The lease is its own: whoever started it may have died or hang.
"""

from __future__ import annotations

import itertools
import os
import secrets
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import final

import msgspec
import urllib3

from alertproof.clock import SystemClock
from alertproof.faults.outside.plan import PLAN, AttackPlan, Done

_THREADS = 16
_TIMEOUT = 10.0
_REPORTS = timedelta(milliseconds=200)
#: Answers by which a platform refuses a login: wrong, forbidden, locked, too many.
_REFUSALS = frozenset({400, 401, 403, 422, 423, 429})


@final
class _Attack:
    def __init__(self, plan: AttackPlan) -> None:
        self._plan = plan
        self._clock = SystemClock()
        self._ended = threading.Event()
        self._http = urllib3.PoolManager(maxsize=_THREADS, retries=False, timeout=urllib3.Timeout(total=_TIMEOUT))
        self._counting = threading.Lock()
        self._tried = self._refused = 0

    def run(self) -> None:
        """Attack until the end, and say each moment how far it is."""
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._report, daemon=True).start()
        step = timedelta(seconds=1 / self._plan.rate)
        began = self._clock.monotonic()
        lease = timedelta(seconds=self._plan.lease_seconds)
        with ThreadPoolExecutor(_THREADS) as threads:
            for number in itertools.count():
                due = number * step
                left = min(due, lease) - (self._clock.monotonic() - began)
                if self._ended.wait(max(0.0, left.total_seconds())) or due >= lease:
                    break
                threads.submit(self._try, number)
            threads.shutdown(cancel_futures=True)
        self._say()

    def _try(self, number: int) -> None:
        plan = self._plan
        body = {
            "tenant": plan.tenant,
            "email": plan.accounts[number % len(plan.accounts)],
            "password": secrets.token_urlsafe(12),
        }
        # Addresses that are nobody's [RFC 5737, TEST-NET-2]: what a proxy in front of a platform would say.
        headers = {"X-Forwarded-For": f"198.51.100.{number % plan.sources + 1}", "User-Agent": "alertproof drill"}
        try:
            status = self._http.request("POST", f"{plan.base_url}/api/login", json=body, headers=headers).status
        except urllib3.exceptions.HTTPError:
            status = 0
        with self._counting:
            self._tried += 1
            self._refused += status in _REFUSALS

    def _listen(self) -> None:
        sys.stdin.buffer.read()
        self._ended.set()

    def _report(self) -> None:
        while not self._ended.wait(_REPORTS.total_seconds()):
            self._say()

    def _say(self) -> None:
        with self._counting:
            line = msgspec.json.encode(Done(tried=self._tried, refused=self._refused))
        os.write(sys.stdout.fileno(), line + b"\n")


if __name__ == "__main__":
    _Attack(msgspec.json.decode(os.environ[PLAN], type=AttackPlan)).run()
