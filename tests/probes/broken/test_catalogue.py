"""Each broken server of the catalogue gets its verdict and its words; docs/broken-servers.md is the catalogue."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta

import pytest
from tests.probes.broken.case import Broken
from tests.probes.broken.catalogue import CATALOGUE, PAGE, page
from tests.probes.broken.certificates import Certificates
from tests.probes.conftest import Server

from alertproof.probes import Check, Limits, Prober, Request, Resolver, status, value
from alertproof.verdict import Verdict

#: What no case is about must not end it, however busy the machine is.
_PATIENT = dict.fromkeys(("dns", "connect", "tls", "write", "read", "total"), timedelta(minutes=1))


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates") / "ca.pem")


@pytest.fixture
def resolvers() -> Iterator[dict[str, Resolver]]:
    done = threading.Event()

    def nobody(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def hangs(host: str, port: int) -> Sequence[str]:
        done.wait(60)
        return []

    yield {"nobody": nobody, "hangs": hangs, "": lambda *_: ["127.0.0.1"], "here": lambda *_: ["127.0.0.1"]}
    done.set()


@pytest.mark.parametrize("case", CATALOGUE.values(), ids=CATALOGUE)
def test_a_broken_server_is_called_what_it_is(
    case: Broken,
    serve: Callable[..., Server],
    certificates: Certificates,
    resolvers: dict[str, Resolver],
    request: pytest.FixtureRequest,
) -> None:
    with ExitStack() as stack:
        context = None
        if case.certificate or case.http2:
            context = certificates.of_server(case.certificate or "good", http2=case.http2)
        if case.script is not None:
            port = serve(case.script, context=context).port
        elif case.resolve == "deaf":
            port = request.getfixturevalue("deaf")
        else:
            port = _free_port()
        prober = stack.enter_context(
            Prober(
                f"{'https' if context else 'http'}://{case.host}:{port}",
                limits=Limits(**{**_PATIENT, **case.limits}),
                ca_file=str(certificates.ca_file),
                resolve=resolvers.get(case.resolve, resolvers[""]),
            )
        )
        check = Check(prober, name="catalogue", target="broken", budget=timedelta(minutes=2))
        asked = {"method": "GET", "path": "/", "reads": True, "http": "2" if case.http2 else "1.1", **case.request}
        (answer,) = check.send(Request(**asked))
        said = check.expect(answer, status(200), value("$.ok", True))
        journal = check.journal(Verdict.FAILED if said else Verdict.PASSED, said)

    assert journal is not None
    first = said.partition("\n")[0].partition(", last seen: ")[2].replace(str(port), "PORT")
    first = re.sub(r"(came status 200 and )[\d,]+( bytes)$", r"\1N\2", first) if "N bytes" in case.said else first
    assert (journal.verdict, first) == (case.verdict, case.said)


def test_the_page_is_the_catalogue() -> None:
    assert len(CATALOGUE) >= 30
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.probes.broken.catalogue"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
