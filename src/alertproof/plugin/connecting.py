"""What the fixtures `platform` and `signalled` do alike: they connect to a target for drills and let go of it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Protocol, TypeVar

import pytest

from alertproof.errors import ConfigError
from alertproof.plugin.options import reports_folder, target_name
from alertproof.plugin.permission import demand
from alertproof.requirements import Specification, Target

__all__ = ["connected", "load_drills"]


class Connected(Protocol):
    """What drills run on."""

    def close(self) -> None:
        """Let go of it."""


_T = TypeVar("_T", bound=Connected)


def load_drills(module: str = "alertproof.drills") -> None:
    """Import what a drill needs; raises `ConfigError` that names the extra."""
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        raise ConfigError(f"a drill needs {error.name}: pip install 'alertproof[drill]'") from error


@contextmanager
def connected(connect: Callable[..., _T], target: Target, spec: Specification, config: pytest.Config) -> Iterator[_T]:
    """Yield a target that is connected for drills: what stands there is ended also when a signal ends the run.

    ``connect`` is `Platform.connect`, or takes the same.
    """
    from alertproof.faults import Ledger, ended_by_signals  # noqa: PLC0415 - httpx, which most runs of pytest do not need

    demand(target, "faults", name=target_name(config))
    folder = reports_folder(config) or config.rootpath / "reports"
    with ended_by_signals():
        found = connect(
            target,
            name=target_name(config),
            spec=spec,
            ledger=Ledger(folder / "ledger"),
            production=bool(config.getoption("--production")),
        )
        try:
            yield found
        finally:
            found.close()
