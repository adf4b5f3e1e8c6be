"""The package as it is installed by others: a wheel in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[3]


def installed(folder: Path) -> Path:
    """Build the wheel, install it into a new environment, and return that one's Python.

    Its dependencies are those of this environment, by a path: they are not what is looked at.
    """
    wheels = folder / "wheels"
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = wheels.glob("alertproof-*.whl")
    environment = folder / "environment"
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    install = [str(uv), "pip", "install", "--python", str(python), "--no-deps", "--offline", "--no-cache", str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=120, env=clean())
    (packages,) = (environment / "lib").glob("python*/site-packages")
    (theirs,) = (Path(sys.prefix) / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(f"{theirs}\n", encoding="utf-8")
    return python


def clean(**more: str) -> dict[str, str]:
    """Return an environment in which nothing of this repository is on a path."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ", "TMPDIR") if name in os.environ}
    return kept | more


def place_of(python: Path, module: str) -> Path:
    """Return where an environment imports a module from."""
    command = [str(python), "-c", f"import {module}; print({module}.__file__)"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=clean(), timeout=60, cwd="/")
    return Path(said.stdout.strip())
