"""What a scenario may not do, and what it may: each is named, with its line, and the run is broken."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from collections.abc import Callable

import pytest
import trustme

from alertproof.loadgen import read_profile, run_load
from alertproof.verdict import Verdict

from .conftest import SCENARIO, Answer, Asked, Send, Server, Write, target_at

HEAD = "from locust import FastHttpUser, TaskSet, tag, task\n\nclass Own(FastHttpUser):\n"


def scenario(*body: str, before: str = "") -> str:
    """Return a scenario with one task, whose code begins in the sixth line."""
    return HEAD + before + "    @task\n    def act(self):\n" + "".join(f"        {line}\n" for line in body)


LOGIN = "    def on_start(self):\n        self.client.post('/login')\n"
GETS = scenario("self.client.get('/')")
#: What a file may not hold, and what is then said; looked at in one process, because none of them gets to send.
REFUSED = {
    "cannot be imported": (
        "import nothing_of_that_name",
        "cannot be imported: ModuleNotFoundError at own.py:1: No module named 'nothing_of_that_name'",
    ),
    "holds no user": ("x = 1", "holds one user class of Locust's, a FastHttpUser with @task methods; found: none"),
    "holds two users": (GETS + GETS.replace("Own", "Other"), "a FastHttpUser with @task methods; found: Other, Own"),
    "is of another kind": (GETS.replace("FastHttpUser", "HttpUser"), "Own is no FastHttpUser"),
    "holds a task set": (
        GETS.replace("class Own", "class Set(TaskSet):\n    @task\n    def act(self): pass\n\nclass Own")
        + "    tasks = [Set]",
        "is a TaskSet; an arrival is one @task method",
    ),
    "has only tasks that write": (
        GETS.replace("    @task", "    @tag('write')\n    @task"),
        "Own has no @task without @tag('write')",
    ),
}
LOOK = """
import json, sys
from alertproof.loadgen.bridge.scenario import Scenario, ScenarioError
from alertproof.loadgen.schedule import Schedule
from alertproof.loadgen.wire import LoadPlan
for path in sys.argv[1:]:
    try:
        Scenario(LoadPlan(base_url="http://127.0.0.1:1", scenario=path, schedule=Schedule(legs=()), users=1,
                          max_in_flight=1, timeout=1, writes=False))
        print(json.dumps("nothing"))
    except ScenarioError as error:
        print(json.dumps(str(error)))
"""


@pytest.fixture(scope="module")
def refusals(write_profile: Write) -> dict[str, str]:
    files = [str(write_profile(text, rate=1).with_name("own.py")) for text, _ in REFUSED.values()]
    command = [sys.executable, "-c", LOOK, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return dict(zip(REFUSED, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_scenario_is_refused_by_what_it_holds(name: str, refusals: dict[str, str]) -> None:
    assert REFUSED[name][1] in refusals[name]


#: What a scenario may not do, and what is then said; they are driven one after the other in one process.
FORBIDDEN = {
    "raises": (
        scenario("self.client.get('/')", "raise KeyError('total')"),
        "act raised KeyError at own.py:7: 'total'",
    ),
    "gives itself a time": (
        scenario("import gevent", "with gevent.Timeout(0.01): gevent.sleep(1)"),
        "act raised Timeout at own.py:7: 0.01 seconds",
    ),
    "does not get in": (scenario("self.client.get('/')", before=LOGIN), "on_start: POST /login answered 401"),
    "writes": (
        scenario("self.client.post('/')"),
        "POST / writes, and the profile does not say so; add to it: writes = true",
    ),
    "goes elsewhere": (
        scenario("self.client.get('http://192.0.2.7/x')"),
        "a request to http://192.0.2.7: load goes to http://127.0.0.1:",
    ),
    "goes to another port": (
        scenario("self.client.get('http://127.0.0.1:1/x')"),
        "a request to http://127.0.0.1:1: load goes to http://127.0.0.1:",
    ),
    "goes there by another scheme": (
        scenario("self.client.get(self.host.replace('http', 'https'))"),
        "a request to https://127.0.0.1:",
    ),
    "is sent elsewhere": (
        scenario("self.client.get('/away')"),
        "a request to http://192.0.2.7: load goes to http://127.0.0.1:",
    ),
    "names each request apart": (
        scenario("for n in range(101): self.client.get(f'/{n}')"),
        "the requests have more than 100 names, such as 'GET /0' and 'GET /",
    ),
}
DRIVE = """
import locust  # first: it patches the standard library
import json, sys
from alertproof.loadgen.bridge.alone import Alone
from alertproof.loadgen.schedule import Leg, Schedule
from alertproof.loadgen.wire import LoadPlan
schedule = Schedule(legs=(Leg(seconds=1.0, start=20.0, end=20.0),))
for path in sys.argv[2:]:
    said = []
    code = Alone(LoadPlan(base_url=sys.argv[1], scenario=path, schedule=schedule, users=1, max_in_flight=50, timeout=5,
                          writes=False)).drive(said.append)
    print(json.dumps([code, type(said[-1]).__name__, getattr(said[-1], "text", "")]), flush=True)
"""


def behave(asked: Asked) -> Answer:
    if asked.path == "/login":
        return Answer(401)
    return Answer(302, location="http://192.0.2.7/x") if asked.path == "/away" else Answer()


@pytest.fixture(scope="module")
def last_words(serve: Callable[..., Server], write_profile: Write) -> dict[str, tuple[int, str, str]]:
    files = [str(write_profile(text, rate=1).with_name("own.py")) for text, _ in FORBIDDEN.values()]
    command = [sys.executable, "-c", DRIVE, serve(behave).url, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return dict(zip(FORBIDDEN, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_scenario_that_does_what_it_may_not_ends_the_run_by_name(
    name: str, last_words: dict[str, tuple[int, str, str]]
) -> None:
    code, kind, text = last_words[name]

    assert (code, kind) == (3, "Trouble")
    assert FORBIDDEN[name][1] in text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("pass", "no samples at all: the scenario own.py was started 20 times and sent no request"),
        ("raise KeyError('total')", "the scenario own.py: act raised KeyError at own.py:6: 'total'"),
    ],
)
def test_a_run_that_cannot_be_judged_is_broken_and_says_why(
    body: str, said: str, serve: Callable[..., Server], send: Send
) -> None:
    journal = send(serve().url + "/", scenario(body), rate=20, duration="1s")

    assert journal.verdict is Verdict.BROKEN
    assert said in journal.reason
    assert "Traceback" not in journal.reason
    assert [one.met for one in journal.expectations] == [None, None]


GOOD = """
import os, time
from locust import FastHttpUser, events, tag, task
from locust.exception import RescheduleTask

print("a scenario may print")
HEARD = []

@events.request.add_listener
def heard(response_time, **rest):
    HEARD.append(response_time)

class Own(FastHttpUser):
    def on_start(self):
        self.client.post("/login", json={"password": os.environ["OWN_PASSWORD"]})
        self.headers = {"X-Correlation-Id": "own"}

    def on_stop(self):
        self.client.post("/logout")

    @task(3)
    def checked(self):
        with self.client.get("/missing", name="/checked", catch_response=True) as answer:
            if answer.status_code == 404:
                answer.success()

    @task(1)
    def refused(self):
        with self.client.get("/thing", name="/refused", catch_response=True) as answer:
            answer.failure("the list is empty")
        raise RescheduleTask

    @task(1)
    def stumbles(self):
        answer = self.client.get("/broken", headers=self.headers)
        answer.json()["total"]

    @task(1)
    def waits(self):
        self.wait()
        with self.client.rename_request("/renamed"):
            self.client.get("/thing?q=1")

    @tag("write")
    @task(1)
    def adds(self):
        self.client.post("/thing", json={"listened": len(HEARD)})
"""


def good(asked: Asked) -> Answer:
    return Answer({"/missing": 404, "/broken": 500}.get(asked.path, 200))


def test_a_scenario_may_do_what_it_does_in_locust(
    serve: Callable[..., Server], write_profile: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_PASSWORD", "of the environment")
    server = serve(good)
    profile = read_profile(write_profile(GOOD, rate=60, duration="1s", users=2, writes=True))
    journal = run_load(profile, target_at(server.url), check="a test", target_name="own")

    seen = {one.name: (one.n, one.failed) for one in journal.endpoints}
    assert sum(n for n, _ in seen.values()) == journal.n == 60, journal.reason
    assert seen["GET /checked"][1] == 0
    assert seen["GET /renamed"][1] == 0
    assert seen["GET /refused"][0] == seen["GET /refused"][1] > 0
    assert seen["GET /broken"][0] == seen["GET /broken"][1] > 0
    assert seen["POST /thing"][0] > seen["POST /thing"][1] == 0
    assert {one.trouble for one in journal.failures} == {
        "was refused by the scenario: the list is empty",
        "answered 500",
    }
    assert next(one for one in journal.failures if one.name == "GET /broken").correlation_id
    for path in ("/login", "/logout"):
        assert sum(asked.path == path for asked, _ in server.asked) == 2, "each user does so once, and is not counted"
    assert {asked.correlation_id for asked, _ in server.asked if asked.path == "/broken"} == {"own"}


def test_the_target_may_be_spelled_otherwise(serve: Callable[..., Server], send: Send) -> None:
    body = "self.client.get(self.host.replace('//', '//me@') + '/x', name='/x')"
    journal = send(serve().url, scenario(body), rate=20, duration="1s")

    assert [(one.name, one.failed) for one in journal.endpoints] == [("GET /x", 0)], journal.reason


def test_each_user_keeps_the_cookies_that_it_was_given(serve: Callable[..., Server], send: Send) -> None:
    users = iter(("one", "two"))

    def give(asked: Asked) -> Answer:
        return Answer(cookie=f"session={next(users)}; Path=/") if asked.path == "/login" else Answer()

    server = serve(give)
    send(server.url, scenario("self.client.get('/x')", before=LOGIN), rate=20, duration="1s", users=2)

    sent = [asked.cookie for asked, _ in server.asked if asked.path == "/x"]
    assert {cookie: sent.count(cookie) for cookie in sent} == {"session=one": 10, "session=two": 10}


def test_what_a_scenario_reads_of_an_answer_later_is_waited_for_no_longer_than_a_request(
    serve: Callable[..., Server], send: Send
) -> None:
    body = ("answer = self.client.get('/x', stream=True)", "list(answer.iter_content())")
    stalls = serve(lambda _: Answer(stalls=True))
    journal = send(stalls.url, scenario(*body), rate=20, duration="3s", timeout="1s")

    assert "act raised TimeoutError at own.py:7: timed out" in journal.reason


def test_a_request_is_limited_while_its_connection_stalls(serve: Callable[..., Server], send: Send) -> None:
    stalls = serve(lambda _: Answer(stalls=True))
    journal = send(stalls.url, scenario("self.client.get('/x')"), rate=20, duration="1s", timeout="1s")

    assert [(one.trouble, one.n) for one in journal.failures] == [("had no answer within 1 s", 20)]


def test_locusts_own_statistics_stay_empty(serve: Callable[..., Server], send: Send) -> None:
    body = (
        "assert not self.environment.stats.entries and not self.environment.stats.errors",
        "self.client.get('/gone')",
    )
    journal = send(serve(lambda _: Answer(404)).url, scenario(*body), rate=20, duration="1s")

    assert [(one.name, one.n, one.failed) for one in journal.endpoints] == [("GET /gone", 20, 20)], journal.reason


@pytest.mark.parametrize(
    "does",
    [
        "raise KeyError(os.environ['OWN_PASSWORD'])",
        "print(os.environ['OWN_PASSWORD'], flush=True); os._exit(1)",
        "with self.client.get('/', catch_response=True) as it: it.failure(os.environ['OWN_PASSWORD'])",
    ],
)
def test_what_a_scenario_says_is_told_without_the_secrets_of_the_target(
    does: str, serve: Callable[..., Server], write_profile: Write
) -> None:
    profile = read_profile(write_profile(f"import os\n{scenario(does)}", rate=20, duration="1s"))
    target = target_at(serve().url)
    target.env["OWN_PASSWORD"] = "correct-horse"

    journal = run_load(profile, target, check="a test", target_name="own")

    assert "***" in journal.reason
    assert "correct-horse" not in repr(journal)


@pytest.mark.parametrize(
    ("trusted", "name", "trouble"),
    [
        (True, "127.0.0.1", ""),
        (False, "127.0.0.1", "unable to get local issuer certificate"),
        (True, "elsewhere.example", "IP address mismatch, certificate is not valid for '127.0.0.1'."),
    ],
)
def test_a_certificate_is_verified(
    trusted: bool, name: str, trouble: str, serve: Callable[..., Server], write_profile: Write
) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    profile = read_profile(write_profile(SCENARIO, rate=40, duration="400ms"))
    authority.cert_pem.write_to_path(str(profile.path.with_name("ca.pem")))
    target = target_at(serve(tls=context).url)
    if trusted:
        target.env["SSL_CERT_FILE"] = str(profile.path.with_name("ca.pem"))

    journal = run_load(profile, target, check="a test", target_name="own")

    assert journal.n == 16
    assert [one.trouble for one in journal.failures] == (
        [f"found a certificate that is not trusted: {trouble}"] if trouble else []
    )
