"""The fixture ``scrubbing``: canaries in by every door, and everything that left searched for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pytest

from alertproof.clock import SystemClock
from alertproof.errors import Broken, ConfigError
from alertproof.journal import ScrubbingJournal
from alertproof.plugin.options import reports_folder, target_name
from alertproof.plugin.permission import demand
from alertproof.plugin.recording import JOURNALS
from alertproof.requirements import Target
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from alertproof.canaries import Left
    from alertproof.faults import Ledger
    from alertproof.scrubbing import Door

__all__ = ["ScrubbingRunner", "scrubbing"]


class ScrubbingRunner:
    """Runs proofs of one test and turns their verdicts into pytest's: a leak fails, a blind search is an error."""

    def __init__(
        self, target: Target, ledger: Ledger, *, check: str, name: str, keep: Callable[[ScrubbingJournal], None]
    ) -> None:
        self._target = target
        self._ledger = ledger
        self._check = check
        self._name = name
        self._keep = keep

    def proves(
        self,
        doors: Sequence[Door],
        *,
        sources: Sequence[str],
        facets: Mapping[str, str],
        also: Iterable[Left] = (),
    ) -> ScrubbingJournal:
        """Prove that nothing leaves of what goes in by these doors.

        ``sources`` are the names of what must have been looked into: each must show a canary of the control.
        ``facets`` name the attribute of logs, spans and RUM events that carries the correlation id; ``also`` is what
        left by other ways, to be searched as well.
        """
        __tracebackhide__ = True
        from alertproof.scrubbing import Proof, journal_of, planting  # noqa: PLC0415 - needs an extra

        clock = SystemClock()
        began, start = clock.now(), clock.monotonic()
        with (
            Proof(self._target, name=self._name, ledger=self._ledger, facets=facets) as proof,
            planting(self._target) as planted,
        ):
            for door in (*doors, *planted):
                proof.go_through(door)
            proven = proof.conclude(sources=sources, also=also)
        wall = clock.monotonic() - start
        journal = journal_of(proven, check=self._check, target=self._name, began=began, wall=wall)
        self._keep(journal)
        if journal.verdict is Verdict.BROKEN:
            raise Broken(f"the search was blind, so it proves nothing\n{journal.reason}")
        if journal.verdict is Verdict.FAILED:
            pytest.fail(f"secrets or personal data left\n{journal.reason}", pytrace=False)
        return journal


@pytest.fixture
def scrubbing(request: pytest.FixtureRequest, pytestconfig: pytest.Config, target: Target) -> ScrubbingRunner:
    """Return what runs a proof of scrubbing on the target."""
    try:
        from alertproof.faults import Ledger  # noqa: PLC0415 - most runs need none
        from alertproof.scrubbing import Proof  # noqa: F401, PLC0415 - says early what is not installed
    except ModuleNotFoundError as error:
        raise ConfigError(f"a proof of scrubbing needs {error.name}: pip install 'alertproof[drill]'") from error
    name = target_name(pytestconfig)
    for permission in ("write", "faults", "monitors"):
        demand(target, permission, name=name)
    folder = reports_folder(pytestconfig) or pytestconfig.rootpath / "reports"
    keep = request.node.stash.setdefault(JOURNALS, []).append
    return ScrubbingRunner(target, Ledger(folder / "ledger"), check=request.node.nodeid, name=name, keep=keep)
