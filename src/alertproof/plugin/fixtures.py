"""The fixtures: a target, the platform on it, and the drill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from alertproof.journal import DrillJournal
from alertproof.plugin.connecting import connected, load_drills
from alertproof.plugin.judging import judge_all
from alertproof.plugin.load import profile_file
from alertproof.plugin.options import drill_repeats, monitoring_folder, target_name
from alertproof.plugin.recording import JOURNALS
from alertproof.requirements import Specification, Target, load_specification

if TYPE_CHECKING:
    from alertproof.drills import Drill, Platform
    from alertproof.drills.repeats import Repeat

__all__ = ["DrillRunner", "alertproof_targets", "drill", "platform", "specification", "target"]


class DrillRunner:
    """Runs drills of one test and turns their verdicts into pytest's: not met fails, could not tell is an error.

    Each side is drilled ``repeats`` times, and every time has to pass; each leaves a journal of its own.
    """

    def __init__(
        self,
        platform: Platform,
        alert: str,
        *,
        name: str,
        keep: Callable[[DrillJournal], None],
        profile_of: Callable[[str], Path],
        repeats: int = 1,
    ) -> None:
        self._profile_of = profile_of
        self._platform = platform
        self._alert = alert
        self._name = name
        self._keep = keep
        self._repeats = repeats

    def fires(self, *, repeat: Repeat | None = None, load: str | None = None) -> DrillJournal:
        """Prove that the alert comes when the reference fault stands, and goes when it is reverted.

        With ``repeat`` n of m drills have to pass, and one journal says of all how long they took. ``load`` names a
        profile that holds a share of the requests slow: it breaks the platform in the place of the reference fault.
        """
        __tracebackhide__ = True
        return self._judged(lambda: self._drill(load).fires(), repeat)

    def stays_quiet(self, *, repeat: Repeat | None = None, load: str | None = None) -> DrillJournal:
        """Prove that the lesser fault tells nobody; ``repeat`` and ``load`` as for `fires`."""
        __tracebackhide__ = True
        return self._judged(lambda: self._drill(load).stays_quiet(), repeat)

    def _judged(self, run: Callable[[], DrillJournal], repeat: Repeat | None) -> DrillJournal:
        from alertproof.drills.repeats import repeated  # noqa: PLC0415 - needs an extra

        __tracebackhide__ = True
        return judge_all([self._kept(repeated(run, repeat)) for _ in range(self._repeats)])

    def _drill(self, load: str | None = None) -> Drill:
        from alertproof.drills import Drill  # noqa: PLC0415 - needs an extra
        from alertproof.drills.effects import effect_of, overloading  # noqa: PLC0415 - as above

        effect = effect_of if load is None else overloading(self._profile_of(load))
        return Drill(self._platform, self._alert, name=self._name, effect_of=effect)

    def _kept(self, journal: DrillJournal) -> DrillJournal:
        self._keep(journal)
        return journal


DrillFixture: TypeAlias = Callable[[str], DrillRunner]


@pytest.fixture(scope="session")
def alertproof_targets(pytestconfig: pytest.Config) -> Path:
    """Return the path of ``alertproof.toml``; override it where a repository keeps it elsewhere."""
    return pytestconfig.rootpath / "alertproof.toml"


@pytest.fixture(scope="session")
def specification(pytestconfig: pytest.Config) -> Specification:
    """Return the specification of the platform's alerting."""
    return load_specification(monitoring_folder(pytestconfig))


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest, pytestconfig: pytest.Config, alertproof_targets: Path) -> Iterator[Target]:
    """Yield where the platform and its vendors answer; an embedded stack is started and ended here."""
    taken = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    from alertproof.stack import reached  # noqa: PLC0415 - httpx, which most runs of pytest do not need

    with reached(
        target_name(pytestconfig),
        targets=alertproof_targets,
        monitoring=monitoring_folder(pytestconfig),
        folder=pytestconfig.invocation_params.dir,
        unscrubbed="canary_run" in taken,
        # The vendors' clients take their time to import.
        meanwhile=load_drills if "platform" in taken else lambda: None,
    ) as found:
        yield found


@pytest.fixture(scope="module")  # its traffic must not run on beside what comes after the drills
def platform(pytestconfig: pytest.Config, target: Target, specification: Specification) -> Iterator[Platform]:
    """Yield the platform with its vendors at hand, its monitoring deployed and steady traffic running."""
    load_drills()
    from alertproof.drills import Platform  # noqa: PLC0415 - needs an extra

    with connected(Platform.connect, target, specification, pytestconfig) as found:
        yield found


@pytest.fixture
def drill(request: pytest.FixtureRequest, platform: Platform) -> DrillFixture:
    """Return a function that takes an alert's name in ``spec.yaml`` and gives its drill."""

    def of(alert: str) -> DrillRunner:
        journals = request.node.stash.setdefault(JOURNALS, [])
        repeats = drill_repeats(request.config)
        return DrillRunner(
            platform,
            alert,
            name=request.node.nodeid,
            keep=journals.append,
            profile_of=lambda name: profile_file(request.config, name),
            repeats=repeats,
        )

    return of
