"""``alertproof drill``: drills of ``*.drill.yaml`` files, without pytest."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from alertproof.cli.options import monitoring_option, target_option
from alertproof.errors import ConfigError
from alertproof.journal import DrillJournal
from alertproof.report import encode_record, repeats_said
from alertproof.requirements import Specification, Target, load_specification
from alertproof.stack import reached
from alertproof.verdict import Expectation, Verdict

if TYPE_CHECKING:
    from alertproof.drills.course import WrittenDrill

__all__ = ["drill"]

_CODES = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.BROKEN: 3}
_MARKS = {True: ("green", "met"), False: ("red", "not met"), None: ("yellow", "never reached")}


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@target_option
@monitoring_option
@click.option("--reports", type=click.Path(path_type=Path), default=Path("reports"), help="Where the ledger is.")
@click.option("--only", metavar="TEXT", default="", help="Only drills whose name holds this text.")
@click.option("--production", is_flag=True, help="The target is production, and drills there are meant.")
@click.option("--json", "as_json", is_flag=True, help="Print each drill's journal as a line of JSON.")
def drill(
    *,
    files: tuple[Path, ...],
    target_name: str,
    monitoring: Path,
    reports: Path,
    only: str,
    production: bool,
    as_json: bool,
) -> int:
    """Run the drills of files, one after another.

    A drill with steps sends signals; of an embedded stack the vendors alone are started for it. One with a side breaks
    the platform. Exit code 0 passed, 1 an expectation failed, 3 could not tell, 4 a revert failed, 5 nothing ran.
    """
    try:
        from alertproof.drills.course import load_drills, with_sentry  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError("this needs the clients of the vendors: pip install 'alertproof[drill]'") from error
    written = [each for file in files for each in load_drills(file) if only in each.name]
    spec = load_specification(monitoring)
    for each in written:
        (with_sentry(spec) if each.side is None else spec).alert(each.alert)
    place = _Place(target_name, monitoring=monitoring, reports=reports, spec=spec, production=production)
    verdicts = []
    for signals in (True, False):
        chosen = [each for each in written if (each.side is None) is signals]
        for journal in place.run(chosen, signals=signals):
            verdicts.append(journal.verdict)
            _tell(journal, as_json=as_json)
    if not verdicts:
        click.echo(f"no drill is called {only!r}; nothing ran", err=True)
        return 5
    return max(_CODES[verdict] for verdict in verdicts)


def _once(connected: Any, written: WrittenDrill) -> DrillJournal:
    """Run a drill of a file on what it needs, one time."""
    from alertproof.drills import Drill  # noqa: PLC0415 - an extra
    from alertproof.drills.course import Course  # noqa: PLC0415 - an extra

    if written.side is None:
        return Course(connected, written.alert, written.steps, name=written.name, may=written.may).run()
    side = Drill(connected, written.alert, name=written.name)
    return side.fires() if written.side == "fires" else side.stays_quiet()


class _Place:
    """Where drills run: it is reached when the first is to."""

    def __init__(self, name: str, *, monitoring: Path, reports: Path, spec: Specification, production: bool) -> None:
        self._name = name
        self._monitoring = monitoring
        self._reports = reports
        self._spec = spec
        self._production = production

    def run(self, drills: Sequence[WrittenDrill], *, signals: bool) -> Iterator[DrillJournal]:
        """Yield the journals of drills that all send signals, or all break the platform."""
        if not drills:
            return
        from alertproof.drills.repeats import repeated  # noqa: PLC0415 - an extra

        with self._connected(signals=signals) as connected:
            for each in drills:
                yield repeated(partial(_once, connected, each), each.repeat)

    @contextmanager
    def _connected(self, *, signals: bool) -> Iterator[Any]:
        from alertproof.drills import Platform  # noqa: PLC0415 - an extra
        from alertproof.drills.course import Signalled  # noqa: PLC0415 - an extra
        from alertproof.faults import Ledger  # noqa: PLC0415 - as its clients

        kind = Signalled if signals else Platform
        with ExitStack() as stack:
            target: Target = stack.enter_context(
                reached(self._name, targets=Path("alertproof.toml"), monitoring=self._monitoring, platform=not signals)
            )
            if "faults" not in target.allow:
                raise ConfigError(
                    f"target {self._name!r} does not allow 'faults'; "
                    f"where that is wanted, say so in alertproof.toml: allow = {[*target.allow, 'faults']}"
                )
            connected = kind.connect(
                target,
                name=self._name,
                spec=self._spec,
                ledger=Ledger(self._reports / "ledger"),
                production=self._production,
            )
            stack.callback(connected.close)
            yield connected


def _tell(journal: DrillJournal, *, as_json: bool) -> None:
    if as_json:
        click.echo(encode_record(journal).decode())
        return
    console = Console(highlight=False, soft_wrap=True, markup=False)
    colour = "green" if journal.verdict is Verdict.PASSED else "red"
    console.print(f"{journal.verdict}: {journal.check}", style=f"bold {colour}")
    if journal.repeats is not None:
        console.print(f"  {repeats_said(journal.repeats)}")
    for one in journal.expectations:
        _tell_one(console, one)
    if journal.verdict is Verdict.BROKEN:
        console.print(f"  {journal.reason.partition(chr(10))[0]}", style="red")
    sys.stdout.flush()


def _tell_one(console: Console, one: Expectation) -> None:
    colour, word = _MARKS[one.met]
    console.print(f"  {word}: ", style=colour, end="")
    console.print(f"{one.text}; last seen: {one.last_seen}")
