"""The command line; thin, like the plugin: what it does is done elsewhere.

Exit codes: 0 passed, 1 an expectation failed, 2 usage or configuration, 3 could not tell, 4 a revert failed,
5 nothing ran, 6 a vendor refused the login.
"""

from __future__ import annotations

import gc
import os
import sys

import click

from alertproof import __version__
from alertproof.cli.lazy import group_of
from alertproof.errors import (
    AlertproofError,
    Broken,
    ConfigError,
    FaultError,
    LoginRefused,
    QuerySyntaxError,
    RevertFailed,
)

__all__ = ["main"]

_CODES: tuple[tuple[type[AlertproofError], int], ...] = (
    (RevertFailed, 4),
    (LoginRefused, 6),
    (ConfigError, 2),
    (QuerySyntaxError, 2),
    (FaultError, 3),
    (Broken, 3),
)


#: Where each command is.
_COMMANDS = {
    "browser": "alertproof.cli.browser:browser",
    "drill": "alertproof.cli.drill:drill",
    "faults": "alertproof.cli.faults:faults",
    "gate": "alertproof.cli.gate:gate",
    "load": "alertproof.cli.load:load",
    "monitors": "alertproof.cli.monitors:monitors",
    "preflight": "alertproof.cli.preflight:preflight_command",
    "report": "alertproof.cli.report:report",
    "schedule": "alertproof.cli.schedule:schedule",
    "sentry": "alertproof.cli.sentry:sentry",
    "status-page": "alertproof.cli.status_page:status_page",
    "up": "alertproof.cli.up:up",
}


@click.group(cls=group_of(_COMMANDS), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="alertproof")
def cli() -> None:
    """Prove that a platform's monitoring works."""


def main() -> int:
    """Run the command line and return the exit code; our own errors are shown without a traceback."""
    # What a run reads lives to its end: to look for cycles in it each time it grows costs a sixth of the time.
    gc.set_threshold(100_000)
    # Nothing here is linear algebra: numpy would start a thread for each further processor, which only spins.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        return int(cli.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except AlertproofError as error:
        sys.stderr.write(f"alertproof: {error}\n")
        return next((code for kind, code in _CODES if isinstance(error, kind)), 3)
    finally:
        gc.freeze()  # else Python looks for cycles in all of it once more before it ends
