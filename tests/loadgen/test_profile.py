"""Profiles: what is read from the file, and what is refused with the place and the nearest name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.loadgen import Ceiling, Profile, find_profile, read_profile
from alertproof.loadgen.schedule import Leg

GOOD = """
scenario = "leads"
rate = 40
warm_up = "2s"
duration = "10s"

[thresholds]
latency = ["p(95)<800"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "leads.py").touch()
    (tmp_path / "profiles").mkdir()
    return tmp_path / "profiles"


def read(folder: Path, text: str) -> Profile:
    (folder / "smoke.toml").write_text(text, encoding="utf-8")
    return read_profile(folder / "smoke.toml")


def test_what_is_left_out_has_a_default(folder: Path) -> None:
    profile = read(folder, GOOD)

    assert profile.name == "smoke"
    assert profile.scenario == folder.parent / "scenarios" / "leads.py"
    assert profile.limit == timedelta(milliseconds=800)
    assert profile.timeout == timedelta(seconds=10)
    assert profile.max_lag == timedelta(milliseconds=50)
    assert profile.warm_up == timedelta(seconds=2)
    assert profile.schedule.legs == (Leg(seconds=2, start=40, end=40), Leg(seconds=10, start=40, end=40))
    assert (profile.users, profile.writes) == (1, False)
    assert profile.max_in_flight == 401, "as many as can be under way before the first is given up"
    assert [(str(one), one.minimum) for one in profile.thresholds] == [("latency p(95)<800 ms", 100)]
    assert profile.describe() == "40 arrivals per second of leads for 10 s"


def test_stages_begin_at_the_rate_and_go_on_from_each_other(folder: Path) -> None:
    text = GOOD.replace('duration = "10s"', 'stages = [{to = 80, over = "5s"}, {to = 80, over = "3s"}]')
    profile = read(folder, text)

    assert profile.schedule.legs == (
        Leg(seconds=2, start=40, end=40),
        Leg(seconds=5, start=40, end=80),
        Leg(seconds=3, start=80, end=80),
    )
    assert profile.describe() == "up to 80 arrivals per second of leads for 8 s"


def test_thresholds_of_an_endpoint_need_as_many_samples_as_the_run_unless_they_say(folder: Path) -> None:
    text = GOOD + 'minimum_samples = 30\n[thresholds.endpoints."GET /api/leads"]\nfailed = ["rate<0.1"]\n'
    assert [(str(one), one.minimum) for one in read(folder, text).thresholds] == [
        ("latency p(95)<800 ms", 30),
        ("GET /api/leads: failed rate<0.1", 30),
    ]
    assert read(folder, text + "minimum_samples = 7").thresholds[1].minimum == 7


@pytest.mark.parametrize(
    ("thresholds", "allowed"),
    [
        ('latency = ["p(90)<800"]', 0.1),
        ('latency = ["p(90)<700"]', 0.05),
        ('latency = ["p(95)<800"]\nslow = ["rate<=0.02"]', 0.02),
        ('slow = ["rate>0.1"]', 0.05),
        ('slow = ["rate<0.1"]', 0.1),
    ],
)
def test_the_share_of_slow_requests_that_is_allowed_follows_from_the_thresholds(
    folder: Path, thresholds: str, allowed: float
) -> None:
    assert read(folder, GOOD.replace('latency = ["p(95)<800"]', thresholds)).slow_allowed == allowed


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("warm_up", "warmup", "unknown field `warmup` (did you mean 'warm_up'?)"),
        ("latency =", "latencies =", "unknown field `latencies` - at `$.thresholds` (did you mean 'latency'?)"),
        ('"leads"', '"lead"', "scenario = 'lead': no file"),
        ('"leads"', '"lead"', "(did you mean 'leads'?)"),
        ('"10s"', '"10"', "not a duration: '10'"),
        ('duration = "10s"', "", 'say one of duration = "10s" and stages'),
        ('duration = "10s"', 'duration = "10s"\nstages = [{to = 5, over = "1s"}]', "say one of duration"),
        ('duration = "10s"', 'stages = [{to = 5, over = "0s"}]', "the load lasts no time"),
        ("rate = 40", "", "rate is missing: arrivals per second"),
        ("rate = 40", "rate = 0", "one at least is above 0"),
        ("rate = 40", "rate = -1", "a rate is a number of arrivals per second"),
        ("rate = 40", "rate = inf", "a rate is a number of arrivals per second"),
        ("rate = 40", "rate = nan", "a rate is a number of arrivals per second"),
        ("rate = 40", "rate = 1e308", "a rate is a number of arrivals per second, at most 1,000,000"),
        ("rate = 40", "rate = 40\nusers = 0", "users is at least 1, got 0"),
        ("rate = 40", "rate = 40\nmax_in_flight = 0", "max_in_flight is at least 1, got 0"),
        ("rate = 40", "rate = 40\nplatform_capacity = 0.9", "platform_capacity is 1 to 100,000 requests per second"),
        ("rate = 40", "rate = 40\nplatform_capacity = nan", "platform_capacity is 1 to 100,000 requests per second"),
        ("rate = 40", 'rate = 40\narrivals = "random"', "Invalid enum value 'random'"),
        ("rate = 40", 'rate = 40\nlimit = "0s"', "limit is above 0"),
        ("rate = 40", 'rate = 40\ntimeout = "800ms"', "timeout is longer than limit"),
        ('"2s"', '"1500ms"', "warm_up is in whole seconds"),
        ('latency = ["p(95)<800"]', "", "no thresholds: a load that nothing is asked of proves nothing"),
        ("[thresholds]", "[thresholds]\nminimum_samples = 0", "minimum_samples is at least 1"),
        ("p(95)<800", "p(95)=<800", "thresholds.latency[0]: an operator is one of"),
        (
            "<800",
            '<800"]\n[thresholds.endpoints."GET /"]\nslow = ["x<1',
            "thresholds.endpoints.'GET /'.slow[0]: slow is",
        ),
        ("<800", '<800"]\n[thresholds.endpoints."GET /"]\nslow = [] # ["', "holds no threshold"),
    ],
)
def test_a_slip_is_refused_where_it_stands(folder: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as refused:
        read(folder, GOOD.replace(old, new))

    assert str(refused.value).startswith(str(folder / "smoke.toml"))
    assert said in str(refused.value)


def test_a_scenario_may_be_a_path_from_the_profile(folder: Path) -> None:
    (folder / "own.py").touch()

    assert read(folder, GOOD.replace('"leads"', '"own.py"')).scenario == folder / "own.py"


def test_a_profile_is_found_by_its_name_or_its_path(folder: Path) -> None:
    read(folder, GOOD)

    assert find_profile("smoke", folder=folder, base=Path("/elsewhere")) == folder / "smoke.toml"
    assert find_profile("profiles/smoke.toml", folder=Path("/elsewhere"), base=folder.parent) == folder / "smoke.toml"
    with pytest.raises(ConfigError, match=r"smok\.toml: no such profile \(did you mean 'smoke'\?\)"):
        find_profile("smok", folder=folder, base=folder)


@pytest.mark.parametrize(("rate", "refused"), [(40, False), (39.9, True)])
def test_a_rate_above_the_ceiling_is_refused(folder: Path, rate: float, refused: bool) -> None:
    profile = read(folder, GOOD)
    if not refused:
        Ceiling(rate=rate).check(profile)
        return
    with pytest.raises(ConfigError, match=r"40 arrivals per second are more than the ceiling of 39\.9"):
        Ceiling(rate=rate).check(profile)


@pytest.mark.parametrize(("seconds", "refused"), [(12, False), (11.9, True)])
def test_a_run_longer_than_the_ceiling_is_refused(folder: Path, seconds: float, refused: bool) -> None:
    profile = read(folder, GOOD)
    ceiling = Ceiling(duration=timedelta(seconds=seconds))
    if not refused:
        ceiling.check(profile)
        return
    with pytest.raises(ConfigError, match=r"12 s are longer than the ceiling of 11\.9 s"):
        ceiling.check(profile)
