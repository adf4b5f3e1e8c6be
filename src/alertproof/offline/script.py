"""An offline alert test as its file says it, parsed and checked, not yet run."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

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

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from alertproof.datadog.loading import Declared
    from alertproof.datadog.slo import Objective

__all__ = ["AlertTest", "Monitor", "Script", "monitor_of", "read_script", "read_slos"]

#: What JSON begins with that holds several monitors: a list of them, a plan or a state, Terraform's own syntax.
_SEVERAL = frozenset({"monitors", "planned_values", "resource", "terraform_version"})
#: The name at the end of ``module.a["x.y"].datadog_monitor.cpu["b"]``, with what it is for.
_LAST_OF_ADDRESS = re.compile(r"""[^."\[\]]+ (?: \[ (?: [0-9]+ | "(?: [^"\\] | \\. )*" ) \] )? $""", re.VERBOSE)


class Monitor(Struct, frozen=True, kw_only=True):
    """A definition and the stem of its file or its address in there, which is one of its names.

    ``given`` is what the definition was read from: the text of a file with one monitor, or the API's JSON.
    """

    stem: str
    definition: Definition
    given: bytes | Mapping[str, Any]

    def is_called(self, name: str) -> bool:
        """Tell whether ``name`` is its file's stem or its address in there, its name or its id."""
        definition = self.definition
        return name in {self.stem, definition.name, str(definition.id)}


class AlertTest(Struct, frozen=True, kw_only=True):
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


class Script(Struct, frozen=True, kw_only=True):
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
    monitors: dict[str, Monitor] = {}
    for path in found.values():
        for monitor in _of_file(path, monitors):
            monitors[monitor.stem] = monitor
    return tuple(monitors.values())


def _of_file(path: Path, taken: Container[str]) -> Iterator[Monitor]:
    """Yield the monitor of a file, or those of a list, of Terraform's resources or of its plan."""
    content = path.read_bytes()
    if path.suffix == ".json" and _holds_one(content):
        stem = str(path) if path.stem in taken else path.stem
        yield Monitor(stem=stem, definition=load_definition(content, source=str(path)), given=content)
        return
    from alertproof.datadog.loading import load_text  # noqa: PLC0415 - few tests have such files

    try:
        declared = load_text(content.decode("utf-8-sig"), source=str(path))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    if not declared:
        raise Broken(f"{path}: no Datadog monitor here")
    for each in declared:
        yield monitor_of(each, taken)


def _holds_one(content: bytes) -> bool:
    """Tell whether JSON is one monitor, or nothing that can be read, which its reader then says."""
    try:
        value = json.loads(content)
    except ValueError:
        return True
    except RecursionError:
        return False
    return isinstance(value, dict) and not _SEVERAL & value.keys()


def monitor_of(declared: Declared, taken: Container[str]) -> Monitor:
    """Return a monitor called by its address in its file, else by the file; by both where that is taken."""
    short = _LAST_OF_ADDRESS.search(declared.address)
    stem = short[0] if short else Path(declared.source).stem
    stem = declared.where if stem in taken else stem
    definition = load_definition(declared.payload, source=declared.where)
    return Monitor(stem=stem, definition=definition, given=declared.payload)


def read_slos(entry: Entry) -> Slos:
    """Return the SLOs by each of their names: the file's stem, the name and the id; two of one name are refused."""
    files = {path.resolve(): path for each in entry.items() for path in each.files()}
    found: dict[str, Objective] = {}
    for path in files.values():
        slo = load_slo(path.read_bytes(), source=str(path))
        for name in {path.stem, slo.name, slo.id}:
            if name in found:
                entry.fail(f"two SLOs are called {name!r}, one of them in {path}")
            found[name] = slo
    return found


_TEST_KEYS = ("name", *INPUT_KEYS, "expect", "notified", "nothing_else")


def _test(entry: Entry) -> AlertTest:
    keys = entry.mapping(_TEST_KEYS, needed=("name", "interval"))
    if not keys["name"].text().strip():
        keys["name"].fail("a test needs a name, which says what it verifies")
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
