"""Redirects are followed where a request says so, each measured, and nothing secret goes astray."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.probes.conftest import Link, Server, answer

from alertproof.probes import Prober, Request, Trouble
from alertproof.redact import Secret

Serve = Callable[..., Server]
Probing = Callable[..., Prober]
DELAY = 0.1


def leading(to: str, status: str = "302 Found", delay: float = 0.0) -> Callable[[Link], None]:
    """Lead from everywhere but /end to an address."""

    def script(link: Link) -> None:
        while request := link.request():
            if request.split(b" ")[1] == b"/end":
                link.send(answer(b'{"ok": true}'))
            else:
                link.wait(delay)
                link.send(answer(b"", f"Location: {to}", status=status))

    return script


def test_a_redirect_is_an_answer_unless_it_is_followed(serve: Serve, probing: Probing) -> None:
    prober = probing(serve(leading("/end")).url)

    assert prober.send(Request(method="GET", path="/")).status == 302
    assert prober.send(Request(method="GET", path="/", follow=1)).status == 200


def test_each_hop_has_its_own_phases_and_the_total_is_that_of_all(serve: Serve, probing: Probing) -> None:
    server = serve(leading("/end", delay=DELAY))
    asked = Request(method="GET", path="/", params={"limit": 5}, follow=3)

    found = probing(server.url).send(asked)

    (hop,) = found.hops
    assert (hop.status, str(hop.url), str(found.url)) == (302, f"{server.url}/?limit=5", f"{server.url}/end")
    assert (hop.connection, found.connection, len(server.links)) == ("cold", "cold", 2)
    assert hop.phases.first_byte is not None
    assert hop.phases.first_byte >= timedelta(seconds=DELAY)
    assert found.phases.connect is not None
    assert found.total >= hop.total + found.phases.connect
    assert found.request is asked
    assert [(one.url, one.status) for one in found.run().hops] == [(f"{server.url}/?limit=5", 302)]


def test_a_post_goes_on_as_a_get_unless_the_status_keeps_it(serve: Serve, probing: Probing) -> None:
    for status, method in (("302 Found", b"GET"), ("303 See Other", b"GET"), ("307 Temporary Redirect", b"POST")):
        server = serve(leading("/end", status))
        probing(server.url).send(Request(method="POST", path="/", json={"a": 1}, follow=1))

        assert server.links[1].received.startswith(method + b" /end "), status
        assert server.links[1].received.endswith(b'{"a":1}') is (method == b"POST"), status


def test_what_is_secret_goes_to_the_same_origin_alone(serve: Serve, probing: Probing) -> None:
    other = serve(leading("/end"))
    near, far = serve(leading("/end")), serve(leading(f"{other.url}/end"))
    headers: dict[str, str | Secret] = {"Authorization": Secret("Bearer t0ken"), "X-Key": Secret("k3y"), "X-Plain": "1"}
    asked = Request(method="GET", path="/", headers=headers, follow=1)

    assert probing(near.url).send(asked).status == 200
    assert probing(far.url).send(asked).status == 200

    assert b"t0ken" in near.links[1].received
    assert b"t0ken" not in other.links[0].received
    assert b"k3y" not in other.links[0].received
    assert b"X-Plain: 1" in other.links[0].received


def test_a_body_with_a_secret_is_not_sent_on_to_another_origin(serve: Serve, probing: Probing) -> None:
    other = serve(leading("/end"))
    server = serve(leading(f"{other.url}/end", "307 Temporary Redirect"))
    asked = Request(method="POST", path="/", json={"password": Secret("p4ss")}, follow=1)

    found = probing(server.url).send(asked)

    assert (found.status, found.trouble) == (0, Trouble.INSECURE)
    assert "would have a secret sent on to" in found.detail
    assert not other.links


def test_as_many_redirects_as_allowed_and_one_more(serve: Serve, probing: Probing) -> None:
    def script(link: Link) -> None:
        path = link.request().split(b" ")[1].decode()
        link.send(answer() if path == "/xxx" else answer(b"", f"Location: {path}x", status="302 Found"))

    prober = probing(serve(script).url)

    assert prober.send(Request(method="GET", path="/", follow=3)).status == 200
    assert prober.send(Request(method="GET", path="/", follow=2)).trouble is Trouble.REDIRECTS


def test_trouble_on_the_way_keeps_the_hops_before_it(serve: Serve, probing: Probing) -> None:
    found = probing(serve(leading("http://127.0.0.1:1/")).url).send(Request(method="GET", path="/", follow=3))

    assert found.trouble is Trouble.REFUSED
    assert [hop.status for hop in found.hops] == [302]
