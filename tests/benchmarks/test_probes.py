"""What a probe over a new TLS connection costs, beside bare httpx and the blackbox exporter; and thousands of them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.benchmarks.servers import SERVER_CORE, Server, free_port, peer, tool

from alertproof.probes import Answer, Prober, Request

pytestmark = pytest.mark.bench
ROUNDS, PROBES = 5, 200
DELAY = 0.05
GET = Request(method="GET", path="/")


@dataclass(frozen=True)
class Site:
    """A server of TLS with scripted delays, on a core of its own."""

    url: str
    ca_file: str


@contextmanager
def _site(folder: Path, delay: float) -> Iterator[Site]:
    ca_file = folder / "ca.pem"
    command = [tool("taskset"), "-c", SERVER_CORE, sys.executable, "-m", "tests.benchmarks.delaying"]
    with subprocess.Popen([*command, str(ca_file), str(delay)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            # How late it takes a request it cannot know, and it would be taken for the probe's: it comes first.
            with suppress(PermissionError):
                os.sched_setscheduler(process.pid, os.SCHED_FIFO, os.sched_param(5))
            yield Site(url=f"https://127.0.0.1:{int(process.stdout.readline())}", ca_file=str(ca_file))
        finally:
            process.kill()


@contextmanager
def _beside(core: int = 1) -> Iterator[None]:
    """Leave the server's core to the server."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _cpu(work: Callable[[], None]) -> float:
    """Return the milliseconds of CPU for each probe, in the best of rounds: what the machine did beside only adds."""
    began = time.process_time()
    work()
    return (time.process_time() - began) / PROBES * 1e3


def test_a_probe_costs_at_most_a_fifth_more_than_bare_httpx(tmp_path: Path) -> None:
    with _site(tmp_path, 0) as site, _beside(), Prober(site.url, ca_file=site.ca_file) as prober:
        context = httpx.create_ssl_context()
        context.load_verify_locations(site.ca_file)
        once = httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(verify=context, trust_env=False, limits=once) as client:

            def bare() -> None:
                assert all(client.get(f"{site.url}/").status_code == 200 for _ in range(PROBES))

            def ours() -> None:
                assert all(prober.send(GET).status == 200 for _ in range(PROBES))

            rounds = [(_cpu(bare), _cpu(ours)) for _ in range(ROUNDS)]
    least_bare, least_ours = (min(one[at] for one in rounds) for at in (0, 1))

    print(f"\n  CPU a probe: bare httpx {least_bare:.2f} ms, ours {least_ours:.2f} ms")  # noqa: T201
    assert least_ours <= 1.2 * least_bare


def test_the_blackbox_exporter_beside_it(tmp_path: Path) -> None:
    exporter, port = tool("prometheus-blackbox-exporter"), free_port()
    with _site(tmp_path, 0) as site:
        config = tmp_path / "blackbox.yml"
        config.write_text(
            f"modules: {{tls: {{prober: http, http: {{tls_config: {{ca_file: {site.ca_file}}}}}}}}}\n", encoding="utf-8"
        )
        arguments = (f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}")
        with peer("blackbox exporter", port, exporter, *arguments) as server, httpx.Client(trust_env=False) as client:
            exporter_ms = min(_exporter(server, client, site.url) for _ in range(ROUNDS))
        with _beside(), Prober(site.url, ca_file=site.ca_file) as prober:

            def ours() -> None:
                assert all(prober.send(GET).status == 200 for _ in range(PROBES))

            ours_ms = min(_cpu(ours) for _ in range(ROUNDS))

    print(f"\n  CPU a probe: blackbox exporter {exporter_ms:.2f} ms, ours {ours_ms:.2f} ms")  # noqa: T201
    assert ours_ms < 10 * exporter_ms


def _exporter(server: Server, client: httpx.Client, url: str) -> float:
    before = server.cpu()
    for _ in range(PROBES):
        said = client.get(f"{server.url}/probe", params={"module": "tls", "target": url}).text
        assert "\nprobe_success 1\n" in said
    return (server.cpu() - before) / PROBES * 1e3


def test_five_thousand_a_minute_on_half_a_core_and_none_is_inflated_by_the_others(tmp_path: Path) -> None:
    seconds, rate = 20, 5000 / 60
    with _site(tmp_path, DELAY) as site, _beside(), Prober(site.url, ca_file=site.ca_file) as prober:
        prober.send(GET)
        with ThreadPoolExecutor(64) as threads:
            began, cpu = time.monotonic(), time.process_time()
            sent = []
            for number in range(int(seconds * rate)):
                time.sleep(max(0.0, began + number / rate - time.monotonic()))
                sent.append(threads.submit(prober.send, GET))
            found = [one.result() for one in sent]
            wall, cpu = time.monotonic() - began, time.process_time() - cpu

    assert {one.status for one in found} == {200}
    off = sorted(abs(_first_byte(one) - _delayed(one)) for one in found)
    near = sum(one <= max(0.005, 0.05 * DELAY) for one in off) / len(off)
    print(  # noqa: T201
        f"\n  {len(found) / wall * 60:,.0f} a minute on {cpu / wall:.2f} of a core; first byte within 5 ms of the "
        f"server's own time: {near:.2%}, median {off[len(off) // 2] * 1e3:.2f} ms, worst {off[-1] * 1e3:.1f} ms off"
    )
    assert len(found) / wall * 60 >= 4900
    assert cpu / wall < 0.5
    assert near >= 0.99


def _first_byte(answer: Answer) -> float:
    assert answer.phases.first_byte is not None
    return answer.phases.first_byte.total_seconds()


def _delayed(answer: Answer) -> float:
    """Return how long the server says that it delayed: it is as late as its own core lets it be."""
    return float(answer.headers["X-Delayed"])
