"""The fixtures of a proof of scrubbing: ``canary_run`` sends canaries and gathers what left, ``scrubbing`` judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import pytest

from alertproof.errors import Broken, ConfigError
from alertproof.journal import ScrubbingJournal
from alertproof.plugin.options import reports_folder, target_name
from alertproof.plugin.permission import demand
from alertproof.plugin.recording import JOURNALS
from alertproof.redact import secrets_among
from alertproof.requirements import Target
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from alertproof.canaries import Left
    from alertproof.scrubbing import Door, Proven

__all__ = ["CanaryRun", "Scrubbing", "canary_run", "scrubbing"]

Scrubbing: TypeAlias = Callable[["Proven"], ScrubbingJournal]


class CanaryRun(Protocol):
    """Sends canaries in by doors, to the platform and to its control, and gathers everything that left.

    ``sources`` are the names of what must have been looked into: each must show a canary of the control. ``facets``
    name the attribute of logs, spans and RUM events that carries the correlation id; ``also`` is what left by other
    ways, to be searched as well.
    """

    def __call__(
        self, doors: Sequence[Door], *, sources: Sequence[str], facets: Mapping[str, str], also: Iterable[Left] = ()
    ) -> Proven: ...


@pytest.fixture(scope="session")
def canary_run(pytestconfig: pytest.Config, target: Target) -> CanaryRun:
    """Return what sends canaries; once for all tests that look at what left of them."""
    try:
        from alertproof.faults import Ledger  # noqa: PLC0415 - most runs need none
        from alertproof.scrubbing import Proof, planting  # noqa: PLC0415 - needs an extra
    except ModuleNotFoundError as error:
        raise ConfigError(f"a proof of scrubbing needs {error.name}: pip install 'alertproof[drill]'") from error
    name = target_name(pytestconfig)
    demand(target, "write", name=name)
    demand(target, "faults", name=name)
    demand(target, "monitors", name=name)
    ledger = Ledger((reports_folder(pytestconfig) or pytestconfig.rootpath / "reports") / "ledger")

    def run(
        doors: Sequence[Door], *, sources: Sequence[str], facets: Mapping[str, str], also: Iterable[Left] = ()
    ) -> Proven:
        with Proof(target, name=name, ledger=ledger, facets=facets) as proof, planting(target) as planted:
            for door in (*doors, *planted):
                proof.go_through(door)
            return proof.conclude(sources=sources, also=also)

    return run


@pytest.fixture
def scrubbing(request: pytest.FixtureRequest, pytestconfig: pytest.Config, target: Target) -> Scrubbing:
    """Return what judges what a run of canaries gathered: a leak fails the test, a blind search is an error."""

    def judge(proven: Proven) -> ScrubbingJournal:
        __tracebackhide__ = True
        from alertproof.scrubbing import journal_of, keep_leaks  # noqa: PLC0415 - needs an extra

        folder, check = reports_folder(pytestconfig), request.node.nodeid
        kept = keep_leaks(proven, folder, check, secrets=secrets_among(target.env)) if folder else ()
        journal = journal_of(proven, check=check, target=target_name(pytestconfig), kept=kept)
        request.node.stash.setdefault(JOURNALS, []).append(journal)
        if journal.verdict is Verdict.BROKEN:
            raise Broken(f"the search was blind, so it proves nothing\n{journal.reason}")
        if journal.verdict is Verdict.FAILED:
            pytest.fail(f"secrets or personal data left\n{journal.reason}{_told(folder, kept)}", pytrace=False)
        return journal

    return judge


def _told(folder: Path | None, kept: Sequence[str]) -> str:
    """Return where the bytes of what leaked are, or how to have them."""
    if folder is None:
        return "\nnothing is kept of what leaked; for its bytes: --reports DIR"
    return f"\nkept in {(folder / kept[0]).parent}: {', '.join(Path(name).name for name in kept)}" if kept else ""
