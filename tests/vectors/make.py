"""Make every vector of the record format from fixed keys: `python -m tests.vectors.make [--check]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from tests.vectors.blob_vectors import blobs
from tests.vectors.boxed_vectors import boxed
from tests.vectors.bundle_vectors import bundles
from tests.vectors.chain_vectors import chains
from tests.vectors.credential_vectors import credentials
from tests.vectors.primitive_vectors import compression, encoding, hashing, keys, sealing
from tests.vectors.record_vectors import records
from tests.vectors.session_vectors import sessions
from tests.vectors.strongbox_vectors import strongbox
from tests.vectors.values import Json
from tests.vectors.volume_vectors import volumes

FOLDER = Path(__file__).parent

MAKERS: dict[str, Callable[[], Json]] = {
    "encoding": encoding,
    "hashing": hashing,
    "keys": keys,
    "sealing": sealing,
    "compression": compression,
    "blobs": blobs,
    "records": records,
    "chains": chains,
    "credentials": credentials,
    "sessions": sessions,
    "boxed": boxed,
    "bundles": bundles,
    "volumes": volumes,
    "strongbox": strongbox,
}


def path_of(name: str) -> Path:
    """Where the vectors called `name` are kept."""
    return FOLDER / f"{name}.json"


def render(name: str) -> str:
    """The file of these vectors as the code makes it today."""
    return json.dumps(MAKERS[name](), ensure_ascii=False, indent=1) + "\n"


def main(arguments: list[str]) -> int:
    """Write all files, or with --check name those that differ; 1 if any does."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    stale = [name for name in MAKERS if not path_of(name).exists() or path_of(name).read_text("utf-8") != render(name)]
    for name in stale:
        sys.stdout.write(f"{'differs' if arguments else 'written'}: {path_of(name)}\n")
        if not arguments:
            path_of(name).write_text(render(name), "utf-8")
    return 1 if arguments and stale else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
