"""The one resolver of the browser: its order, what it installs when asked, and what it says when it cannot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.journeys import browser_version, ensure_browser, find_browser, find_encoder


def program(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def revision(name: str) -> str:
    spec = find_spec("playwright")
    assert spec is not None
    assert spec.origin is not None
    listed = json.loads((Path(spec.origin).parent / "driver" / "package" / "browsers.json").read_text(encoding="utf-8"))
    return str(next(part["revision"] for part in listed["browsers"] if part["name"] == name))


def own(registry: Path, name: str, *inside: str) -> Path:
    return program(registry.joinpath(f"{name.replace('-', '_')}-{revision(name)}", *inside))


def test_the_systems_browser_comes_before_playwrights_own(tmp_path: Path) -> None:
    system = program(tmp_path / "bin" / "chromium")
    downloaded = own(tmp_path / "registry", "chromium-headless-shell", "chrome-linux", "headless_shell")
    registry = str(tmp_path / "registry")

    assert find_browser({"PATH": str(tmp_path / "bin"), "PLAYWRIGHT_BROWSERS_PATH": registry}) == system
    assert find_browser({"PATH": "", "PLAYWRIGHT_BROWSERS_PATH": registry}) == downloaded


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("chromium-headless-shell", ("chrome-headless-shell-linux64", "chrome-headless-shell")),
        ("chromium", ("chrome-linux64", "chrome")),
    ],
)
def test_playwrights_own_is_found_where_it_is_downloaded(name: str, inside: tuple[str, ...], tmp_path: Path) -> None:
    downloaded = own(tmp_path / ".cache" / "ms-playwright", name, *inside)

    assert find_browser({"PATH": "", "HOME": str(tmp_path)}) == downloaded


def test_one_of_another_version_of_playwright_is_not_taken(tmp_path: Path) -> None:
    program(tmp_path / "chromium_headless_shell-1" / "chrome-linux" / "headless_shell")

    with pytest.raises(ConfigError, match="alertproof browser --install"):
        find_browser({"PATH": "", "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)})


def test_the_encoder_of_videos_is_playwrights_own(tmp_path: Path) -> None:
    environment = {"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    assert find_encoder(environment) is None

    encoder = own(tmp_path, "ffmpeg", "ffmpeg-linux")

    assert find_encoder(environment) == encoder


@pytest.mark.parametrize(
    ("engine", "inside"),
    [("firefox", ("firefox", "firefox")), ("webkit", ("pw_run.sh",))],
)
def test_another_engine_is_playwrights_own_build_of_it(engine: str, inside: tuple[str, ...], tmp_path: Path) -> None:
    program(tmp_path / "bin" / engine)  # the system's is none that Playwright could drive
    environment = {"PATH": str(tmp_path / "bin"), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    with pytest.raises(ConfigError, match=f"no {engine} that Playwright can drive .*playwright install .*{engine}"):
        find_browser(environment, engine=engine)

    downloaded = own(tmp_path, engine, *inside)

    assert find_browser(environment, engine=engine) == downloaded


def test_a_chromium_that_is_named_and_another_engine_contradict_each_other(tmp_path: Path) -> None:
    named = {"ALERTPROOF_BROWSER": str(program(tmp_path / "chromium"))}
    assert find_browser(named, engine="chromium") == tmp_path / "chromium"
    with pytest.raises(ConfigError, match="ALERTPROOF_BROWSER names a Chromium, and the engine is webkit"):
        find_browser(named, engine="webkit")


def test_an_engine_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no engine is called 'firefx' .did you mean 'firefox'?"):
        find_browser({}, engine="firefx")


def test_the_browser_says_its_version(tmp_path: Path) -> None:
    assert browser_version(program(tmp_path / "b", "#!/bin/sh\necho Chromium 1.2.3\n")) == "Chromium 1.2.3"


def test_a_browser_that_does_not_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="b does not run"):
        browser_version(program(tmp_path / "b", "#!/bin/sh\nexit 127\n"))


class Machine:
    """Notes the commands that are run on it; ``gives`` says after which of them a browser is there."""

    def __init__(self, folder: Path, *, gives: str = "", trouble: str = "") -> None:
        self.folder = folder
        self.ran: list[str] = []
        self._gives, self._trouble = gives, trouble
        program(folder / "apt-get")

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": str(self.folder), "PLAYWRIGHT_BROWSERS_PATH": str(self.folder / "none")}

    def run(self, command: Sequence[str]) -> str:
        self.ran.append(" ".join(command))
        if self._gives and self._gives in self.ran[-1]:
            program(self.folder / "chromium-headless-shell")
        return self._trouble


def test_as_root_on_debian_the_package_is_installed(tmp_path: Path) -> None:
    machine = Machine(tmp_path, gives="apt-get install")

    found = ensure_browser(machine.environment, run=machine.run, root=True)

    assert found == tmp_path / "chromium-headless-shell"
    assert machine.ran[0] == "apt-get update -qq"
    assert machine.ran[1].startswith("apt-get install -y -qq --no-install-recommends chromium-headless-shell ")
    assert len(machine.ran) == 2


@pytest.mark.parametrize("root", [True, False])
def test_else_playwrights_download_is_tried(tmp_path: Path, root: bool) -> None:
    machine = Machine(tmp_path, gives="playwright install")

    assert ensure_browser(machine.environment, run=machine.run, root=root) == tmp_path / "chromium-headless-shell"

    assert machine.ran[-1].endswith("-m playwright install chromium-headless-shell")
    assert any("apt-get" in command for command in machine.ran) is root


def test_when_nothing_helps_it_says_what_was_tried_and_what_to_do(tmp_path: Path) -> None:
    machine = Machine(tmp_path, trouble="exit code 1: no route to anywhere")

    with pytest.raises(ConfigError) as raised:
        ensure_browser(machine.environment, run=machine.run, root=True)

    told = str(raised.value)
    assert "apt-get install -y" in told
    assert "playwright install chromium-headless-shell" in told
    assert told.count("exit code 1: no route to anywhere") == 2
    assert "export ALERTPROOF_BROWSER=" in told
    assert [command for command in machine.ran if command.startswith("apt-get")] == ["apt-get update -qq"]


def test_a_browser_that_is_there_is_not_installed_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    there = program(tmp_path / "chromium")

    assert ensure_browser(machine.environment, run=machine.run, root=True) == there
    assert machine.ran == []


def test_a_browser_that_was_named_and_is_not_there_is_not_replaced_by_another(tmp_path: Path) -> None:
    machine = Machine(tmp_path)

    with pytest.raises(ConfigError, match="no program there"):
        ensure_browser({**machine.environment, "ALERTPROOF_BROWSER": "/nowhere"}, run=machine.run, root=True)

    assert machine.ran == []
