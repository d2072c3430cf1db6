"""Vectors of bundles: one whole file, what is refused when its bytes are changed, and contents that are none."""

from __future__ import annotations

from dataclasses import replace

from protocol.records.chain import NO_PARENT, Head
from protocol.records.credentials import Credential
from protocol.records.encoding import Value, encode
from protocol.records.keys import OpeningKey, SigningKey, seal_to, subject_of
from protocol.sync.batches import SealedKey, Stored, stored_record, write_batch
from protocol.sync.bundle import LENGTH_SIZE, BundleWriter
from protocol.sync.checkpoint import Held, write_checkpoint
from protocol.sync.frames import MAX_FRAME, pack
from protocol.sync.hello import LocalIdentity
from protocol.sync.opening import Opening
from protocol.sync.pieces import HEAD_SIZE, MAGIC, SEALED_PIECE
from tests.vectors.chain_vectors import following, opening
from tests.vectors.credential_vectors import ANNEXE, ANNEXE_DRAFT, ISSUER, ISSUER_DRAFT, ROOT, ROOT_DRAFT, Draft
from tests.vectors.values import DATA_KEY, SIGNER, STRANGER, Json, fixed

CENTRE = SigningKey(fixed("centre"))
CENTRE_OPENING = OpeningKey(fixed("centre opening"))
KEY, EPHEMERAL = fixed("bundle key"), fixed("bundle ephemeral")
MADE = 1_767_300_000_000
SENDER, READER = "berkane-05", "prefecture"


def leaf(signing: SigningKey = ANNEXE) -> Credential:
    """The sender's credential."""
    return replace(ANNEXE_DRAFT, public=signing.public).by(ISSUER)


def identity(signing: SigningKey = ANNEXE) -> LocalIdentity:
    """The sender's end."""
    return LocalIdentity(signing, (leaf(signing), ISSUER_DRAFT.by(ROOT)))


def the_opening() -> Opening:
    """What the whole file's first frame says."""
    held = Held("all", (Head(fixed("segment all", 8), 7, fixed("head of all")),))
    given = write_checkpoint(ANNEXE, acker=SENDER, audience=READER, counter=3, echo=None, held=[held])
    return Opening(
        sender=SENDER,
        recipient=READER,
        run=fixed("run", 8),
        number=2,
        part=1,
        made_ms=MADE,
        commitment=BundleWriter(identity(), CENTRE_OPENING.public, KEY, EPHEMERAL).commitment,
        nonce=fixed("bundle nonce"),
        known=None,
        after=(Held(f"{SENDER}/cases"), Held(f"{SENDER}/office")),
        given=given,
        chain=tuple(one.encoded() for one in identity().chain),
    )


def the_records() -> list[Stored]:
    """Two records of a stream."""
    first = opening("a", None, 0)
    return [stored_record(first), stored_record(following(first, "a", 1))]


def batch(number: int = 1) -> bytes:
    """The whole file's batch."""
    key = SealedKey(subject_of(DATA_KEY), seal_to(CENTRE_OPENING.public, DATA_KEY, fixed("key ephemeral")))
    return write_batch(number, f"{SENDER}/cases", the_records(), [key])


def first_frame(said: Opening | None = None, signing: SigningKey = ANNEXE) -> bytes:
    """A bundle frame, signed."""
    body = (said or the_opening()).encoded()
    return pack("bundle", body, signing.sign("bundle", body))


def whole() -> bytes:
    """The bytes of the whole file."""
    writer = BundleWriter(identity(), CENTRE_OPENING.public, KEY, EPHEMERAL)
    return writer.open(the_opening()) + writer.add(batch()) + writer.close(more=False)


def bundles() -> Json:
    """The file, its changes, and contents that are no bundle's."""
    centre = Draft("centre", CENTRE.public, READER, CENTRE_OPENING.public).by(ISSUER)
    return {
        "root": ROOT_DRAFT.by(ROOT).encoded().hex(),
        "reader": {"id": READER, "credential": centre.encoded().hex(), "opening seed": CENTRE_OPENING.seed.hex()},
        "key": KEY.hex(),
        "ephemeral": EPHEMERAL.hex(),
        "plain": _contents([first_frame(), batch(), pack("end", False)]).hex(),
        "records": [one.encoded.hex() for one in the_records()],
        "file": whole().hex(),
        "scans": _scans(),
        "changed": _changed(len(whole())),
        "contents": [
            {"name": name, "kind": kind, "plain": plain.hex()} for name, kind, plain in [*_frames(), *_openings()]
        ],
    }


def _scans() -> Json:
    """A file of scans: what it wants and gives, and contents that none has."""
    want, end = pack("want", [[fixed("blob wanted"), 3]]), pack("end", True)
    first, second = _piece(1, 0), _piece(2, 1)
    bad = [
        ("a batch among scans", "turn", [first_frame(), batch(), end]),
        ("a piece that is not there", "frame", [first_frame(), pack("chunk", 1, fixed("blob given"), 0, None), end]),
        ("a piece before the opening", "turn", [first, end]),
    ]
    return {
        "plain": _contents([first_frame(), want, first, second, end]).hex(),
        "wants": [[fixed("blob wanted").hex(), 3]],
        "pieces": [[fixed("blob given").hex(), place, (b"piece %d" % place).hex()] for place in (0, 1)],
        "contents": [{"name": name, "kind": kind, "plain": _contents(frames).hex()} for name, kind, frames in bad],
    }


def _piece(number: int, place: int) -> bytes:
    return pack("chunk", number, fixed("blob given"), place, b"piece %d" % place)


def _changed(size: int) -> list[Json]:
    """Changes to the file: how many bytes are kept, which bits are turned in which byte, what is put behind."""
    flips = [
        ("the magic", "no-bundle", 0),
        ("the version", "no-bundle", len(MAGIC) - 2),
        ("the sealed key", "bundle-recipient", len(MAGIC)),
        ("the end of the sealed key", "bundle-recipient", HEAD_SIZE - 1),
        ("the first byte of the piece", "bundle-damaged", HEAD_SIZE),
        ("a byte of the padding", "bundle-damaged", size - 100),
        ("the last byte of the tag", "bundle-damaged", size - 1),
    ]
    cuts = [("nothing", 0), ("half a magic", 9), ("a magic alone", len(MAGIC)), ("a head", HEAD_SIZE), ("but one", -1)]
    turned: list[Json] = [{"name": f"a bit of {name}", "kind": kind, "flip": [at, 1]} for name, kind, at in flips]
    shortened: list[Json] = [
        {"name": f"{name} is left", "kind": "bundle-cut", "keep": keep % size} for name, keep in cuts
    ]
    return [
        *turned,
        *shortened,
        {"name": "a byte is added", "kind": "bundle-damaged", "append": "00"},
        {"name": "a piece of zeros is added", "kind": "bundle-damaged", "append": "00" * SEALED_PIECE},
    ]


def _frames() -> list[tuple[str, str, bytes]]:
    end = pack("end", False)
    return [
        ("nothing but zeros", "frame", b""),
        ("no end", "frame", _contents([first_frame(), batch()])),
        ("no opening", "turn", _contents([batch(), end])),
        ("two openings", "turn", _contents([first_frame(), first_frame(), end])),
        ("a frame of the live session", "turn", _contents([first_frame(), pack("bye"), end])),
        ("a batch out of turn", "turn", _contents([first_frame(), batch(2), end])),
        ("an end that does not say whether more follows", "turn", _contents([first_frame(), pack("end", 0)])),
        ("something behind the end", "bundle-damaged", _contents([first_frame(), end]) + b"x"),
        ("a frame that is too long", "frame", (MAX_FRAME + 1).to_bytes(LENGTH_SIZE, "big")),
        ("a frame that is no value", "frame", _contents([b"\xc1"])),
        ("a stream of somebody else", "stream", _contents([first_frame(), _foreign(), end])),
    ]


def _foreign() -> bytes:
    other = opening("a", None, 0, stream="berkane-06/cases")
    return write_batch(1, "berkane-06/cases", [stored_record(other)], [])


def _openings() -> list[tuple[str, str, bytes]]:
    good, end = the_opening(), pack("end", False)
    stranger = write_checkpoint(STRANGER, acker=SENDER, audience=READER, counter=3, echo=None, held=[])
    elsewhere = write_checkpoint(ANNEXE, acker=SENDER, audience="oujda", counter=3, echo=None, held=[])
    centre: tuple[bytes, ...] = (Draft("centre", ANNEXE.public, SENDER).by(ISSUER).encoded(), good.chain[1])
    after: tuple[Held, ...] = (Held("all", (Head(fixed("a", 8), 0, NO_PARENT),)),)
    changed: list[tuple[str, str, Opening]] = [
        ("signed for another reader", "identity", replace(good, recipient="oujda")),
        ("the key of another file", "identity", replace(good, commitment=fixed("another"))),
        ("another sender than its credential", "identity", replace(good, sender="berkane-06")),
        ("no credential", "identity", replace(good, chain=())),
        ("an issuer that is not there", "identity", replace(good, chain=good.chain[:1])),
        ("a credential of another kind", "identity", replace(good, chain=centre)),
        ("a checkpoint of a stranger", "checkpoint", replace(good, given=stranger)),
        ("a checkpoint for another", "checkpoint", replace(good, given=elsewhere)),
        ("a stream that goes the other way", "stream", replace(good, after=after)),
        ("a part that no run has", "frame", replace(good, part=10_000)),
    ]
    short: list[Value] = ["berkane-05"]
    return [
        *((name, kind, _contents([first_frame(one), end])) for name, kind, one in changed),
        ("a signature by another key", "identity", _contents([first_frame(signing=SIGNER), end])),
        ("an opening with a field", "frame", _contents([pack("bundle", encode(short), bytes(64)), end])),
    ]


def _contents(frames: list[bytes]) -> bytes:
    return b"".join(len(frame).to_bytes(LENGTH_SIZE, "big") + frame for frame in frames)
