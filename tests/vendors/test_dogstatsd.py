"""Signals by DogStatsD are the lines that an Agent reads."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from alertproof.errors import ConfigError
from alertproof.telemetry.signals import EventSignal, LogSignal, MetricSignal, MetricType, Signal
from alertproof.vendors import DogStatsdSignals

TAGS = ("env:drill", "drill:true")
INTERVALS = [datetime(2026, 3, 2, tzinfo=UTC) + count * timedelta(seconds=10) for count in range(3)]


@pytest.fixture
def agent() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        yield receiver


def lines(agent: socket.socket, *signals: Signal, number: int = 1) -> list[str]:
    with closing(DogStatsdSignals(f"udp://127.0.0.1:{agent.getsockname()[1]}")) as sender:
        sender.send(signals, INTERVALS)
        return [agent.recv(4096).decode().strip() for _ in range(number)]


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("gauge", (7.0,), ["m:7.0|g"]),
        ("count", (7.0,), ["m:21.0|c"]),
        ("rate", (0.5,), ["m:15.0|c"]),
        ("distribution", (0.1, 0.9), ["m:0.1|d", "m:0.9|d"] * 3),
    ],
)
def test_what_three_intervals_hold_is_sent_at_once(
    agent: socket.socket, kind: MetricType, values: tuple[float, ...], said: list[str]
) -> None:
    signal = MetricSignal(metric="m", type=kind, tags=TAGS, values=values, way="dogstatsd")

    sent = lines(agent, signal, number=len(said))
    assert [line.partition("|#")[0] for line in sent] == said
    assert all({*line.partition("|#")[2].split("|")[0].split(",")} >= {*TAGS} for line in sent)


def test_an_event_is_sent_for_each_interval(agent: socket.socket) -> None:
    signal = EventSignal(title="gone", text="it is", tags=TAGS, alert_type="warning", way="dogstatsd")

    sent = lines(agent, signal, number=3)
    assert all(line.startswith("_e{4,5}:gone|it is|") for line in sent)
    assert all("|t:warning|" in line for line in sent)


def test_a_line_of_log_is_refused(agent: socket.socket) -> None:
    with pytest.raises(ConfigError, match="DogStatsD takes no LogSignal: send it by the API"):
        lines(agent, LogSignal(message="m", service="s", tags=TAGS))


@pytest.mark.parametrize("address", ["", "udp://", "udp://host", "host:port"])
def test_an_address_without_host_or_port_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match=r"write it as udp://127\.0\.0\.1:8125"):
        DogStatsdSignals(address)
