"""An authority's whole folder in one sealed file, and the way back from it, or from the recovery sheet.

    backup   the box (protocol.records.strongbox), thing "authority", of encode({name: [is secret, bytes]})

- Names are paths inside the folder; the roots stay sealed inside the box, under their own passphrase.
- A backup that was written was read back and opened first.
- Nothing is ever restored over an authority: the folder must hold none.
- From the sheet the roots come back, and their certificates, which follow from them. What else the folder held is
  made anew: the issuer of the year and the authorities of seals and networks (`authority issuer`).
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Final

from protocol.errors import OperatorError
from protocol.records.encoding import Value, decode, encode
from protocol.records.strongbox import MAX_BOX, BoxRefused, Lock, open_box, seal
from provisioning import authority, files, issuance
from provisioning.roots import Entropy, Roots, open_roots

THING: Final = "authority"
LEFT_OUT: Final = (".partial", ".demo")
"""A file that was being written; and the passphrase of a demonstration, which would lie with what it opens."""


def backup(folder: Path, out: Path, lock: Lock, entropy: Entropy, *, force: bool = False) -> int:
    """Write the backup of an authority; returns how many files are in it. OperatorError when it cannot be."""
    authority.read_root(folder)
    held = _held(folder)
    box = seal(THING, encode({name: [is_secret, data] for name, (is_secret, data) in held.items()}), lock, entropy)
    if _opened(box, lock.passphrase) != held:
        raise OperatorError("What was sealed does not read back: this computer's memory is not sound. Use another one.")
    files.write_private(out, box, force=force)
    return len(held)


def restore_backup(folder: Path, box: bytes, passphrase: str, *, dry_run: bool = False) -> list[str]:
    """Make the folder again from a backup; returns the names of its files. Raises BoxRefused or OperatorError."""
    held = _opened(box, passphrase)
    paths = [folder / name for name in held]
    files.refuse_existing(*paths, folder / issuance.NAME, force=False)
    if not dry_run:
        for path, (is_secret, data) in zip(paths, held.values(), strict=True):
            files.make_folder(path.parent)
            (files.write_private if is_secret else files.write_public)(path, data)
    return list(held)


def restore_roots(folder: Path, box: bytes, passphrase: str, *, now_ms: int, dry_run: bool = False) -> Roots:
    """Make the folder of roots that come from the sheet. Raises BoxRefused or OperatorError."""
    roots = open_roots(box, passphrase)
    files.refuse_existing(*authority.would_make(folder), folder / issuance.NAME, force=False)
    if not dry_run:
        authority.keep(folder, roots, box, now_ms=now_ms, did="restored")
    return roots


Held = dict[str, tuple[bool, bytes]]


def _held(folder: Path) -> Held:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in LEFT_OUT)
    if sum(path.stat().st_size for path in paths) > MAX_BOX // 2:
        raise OperatorError(f"{folder} holds more than an authority: move out of it what does not belong there.")
    return {path.relative_to(folder).as_posix(): (_is_secret(path), files.read(path)) for path in paths}


def _is_secret(path: Path) -> bool:
    return not path.stat().st_mode & files.OTHERS


def _opened(box: bytes, passphrase: str) -> Held:
    value = decode(open_box(THING, box, passphrase), max_size=MAX_BOX)
    if not isinstance(value, dict):
        raise BoxRefused("This backup was made by a later release: use that one.")
    return {_inside(name): _file(entry) for name, entry in value.items()}


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise BoxRefused("This backup names a file outside the authority's folder: it is not one of ours.")
    return name


def _file(entry: Value) -> tuple[bool, bytes]:
    match entry:
        case [bool(is_secret), bytes(data)]:
            return is_secret, data
    raise BoxRefused("This backup was made by a later release: use that one.")
