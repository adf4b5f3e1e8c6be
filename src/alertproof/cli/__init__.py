"""The command line; thin, like the plugin: what it does is done elsewhere.

Exit codes: 0 passed, 1 an expectation failed, 2 usage or configuration, 3 could not tell, 4 a revert failed,
5 nothing ran.
"""

from __future__ import annotations

import sys

import click

from alertproof import __version__
from alertproof.cli.browser import browser
from alertproof.cli.faults import faults
from alertproof.cli.load import load
from alertproof.cli.monitors import monitors
from alertproof.cli.report import report
from alertproof.cli.up import up
from alertproof.errors import AlertproofError, Broken, ConfigError, FaultError, QuerySyntaxError, RevertFailed

__all__ = ["main"]

_CODES: tuple[tuple[type[AlertproofError], int], ...] = (
    (RevertFailed, 4),
    (ConfigError, 2),
    (QuerySyntaxError, 2),
    (FaultError, 3),
    (Broken, 3),
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="alertproof")
def cli() -> None:
    """Prove that a platform's monitoring works."""


for _command in (up, monitors, load, faults, browser, report):
    cli.add_command(_command)


def main() -> int:
    """Run the command line and return the exit code; our own errors are shown without a traceback."""
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
