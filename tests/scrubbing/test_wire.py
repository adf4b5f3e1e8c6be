from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.scrubbing.conftest import sentry_alone

from alertproof.errors import Broken
from alertproof.requirements import Endpoints, Target
from alertproof.scrubbing.wire import Wire

KEY = "d" * 32
EVENT = b'{"platform":"python","message":"zq7k4711plant"}'
ENVELOPE = b'{"event_id":"%s"}\n{"type":"event","length":%d}\n%s\n' % (b"a" * 32, len(EVENT), EVENT)


@pytest.fixture
def wire(target: Target) -> Iterator[Wire]:
    made = Wire(target)
    yield made
    made.close()


def send(target: Target) -> None:
    base, _, _ = target.endpoints.sentry_dsn.rpartition("/")
    scheme, _, host = base.replace(f"{KEY}@", "").partition("://")
    address = f"{scheme}://{host}/api/1/envelope/?sentry_key={KEY}"
    httpx.post(address, content=ENVELOPE, trust_env=False).raise_for_status()


def test_only_what_came_since_is_read_item_by_item(target: Target, wire: Wire) -> None:
    send(target)
    later = Wire(target)
    send(target)

    assert [left.octets for left in later.left() if left.source == "Sentry event of python"] == [EVENT]
    assert sum(left.source == "Sentry event of python" for left in wire.left()) == 2
    assert (later.received(), wire.received()) == (1, 2)
    later.close()


def test_a_journal_that_has_forgotten_requests_is_broken(target: Target, wire: Wire) -> None:
    send(target)
    door = f"{target.endpoints.sentry_control}/requests"
    httpx.delete(door, headers=target.control_headers(), trust_env=False).raise_for_status()
    send(target)

    with pytest.raises(Broken, match="does not hold all of its requests"):
        list(wire.left())


def test_a_target_without_control_doors_has_no_wire(target: Target) -> None:
    bare = Wire(Target(clock=target.clock, endpoints=Endpoints(m3core="http://127.0.0.1:1")))

    assert (list(bare.left()), bare.received()) == ([], 0)
    assert bare.sentry_scrubs()  # it is Sentry itself
    bare.close()


def test_a_stand_in_says_whether_it_scrubs_what_it_stores(wire: Wire, tmp_path: Path) -> None:
    with sentry_alone(tmp_path, "--no-scrubbing") as plain:
        other = Wire(plain)

        assert (wire.sentry_scrubs(), other.sentry_scrubs()) == (True, False)
        other.close()
