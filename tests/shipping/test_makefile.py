"""`make` on machines that lack something: one line says what is missing and how to get it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

if shutil.which("make") is None:
    pytest.skip("make is not installed", allow_module_level=True)


def make(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    # A test run by `make test` has the outer make's settings, which would reach this one.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    return subprocess.run(
        ["make", *args], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def python_that(folder: Path, answer: str) -> Path:
    """A stand-in for an interpreter: `answer` is the shell text that decides, `$2` the code it was given."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(0o755)
    return path


def test_make_alone_prints_every_target(checkout: Path) -> None:
    printed = make(checkout).stdout
    for target in ("install", "run", "test", "lint", "check", "bench", "lock", "image"):
        assert f"make {target} " in printed


@pytest.mark.parametrize("answer", ["exit 1", "exit 127"])
def test_without_a_new_enough_python_it_says_so(checkout: Path, answer: str) -> None:
    done = make(checkout, "install", f"PYTHON={python_that(checkout, answer)}")
    assert done.returncode == 2
    assert "Python 3.11 or newer is needed" in done.stderr.splitlines()[0]
    assert not (checkout / ".venv").exists()


def test_without_venv_it_names_the_package(checkout: Path) -> None:
    lacks_venv = 'case "$2" in *venv*) exit 1;; *) exit 0;; esac'
    done = make(checkout, "install", f"PYTHON={python_that(checkout, lacks_venv)}")
    assert done.returncode == 2
    assert "apt-get install python3-venv" in done.stderr.splitlines()[0]


def test_installed_once_it_does_nothing(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / ".installed").touch()
    assert make(checkout, "install", "PYTHON=no-such-python").returncode == 0


def test_lock_names_what_it_needs(checkout: Path) -> None:
    tools = checkout / "bin"
    tools.mkdir()
    for tool in ("bash", "make"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    done = subprocess.run(
        ["make", "lock"], cwd=checkout, env={"PATH": str(tools)}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2 and "uv is needed" in done.stderr
