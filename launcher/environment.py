"""The Python environment, made from a lock file and made again when the lock says something else.

Rules:

- What is installed is exactly a lock file: every package pinned, every file's hash checked, wheels only, so that
  setting up runs no package's own code and needs no compiler.
- A stamp inside the environment names the Python and the locks it was made from. It is written last and removed
  first: an interrupted set-up is no environment, and the next start begins anew.
- Another Python, or a lock that changed, gets a new environment and not a mended one: nothing that a lock no longer
  names can stay behind and hide a missing dependency.
- One set-up at a time: two starts in one clone wait for each other.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher import debian
from launcher.progress import Refusal, Speaker

ROOT = Path(__file__).resolve().parent.parent
PLACE = "MULHAQA_ENVIRONMENT"  # the variable that names another folder for the environment
STAMP = "mulhaqa-stamp.json"
PIN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*==", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file of `requirements/`, and those whose packages it holds as well."""

    name: str
    includes: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Where the lock file lies."""
        return ROOT / "requirements" / self.name

    def covers(self) -> tuple[str, ...]:
        """The names of all locks that an environment made from this one satisfies."""
        return (self.name, *self.includes)


RUNTIME = Lock("runtime.lock")
DEVELOPMENT = Lock("development.lock", includes=("runtime.lock",))


def place(variables: Mapping[str, str] = os.environ) -> Path:
    """The folder of the environment: `.venv` in the clone unless MULHAQA_ENVIRONMENT names another."""
    return Path(variables.get(PLACE) or ROOT / ".venv").absolute()


def python_of(folder: Path) -> Path:
    """The interpreter inside an environment."""
    return folder / "bin" / "python"


def satisfied(folder: Path, lock: Lock) -> bool:
    """Whether the environment in `folder` was made by this Python from `lock` as it is now."""
    stamp = _read_stamp(folder)
    return (
        python_of(folder).exists()
        and stamp.get("python") == _this_python()
        and stamp.get(lock.name) == _hash(lock.name)
    )


def write_scripts(folder: Path) -> None:
    """Put our own commands (`[project.scripts]`) beside the interpreter; they run this clone's code as it is."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    for name, target in scripts.items():
        module, function = target.split(":")
        path = folder / "bin" / name
        path.write_text(
            f"#!{python_of(folder)}\nimport sys\n\nsys.path.insert(0, {str(ROOT)!r})\n"
            f"from {module} import {function}\n\nsys.exit({function}())\n"
        )
        path.chmod(0o755)


def write_stamp(folder: Path, lock: Lock) -> None:
    """Note in the environment what it was made from, as the last act of making it."""
    stamp = {"python": _this_python(), **{name: _hash(name) for name in lock.covers()}}
    (folder / STAMP).write_text(json.dumps(stamp) + "\n")


def provide(lock: Lock, speaker: Speaker, folder: Path | None = None) -> Path:
    """Return the interpreter of an environment that satisfies `lock`, making it first if need be."""
    folder = folder or place()
    if not satisfied(folder, lock):
        with _alone():
            if not satisfied(folder, lock):  # another start may have made it while we waited
                _make(folder, lock, speaker)
    return python_of(folder)


def _make(folder: Path, lock: Lock, speaker: Speaker) -> None:
    debian.provide(debian.ENVIRONMENT, speaker)
    stamp = folder / STAMP
    keep = _extends(folder, lock)
    stamp.unlink(missing_ok=True)
    if not keep:
        _refuse_a_strangers_folder(folder)
        speaker.step(f"making a Python {sys.version.split()[0]} environment in {_short(folder)}")
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    _install(folder, lock, speaker)
    write_scripts(folder)
    write_stamp(folder, lock)
    speaker.step("the environment is ready")


def _extends(folder: Path, lock: Lock) -> bool:
    """An environment that holds a part of `lock`, unchanged, is added to and not made anew."""
    return any(satisfied(folder, Lock(name)) for name in lock.includes)


def _refuse_a_strangers_folder(folder: Path) -> None:
    """`venv --clear` empties a folder: only ours, never one that MULHAQA_ENVIRONMENT names by mistake."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
        raise Refusal(f"{folder} is not a Python environment and not empty: name another folder in {PLACE}.")


def _install(folder: Path, lock: Lock, speaker: Speaker) -> None:
    total = len(PIN.findall(lock.path.read_text()))
    speaker.step(f"installing the {total} packages of requirements/{lock.name}, each checked against its hash")
    command = [
        str(python_of(folder)), "-m", "pip", "install",
        "--require-hashes", "--only-binary", ":all:", "--no-deps",
        "--disable-pip-version-check", "--no-input", "--progress-bar", "off",
        "-r", str(lock.path),
    ]  # fmt: skip
    lines: list[str] = []
    done = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            lines.append(line.rstrip())
            if line.startswith(("Collecting ", "Processing ", "Requirement already satisfied")):
                done += 1
                speaker.count(done, total, "packages")
    if pip.returncode != 0:
        tail = "\n".join(lines[-15:])
        raise Refusal(f"{tail}\nThe packages could not be installed: see above. Is the package registry within reach?")
    _run([str(python_of(folder)), "-m", "pip", "check", "--disable-pip-version-check"])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refusal(f"{done.stdout}{done.stderr}\nThis command failed: {' '.join(command)}")


@contextmanager
def _alone() -> Iterator[None]:
    folder = ROOT / ".mulhaqa"
    folder.mkdir(exist_ok=True)
    with (folder / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read_stamp(folder: Path) -> dict[str, str]:
    try:
        stamp = json.loads((folder / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _this_python() -> str:
    return f"{sys.implementation.name} {sys.version.split()[0]} {os.path.realpath(sys.executable)}"


def _hash(name: str) -> str:
    return hashlib.sha256(Lock(name).path.read_bytes()).hexdigest()


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
