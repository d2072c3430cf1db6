"""Files that hold keys, and files that may be shown.

Rules:

- A private file is created 0600 from its first byte on, whole or not at all, and never over another one: a key that
  was overwritten is an annexe that can no longer prove who it is. `force` replaces it, knowingly.
- A private file that others may read is refused when it is read: its key may be known already.
- Both kinds are flushed to the disk before their name appears.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from protocol.errors import OperatorError
from protocol.records.encoding import Value, decode, encode

OTHERS = 0o077
MAX_FILE = 16 * 1024 * 1024  # a seed with the snapshot of `all` is the largest; twice its own limit


def write_private(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write a file with secrets, readable by its owner alone; OperatorError if there is one by that name."""
    _write(path, data, 0o600, force=force)


def write_public(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write a file that anybody may read; OperatorError if there is one by that name."""
    _write(path, data, 0o644, force=force)


def write_private_values(path: Path, values: Mapping[str, Value], *, force: bool = False) -> None:
    """Write a private file of named values in the closed encoding."""
    write_private(path, encode(dict(values)), force=force)


def read_private(path: Path) -> bytes:
    """Read a file with secrets; OperatorError if it is missing or others may read it."""
    data = read(path)
    mode = path.stat().st_mode & 0o777
    if mode & OTHERS:
        raise OperatorError(
            f"{path} can be read by others (mode {mode:o}): its keys may be known already. "
            f"If you are sure that they are not, type: chmod 600 {path}"
        )
    return data


def read_private_values(path: Path, names: set[str], later: Collection[str] = ()) -> dict[str, Value]:
    """Read a private file of named values; OperatorError unless it has exactly `names`.

    Those in `later` may be missing: a file of an earlier release has none of them.
    """
    value = decode(read_private(path), max_size=MAX_FILE)
    if not isinstance(value, dict) or not names - set(later) <= set(value) <= names:
        raise OperatorError(f"{path} is not the file expected here: give the one that mulhaqa-provision made.")
    return value


def read(path: Path) -> bytes:
    """Read a file; OperatorError with its name if that cannot be done."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error


def make_folder(folder: Path) -> None:
    """Make a folder for its owner alone, if it is not there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OperatorError(f"The folder {folder} cannot be made: {error.strerror}.") from error


def refuse_existing(*paths: Path, force: bool) -> None:
    """Refuse before anything is written if one of `paths` exists, so that a command never stops half way."""
    there = [str(path) for path in paths if path.exists()]
    if there and not force:
        raise OperatorError(
            f"{', '.join(there)} is there already, and what it holds may be in use: choose another name, "
            "or add --force to replace it for good."
        )


def _write(path: Path, data: bytes, mode: int, *, force: bool) -> None:
    refuse_existing(path, force=force)
    partial = path.with_name(path.name + ".partial")
    try:
        partial.unlink(missing_ok=True)  # left by a command that was interrupted
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)  # whatever the umask says
            file.write(data)
            file.flush()
            os.fsync(handle)
        _name(partial, path, force=force)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)


def _name(partial: Path, path: Path, *, force: bool) -> None:
    """Give the finished file its name: `link` fails where another command was faster, `replace` does not."""
    if force:
        partial.replace(path)
    else:
        os.link(partial, path)
