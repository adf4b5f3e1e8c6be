"""The fixture ``load``: one profile, sent to the target by a process of its own, and judged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from alertproof.errors import Broken, ConfigError
from alertproof.journal import LoadJournal
from alertproof.plugin.options import target_name
from alertproof.plugin.permission import demand
from alertproof.plugin.recording import JOURNALS
from alertproof.requirements import Target, parse_span
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from alertproof.loadgen import Ceiling

__all__ = ["LoadFixture", "load", "profile_file"]

LoadFixture: TypeAlias = Callable[[str | Path], LoadJournal]


@pytest.fixture
def load(request: pytest.FixtureRequest, pytestconfig: pytest.Config, target: Target) -> LoadFixture:
    """Return a function that runs a profile: its name, or the path of its file from the root of the repository.

    A threshold that did not hold fails the test; what could not be judged is an error.
    """
    from alertproof.loadgen import read_profile, run_load  # noqa: PLC0415 - most runs need none

    name, root = target_name(pytestconfig), pytestconfig.rootpath

    def run(wanted: str | Path) -> LoadJournal:
        __tracebackhide__ = True
        profile = read_profile(profile_file(pytestconfig, wanted))
        demand(target, "load", name=name)
        if profile.writes:
            demand(target, "write", name=name)
        journal = run_load(
            profile,
            target,
            check=request.node.nodeid,
            target_name=name,
            ceiling=_ceiling(pytestconfig),
            kill_switch=root / str(pytestconfig.getini("alertproof_load_kill_switch")),
        )
        request.node.stash.setdefault(JOURNALS, []).append(journal)
        if journal.verdict is Verdict.BROKEN:
            raise Broken(f"load {profile.name}: could not tell\n{journal.reason}")
        if journal.verdict is Verdict.FAILED:
            pytest.fail(f"load {profile.name}: {profile.describe()}\n{journal.reason}", pytrace=False)
        return journal

    return run


def profile_file(config: pytest.Config, wanted: str | Path) -> Path:
    """Return the file of a profile: its name, or its path from the root; raises `ConfigError`."""
    from alertproof.loadgen import find_profile  # noqa: PLC0415 - as above

    return find_profile(
        wanted, folder=config.rootpath / str(config.getini("alertproof_profiles")), base=config.rootpath
    )


def _ceiling(config: pytest.Config) -> Ceiling:
    from alertproof.loadgen import Ceiling  # noqa: PLC0415 - as above

    rate, duration = str(config.getini("alertproof_load_max_rate")), str(config.getini("alertproof_load_max_duration"))
    try:
        return Ceiling(rate=float(rate), duration=parse_span(duration))
    except ValueError as error:
        raise ConfigError(
            f"the ini options alertproof_load_max_rate and alertproof_load_max_duration: {error}"
        ) from error
