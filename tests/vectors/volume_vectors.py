"""Vectors of volumes: one whole file, what is left of it when its bytes change, and frames that it may not have."""

from __future__ import annotations

from protocol.records.chain import Head
from protocol.records.keys import OpeningKey, seal_to, subject_of
from protocol.sync.batches import SealedKey, write_batch
from protocol.sync.checkpoint import Held
from protocol.sync.frames import pack
from protocol.sync.volume import HEAD_SIZE, MAGIC, VolumeOpening, VolumeWriter
from tests.vectors.bundle_vectors import SENDER, the_records
from tests.vectors.values import DATA_KEY, Json, fixed

WRITER_OPENING = OpeningKey(fixed("annexe opening"))
KEY, EPHEMERAL = fixed("volume key"), fixed("volume ephemeral")


def opening_frame() -> bytes:
    """What the whole file's first frame says."""
    held = Held("all", (Head(fixed("segment all", 8), 7, fixed("head of all")),))
    return VolumeOpening(run=2, part=3, before=16_777_000, held=(held, Held(f"{SENDER}/cases"))).frame()


def frames() -> list[bytes]:
    """What the whole file holds: an opening, a batch with a key, and one of nothing."""
    key = SealedKey(subject_of(DATA_KEY), seal_to(WRITER_OPENING.public, DATA_KEY, fixed("volume key ephemeral")), 0)
    batch = write_batch(1, f"{SENDER}/cases", the_records(), [key])
    return [opening_frame(), batch, write_batch(2, "all", [], [])]


def file_of(contents: list[bytes]) -> bytes:
    """The bytes of a file that holds these frames."""
    writer = VolumeWriter(KEY)
    return VolumeWriter.head(WRITER_OPENING.public, KEY, EPHEMERAL) + b"".join(writer.add(one) for one in contents)


def volumes() -> Json:
    """The file, its changes with what a reader still finds, and frames that are refused."""
    whole, contents = file_of(frames()), frames()
    first, second = len(file_of(contents[:1])), len(file_of(contents[:2]))
    return {
        "opening seed": WRITER_OPENING.seed.hex(),
        "key": KEY.hex(),
        "ephemeral": EPHEMERAL.hex(),
        "frames": [one.hex() for one in contents],
        "records": [one.encoded.hex() for one in the_records()],
        "file": whole.hex(),
        "sound": [
            {"name": "nothing is changed", "entries": 3, "sound": len(whole), "damaged": 0},
            {"name": "a cut in the last entry", "keep": len(whole) - 1, "entries": 2, "sound": second, "damaged": 0},
            {"name": "a cut in a length", "keep": second + 3, "entries": 2, "sound": second, "damaged": 0},
            {"name": "a cut behind the opening", "keep": first, "entries": 1, "sound": first, "damaged": 0},
            {"name": "a head alone", "keep": HEAD_SIZE, "entries": 0, "sound": 0, "damaged": 0},
            {"name": "zeros behind it", "append": "00" * 64, "entries": 3, "sound": len(whole), "damaged": 0},
            {"name": "a length too long", "append": "ffffffff", "entries": 3, "sound": len(whole), "damaged": 0},
            {"name": "a bit of the batch", "flip": [second - 1, 1], "entries": 3, "sound": len(whole), "damaged": 1},
            {"name": "a bit of the end", "flip": [len(whole) - 1, 1], "entries": 2, "sound": second, "damaged": 0},
        ],
        "refused": [
            {"name": "a bit of the magic", "kind": "no-bundle", "flip": [0, 1]},
            {"name": "the version", "kind": "no-bundle", "flip": [len(MAGIC) - 2, 1]},
            {"name": "a bit of the sealed key", "kind": "bundle-recipient", "flip": [len(MAGIC), 1]},
            {"name": "a bit of the opening", "kind": "bundle-damaged", "flip": [first - 1, 1]},
        ],
        "contents": [
            {"name": "no opening", "kind": "turn", "frames": [contents[1].hex()]},
            {"name": "two openings", "kind": "turn", "frames": [contents[0].hex(), contents[0].hex()]},
            {"name": "a frame of a line", "kind": "turn", "frames": [contents[0].hex(), pack("bye").hex()]},
            {"name": "no frame", "kind": "frame", "frames": [contents[0].hex(), "c1"]},
        ],
    }
