"""The proof of scrubbing turns red when something leaks, is collected besides or is lost, and names what it was.

Each case breaks one thing in a copy of the platform or its monitoring and runs ``alert_tests/scrubbing`` against it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.meta.test_breakages import ROOT, Breakage, Edit, as_case, break_a_copy

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.timeout(400)

SENTRY = "src/m3core/telemetry/sentry.py"
LEADS = "src/m3core/leads.py"
NO_PII = '    "send_default_pii": False,\n'
COUNTED = '"leads.created", tenant=self.tenant, source=_source(new.source)'
SCRUBBED = 'return cast("Event", _unless_off(scrub_event)(event, hint))'
SETTING = 'scrubbing=reader.switch("M3CORE_SCRUBBING", default=True)'


def without_hook(name: str, value: str, source: str) -> Breakage:
    edit = Edit(file=SENTRY, old=f'    "{name}": {value},\n', new="")
    return Breakage(name=f"{name} removed", edits=(edit,), says=("secrets or personal data left", source), prove=True)


def with_option(name: str, option: str, says: str) -> Breakage:
    edit = Edit(file=SENTRY, old=NO_PII, new=f"{NO_PII}    {option},\n")
    return Breakage(name=name, edits=(edit,), says=("nobody_has_looked_at", says), prove=True)


PLATFORM = (
    without_hook("before_send", "_before_send", "Sentry event of python"),
    without_hook("before_send_transaction", "_before_send_transaction", "Sentry transaction"),
    without_hook("before_send_log", "_unless_off(scrub_log)", "Sentry log"),
    without_hook("before_send_metric", "_unless_off(scrub_metric)", "Sentry trace_metric"),
    with_option("data_collection set", '"data_collection": {"user_info": True}', "request.env.REMOTE_ADDR"),
    with_option("attach_stacktrace turned on", '"attach_stacktrace": True', "Sentry event of python: threads"),
    Breakage(
        name="the variables of libraries left on",
        edits=(Edit(file=SENTRY, old="        _drop_library_variables(event)\n", new="        pass\n"),),
        says=("test_no_variables_of_libraries_leave", "the variables of frames of libraries leave"),
        prove=True,
    ),
    Breakage(
        name="a default of the SDK changed by an upgrade",
        edits=(Edit(file=SENTRY, old="include_source_context=False", new="include_source_context=True"),),
        says=("nobody_has_looked_at", "context_line"),
        prove=True,
    ),
    Breakage(
        name="a log line with the body of the request",
        edits=(Edit(file=LEADS, old='extra={"lead_id": lead.id})\n        return lead\n\n    def convert', new=(
            'extra={"lead_id": lead.id, "body": new.model_dump()})\n        return lead\n\n    def convert'
        )),),
        says=("nobody_has_looked_at", "attributes.body.email"),
        prove=True,
    ),
    Breakage(
        name="an e-mail in a metric's tag",
        edits=(Edit(file=LEADS, old=COUNTED, new=f"{COUNTED}, email=new.email"),),
        says=("secrets or personal data left", "Datadog metrics"),
        prove=True,
    ),
    Breakage(
        name="a scrubber that takes everything out",
        edits=(Edit(file=SENTRY, old=SCRUBBED, new=f'event["tags"] = {{"tenant": "[Filtered]"}}\n    {SCRUBBED}'),),
        says=("useful fields were lost", "Sentry event of python: tags.tenant"),
        prove=True,
    ),
    Breakage(
        name="a control that scrubs as well",
        edits=(Edit(file="src/m3core/settings.py", old=SETTING, new="scrubbing=True"),),
        says=("the search was blind", "with scrubbing off, these came out nowhere"),
        prove=True,
    ),
)  # fmt: skip
DEFINITIONS = (
    Breakage(
        name="an e-mail in a monitor's message",
        edits=(
            Edit(
                file="monitoring/datadog/monitors/api-error-rate.json",
                old="The API error rate of the last five minutes is",
                new="Ask ada@acme.example: the API error rate of the last five minutes is",
            ),
        ),
        says=("api-error-rate.json says 'ada@acme.example'",),
    ),
    Breakage(
        name="a user in a dashboard's description",
        edits=(
            Edit(
                file="monitoring/datadog/dashboards/engineering.json",
                old="The four golden signals first,",
                new="For {{user.email}}: the four golden signals first,",
            ),
        ),
        says=("engineering.json says 'user.email'",),
    ),
    Breakage(
        name="an e-mail in a detail at PagerDuty",
        edits=(
            Edit(
                file="monitoring/pagerduty/services.json",
                old="Looked at in working hours.",
                new="Looked at by ada@acme.example.",
            ),
        ),
        says=("description: ada@acme.example",),
    ),
)


#: The hooks of the browser's and of Node's SDKs, in what was built: minified names differ from build to build.
PAGE = "src/m3core/web/static/build/instrument.js"
PROGRAM = "alert_tests/scrubbing/clients/build/node_client.mjs"
BUILT = {
    "Sentry's hook in the browser": (PAGE, r"beforeSend:\w+\?\w+:(\w+)=>\1,", "", "Sentry event of javascript"),
    "RUM's hook in the browser": (PAGE, r",\w+&&\w+\(\w+\),!0\)\}\)", ",!0)})", "Datadog RUM"),
    "the hook of errors in Node": (PROGRAM, r"  beforeSend: scrubError,\n", "", "Sentry event of node"),
    "the hook of logs in Node": (PROGRAM, r"  beforeSendLog: .*\n", "", "Sentry log"),
    "the hook of spans in Node": (PROGRAM, r"  beforeSendSpan: .*\n", "", "Sentry span"),
}


def run_the_suite(folder: Path, *files: str, suite: Path = ROOT) -> subprocess.CompletedProcess[str]:
    options: Sequence[str] = ("--monitoring", str(folder / "monitoring"), "--reports", str(folder / "reports"))
    command = [sys.executable, "-m", "pytest", *files, *options, "-o", "timeout=350", "-q", "--no-header"]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider"],
        cwd=suite,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder / "src"), str(ROOT / "src")])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )


def assert_red(done: subprocess.CompletedProcess[str], defect: Breakage) -> None:
    assert done.returncode == 1, done.stdout + done.stderr
    for text in defect.says:
        assert text in done.stdout, done.stdout + done.stderr


@pytest.mark.needs("browser")
@pytest.mark.needs("npm")
@pytest.mark.parametrize("defect", [as_case(defect) for defect in PLATFORM])
def test_the_proof_turns_red_and_names_the_defect(defect: Breakage, tmp_path: Path) -> None:
    break_a_copy(defect, tmp_path)

    assert_red(run_the_suite(tmp_path, "alert_tests/scrubbing"), defect)


def remove_from_what_was_built(name: str, folder: Path) -> Breakage:
    """Copy the platform and the suite into ``folder``, and remove a hook from the copy."""
    file, pattern, new, source = BUILT[name]
    (old,) = (found[0] for found in re.finditer(pattern, (ROOT / file).read_text(encoding="utf-8")))
    shutil.copytree(ROOT / "alert_tests", folder / "alert_tests", ignore=shutil.ignore_patterns("__pycache__"))
    for each in ("alertproof.toml", "conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / each, folder)
    edit = Edit(file=file, old=old, new=new)
    defect = Breakage(name=name, edits=(edit,), says=("secrets or personal data left", f": {source}, "))
    break_a_copy(defect, folder)
    return defect


@pytest.mark.needs("npm")
@pytest.mark.parametrize("name", BUILT)
def test_each_hook_of_a_page_and_of_a_program_still_stands_once_in_what_was_built(name: str, tmp_path: Path) -> None:
    remove_from_what_was_built(name, tmp_path)


@pytest.mark.prove
@pytest.mark.needs("browser")
@pytest.mark.needs("npm")
@pytest.mark.parametrize("name", BUILT)
def test_the_proof_turns_red_without_a_hook_of_a_page_or_of_a_program(name: str, tmp_path: Path) -> None:
    defect = remove_from_what_was_built(name, tmp_path)

    assert_red(run_the_suite(tmp_path, "alert_tests/scrubbing", suite=tmp_path), defect)


@pytest.mark.parametrize("defect", [as_case(defect) for defect in DEFINITIONS])
def test_what_is_defined_with_somebodys_data_turns_red(defect: Breakage, tmp_path: Path) -> None:
    break_a_copy(defect, tmp_path)

    assert_red(run_the_suite(tmp_path, "alert_tests/scrubbing/test_definitions.py"), defect)
