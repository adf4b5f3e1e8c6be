"""Finds the browser: the only place that decides which one is used, and the only one that installs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

from alertproof.errors import ConfigError, nearest

__all__ = [
    "BROWSER_VARIABLE",
    "ENGINES",
    "PACKAGES",
    "SYSTEM_NAMES",
    "browser_version",
    "ensure_browser",
    "find_browser",
    "find_encoder",
]

BROWSER_VARIABLE = "ALERTPROOF_BROWSER"
#: The headless shell first: it does a journey in half the time of a whole browser.
SYSTEM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
#: Playwright drives Firefox and WebKit only in its own builds.
ENGINES = ("chromium", "firefox", "webkit")
_OWN_ENGINES = {
    "firefox": ("firefox/firefox", "firefox/firefox.exe", "firefox/*.app/Contents/MacOS/firefox"),
    "webkit": ("pw_run.sh", "Playwright.exe"),
}
#: Playwright's own, by the name of its folder and the programs inside, on Linux, macOS and Windows.
_OWN = {
    "chromium-headless-shell": ("*/headless_shell", "*/chrome-headless-shell", "*/chrome-headless-shell.exe"),
    "chromium": ("*/chrome", "*/chrome.exe", "*/*.app/Contents/MacOS/*"),
}
_ENCODER = ("ffmpeg-linux", "ffmpeg-mac", "ffmpeg-win64.exe")
#: With the font that a bare Debian lacks and the library that Playwright's driver wants.
PACKAGES = ("chromium-headless-shell", "fonts-dejavu-core", "libatomic1")
_APT = ("apt-get", "install", "--no-install-recommends", *PACKAGES)
_OWN_INSTALL = (sys.executable, "-m", "playwright", "install", "chromium-headless-shell")
_INSTALL_SECONDS = 300.0

Command: TypeAlias = Callable[[Sequence[str]], str]


def find_browser(environment: Mapping[str, str] = os.environ, *, engine: str = "chromium") -> Path:
    """Return the browser's program: the variable ``ALERTPROOF_BROWSER``, else the system's Chromium, else Playwright's.

    ``engine`` is one of `ENGINES`; of Firefox and WebKit there is only Playwright's own. Raises `ConfigError` with the
    one command that helps.
    """
    if engine != "chromium":
        return _find_engine(engine, environment)
    named = environment.get(BROWSER_VARIABLE)
    if named:
        if not Path(named).is_file() or not os.access(named, os.X_OK):
            raise ConfigError(f"{BROWSER_VARIABLE}={named}: no program there; unset it or name a Chromium")
        return Path(named)
    for name in SYSTEM_NAMES:
        found = shutil.which(name, path=environment.get("PATH"))
        if found:
            return Path(found)
    for name, programs in _OWN.items():
        for program in _downloaded(name, programs, environment):
            return program
    raise ConfigError(f"no browser; run: alertproof browser --install, or: sudo {' '.join(_APT)}")


def _find_engine(engine: str, environment: Mapping[str, str]) -> Path:
    if engine not in ENGINES:
        raise ConfigError(f"no engine is called {engine!r}{nearest(engine, ENGINES)}")
    if environment.get(BROWSER_VARIABLE):
        raise ConfigError(
            f"{BROWSER_VARIABLE} names a Chromium, and the engine is {engine}: unset one of the two "
            f"({engine} is found by itself, in the build that Playwright brings)"
        )
    for program in _downloaded(engine, _OWN_ENGINES[engine], environment):
        return program
    raise ConfigError(
        f"no {engine} that Playwright can drive (it takes its own build of it, not the system's); run: "
        f"python -m playwright install --with-deps {engine}"
    )


def find_encoder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return Playwright's own ffmpeg, without which it records no video, or None."""
    return next(_downloaded("ffmpeg", _ENCODER, environment), None)


def browser_version(program: Path) -> str:
    """Return what the browser says of itself, such as ``Chromium 156.0.8078.108``; raises `ConfigError`."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigError(f"{program} does not run: {error}") from error
    return done.stdout.strip()


def ensure_browser(
    environment: Mapping[str, str] = os.environ, *, run: Command | None = None, root: bool | None = None
) -> Path:
    """Return the browser's program, installed if need be: Debian's package as root, else Playwright's download.

    ``run`` runs a command and returns what went wrong, empty when nothing did. Raises `ConfigError` with what was
    tried and what to do. Nothing calls this by itself: a run of tests must not change the machine it runs on.
    """
    run = run or _run
    try:
        return find_browser(environment)
    except ConfigError:
        if environment.get(BROWSER_VARIABLE):
            raise  # what was named is not there: another one would not be what was asked for
    tried = []
    is_root = os.geteuid() == 0 if root is None and hasattr(os, "geteuid") else bool(root)
    for command in _ways(environment, is_root=is_root):
        trouble = ""
        for part in command:
            trouble = trouble or run(part)
        try:
            return find_browser(environment)
        except ConfigError:
            tried.append(f"  {' '.join(command[-1])}\n    {trouble or 'ended well, but no browser is there'}")
    raise ConfigError(
        "no browser, and none could be installed; tried:\n"
        + "\n".join(tried)
        + f"\ninstall one: sudo {' '.join(_APT)}\nor name the one that you have: export {BROWSER_VARIABLE}=/path/to/it"
    )


def _ways(environment: Mapping[str, str], *, is_root: bool) -> Iterator[tuple[tuple[str, ...], ...]]:
    if is_root and shutil.which("apt-get", path=environment.get("PATH")):
        yield ("apt-get", "update", "-qq"), (*_APT[:2], "-y", "-qq", *_APT[2:])
    yield (_OWN_INSTALL,)


def _run(command: Sequence[str]) -> str:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"did not end within {_INSTALL_SECONDS:.0f} s"
    except OSError as error:
        return str(error)
    if done.returncode == 0:
        return ""
    last = next((line for line in reversed(done.stdout.splitlines()) if line.strip()), "")
    return f"exit code {done.returncode}: {last.strip()}"


def _downloaded(name: str, programs: Sequence[str], environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the programs of a part that Playwright has downloaded for itself, in the version that it wants."""
    revision = _revisions().get(name)
    registry = _registry(environment)
    if revision is None or registry is None:
        return
    folder = registry / f"{name.replace('-', '_')}-{revision}"
    for program in programs:
        yield from (found for found in sorted(folder.glob(program)) if os.access(found, os.X_OK))


def _driver() -> Path | None:
    """Return the folder of Playwright's driver without importing Playwright, which costs a tenth of a second."""
    spec = find_spec("playwright")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "driver" / "package"


def _revisions() -> dict[str, str]:
    driver = _driver()
    if driver is None or not (driver / "browsers.json").is_file():
        return {}
    listed = json.loads((driver / "browsers.json").read_text(encoding="utf-8"))
    return {part["name"]: part["revision"] for part in listed["browsers"]}


def _registry(environment: Mapping[str, str]) -> Path | None:
    named = environment.get("PLAYWRIGHT_BROWSERS_PATH")
    if named == "0":
        driver = _driver()
        return driver / ".local-browsers" if driver else None
    if named:
        return Path(named)
    if sys.platform == "win32":
        local = environment.get("LOCALAPPDATA")
        return Path(local) / "ms-playwright" if local else None
    home = environment.get("HOME")
    if not home:
        return None
    if sys.platform == "darwin":
        return Path(home) / "Library" / "Caches" / "ms-playwright"
    return Path(environment.get("XDG_CACHE_HOME") or Path(home) / ".cache") / "ms-playwright"
