"""An offline alert test as its file says it, parsed and checked, not yet run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from alertproof.datadog import Definition, Slos, load_definition, load_slo
from alertproof.errors import Broken, ConfigError
from alertproof.offline.document import Entry, read_document
from alertproof.offline.expectations import (
    ExpectedNotification,
    ExpectedState,
    read_expected_notification,
    read_expected_state,
)
from alertproof.offline.inputs import INPUT_KEYS, Inputs, read_inputs

__all__ = ["AlertTest", "Monitor", "Script", "read_script", "read_slos"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """A definition and the stem of its file, which is one of its names."""

    stem: str
    definition: Definition

    def is_called(self, name: str) -> bool:
        """Tell whether ``name`` is its file's stem, its name or its id."""
        definition = self.definition
        return name in {self.stem, definition.name, str(definition.id)}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTest:
    """One test of a file; ``where`` is ``file:line``."""

    name: str
    where: str
    inputs: Inputs
    states: tuple[ExpectedState, ...]
    notifications: tuple[ExpectedNotification, ...]
    nothing_else: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Return what the test calls the monitors that it speaks of, sorted."""
        return tuple(sorted({each.monitor for each in self.states} | {each.monitor for each in self.notifications}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A whole file."""

    path: Path
    monitors: tuple[Monitor, ...]
    slos: Slos
    tests: tuple[AlertTest, ...]


def read_script(path: Path) -> Script:
    """Read an ``*.alert.yaml``.

    Raises `ConfigError` with file and line for what it does not understand, `Broken` for a pattern that finds
    no monitor and for a file without tests, `DefinitionError` and `NotModelled` for a monitor.
    """
    document = read_document(path).mapping(("monitors", "slos", "tests"), needed=("monitors", "tests"))
    monitors = _monitors(document["monitors"])
    slos = read_slos(document["slos"]) if "slos" in document else {}
    tests = tuple(_test(entry) for entry in document["tests"].items())
    for entry, found in ((document["monitors"], monitors), (document["tests"], tests)):
        if not found:
            raise Broken(f"{entry.where}: the list is empty, so nothing would be verified")
    names = Counter(test.name for test in tests)
    for test in tests:
        if names[test.name] > 1:
            raise ConfigError(f"{test.where}: two tests are called {test.name!r}")
    return Script(path=path, monitors=monitors, slos=slos, tests=tests)


def _monitors(entry: Entry) -> tuple[Monitor, ...]:
    """Return the monitors; a file that two patterns find is one, two files of one stem are refused."""
    found: dict[str, Path] = {}
    for each in entry.items():
        for path in each.files():
            if not path.samefile(found.setdefault(path.stem, path)):
                each.fail(f"two monitors are called {path.stem!r}: {found[path.stem]} and {path}")
    return tuple(
        Monitor(stem=stem, definition=load_definition(path.read_bytes(), source=str(path)))
        for stem, path in found.items()
    )


def read_slos(entry: Entry) -> Slos:
    """Return the SLOs by each of their names: the stem of the file, the name and the id."""
    files = [path for each in entry.items() for path in each.files()]
    loaded = [(path, load_slo(path.read_bytes(), source=str(path))) for path in files]
    return {name: slo for path, slo in loaded for name in (path.stem, slo.name, slo.id)}


_TEST_KEYS = ("name", *INPUT_KEYS, "expect", "notified", "nothing_else")


def _test(entry: Entry) -> AlertTest:
    keys = entry.mapping(_TEST_KEYS, needed=("name", "interval"))
    inputs = read_inputs(entry, keys)
    expect, notified = keys.get("expect"), keys.get("notified")
    return AlertTest(
        name=keys["name"].text(),
        where=entry.where,
        inputs=inputs,
        states=tuple(read_expected_state(each) for each in expect.items()) if expect else (),
        notifications=tuple(read_expected_notification(each) for each in notified.items()) if notified else (),
        nothing_else=keys["nothing_else"].flag() if "nothing_else" in keys else False,
    )
