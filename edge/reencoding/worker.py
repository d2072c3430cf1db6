"""The process that makes one scan anew: it reads a file, writes the new one, and ends.

Whoever brought the file may have made it to crash, to loop or to take over what decodes it. So

- each file has a process of its own, which knows nothing of any other, of a key or of the store;
- before the first byte is read the kernel is told what the process may take: memory, seconds of computing, no file
  written, no process begun, no privilege gained;
- it answers by its exit status (`edge.reencoding.outcomes`), and writes nothing before all is done.
"""

from __future__ import annotations

import ctypes
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from edge.reencoding import pages, pictures
from edge.reencoding.outcomes import Outcome, Unfit
from protocol.records.blobs import MAX_BLOB

MEMORY = 768 * 1024 * 1024
"""Bytes of address space: Python and pdfium map some 200 MB, forty pages in grey at 200 dpi take 150 MB, in colour 450,
which is then too much, as the file of them would be."""

SECONDS = 30
"""Of computing: forty pages take 8 on the slowest board."""

PR_SET_NO_NEW_PRIVS = 38
"""linux/prctl.h."""

MAKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "image/jpeg": partial(pictures.made_anew, kind="JPEG"),
    "image/png": partial(pictures.made_anew, kind="PNG"),
    "application/pdf": pages.made_anew,
}


def main(arguments: Sequence[str]) -> int:
    """Make the file on standard input anew, as the one argument says what it is; returns the exit status."""
    (media,) = arguments
    _bound()
    data = sys.stdin.buffer.read(MAX_BLOB + 1)
    try:
        if len(data) > MAX_BLOB:
            return Outcome.TOO_LARGE
        made = MAKERS[media](data)
    except Unfit as error:
        return error.outcome
    except MemoryError:
        return Outcome.TOO_LARGE
    if len(made) > MAX_BLOB:
        return Outcome.TOO_LARGE
    sys.stdout.buffer.write(made)
    sys.stdout.buffer.flush()
    return Outcome.DONE


def _bound() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
