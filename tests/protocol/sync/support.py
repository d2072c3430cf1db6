"""Two ends joined in memory: an annexe's log, a prefecture that holds what it took in, and a link that can be cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from protocol.errors import PeerError
from protocol.records.chain import Head, segment_opened
from protocol.records.clock import tick
from protocol.records.credentials import Credential, Trust, issue
from protocol.records.envelope import Record, parse_record, verify_record, write_record
from protocol.records.keys import OpeningKey, SigningKey, subject_of
from protocol.sync.batches import Stored, read_stored, stored_record
from protocol.sync.blob_flow import ChunkArrived
from protocol.sync.checkpoint import Held, mends
from protocol.sync.events import Authenticated, BatchArrived, CheckpointArrived, PeerFailed, SessionEvent
from protocol.sync.hello import LocalIdentity
from protocol.sync.intake import BELIEVED, Intake, Judged, Outcome
from protocol.sync.outbound import Pull, fill
from protocol.sync.sealed_keys import Opener
from protocol.sync.session import Session
from protocol.sync.streams import streams_of
from tests.protocol.sync.shelf import Shelf

YEAR = 365 * 24 * 3600 * 1000
NOW = 1_760_000_000_000


def seed(name: str) -> bytes:
    return name.encode().ljust(32, b".")[:32]


@dataclass(frozen=True)
class Prefecture:
    """Root, issuer and everybody's keys, the same each time."""

    root: Credential
    issuer: Credential
    name: str = ""

    def credential(self, kind: str, holder: str, name: str = "", until: int = NOW + YEAR, epoch: int = 1) -> Credential:
        return issue(
            kind=kind,
            holder=holder,
            public=SigningKey(seed(name or holder)).public,
            sealing=OpeningKey(seed((name or holder) + "/x")).public,
            area="berkane",
            rights=(),
            role="",
            epoch=epoch,
            not_before=NOW - 10 * YEAR,
            not_after=until,
            signing=SigningKey(seed(self.name + "issuer")),
        )

    def identity(
        self, kind: str, holder: str, name: str = "", until: int = NOW + YEAR, epoch: int = 1
    ) -> LocalIdentity:
        leaf = self.credential(kind, holder, name, until, epoch)
        opening = OpeningKey(seed((name or holder) + "/x"))
        return LocalIdentity(SigningKey(seed(name or holder)), (leaf, self.issuer), opening=opening)

    def trust(self) -> Trust:
        return Trust([self.root])


def make_prefecture(name: str = "") -> Prefecture:
    root_key, issuer_key = SigningKey(seed(name + "root")), SigningKey(seed(name + "issuer"))
    common: dict[str, Any] = {
        "area": "berkane",
        "role": "",
        "epoch": 1,
        "not_before": NOW - 10 * YEAR,
        "not_after": NOW + 9 * YEAR,
    }
    kinds = ("annexe", "centre", "agent", "seal", "screen", "issuer")
    root = issue(
        kind="root", holder="root", public=root_key.public, sealing=None, rights=kinds, signing=root_key, **common
    )
    issuer = issue(
        kind="issuer",
        holder="issuer",
        public=issuer_key.public,
        sealing=None,
        rights=kinds[:5],
        signing=root_key,
        **common,
    )
    return Prefecture(root, issuer, name)


class Writer:
    """An append-only log of several streams by one key; `corrupt` damages what the disk holds."""

    def __init__(self, signing: SigningKey) -> None:
        self.signing = signing
        self.streams: dict[str, list[Stored]] = {}
        self.keys: dict[bytes, bytes] = {}
        self._segments = 0
        self._open: dict[str, bytes] = {}

    def restart(self) -> None:
        self._open.clear()

    def append(self, stream: str, event: dict[str, object], key: bytes | None = None) -> Record:
        if stream not in self._open:
            self._segments += 1
            last = self._last(stream)
            parent = Head(last.segment, last.seq, last.hash) if last else None
            opened = segment_opened(parent=parent, software="t", fingerprint="f", clock="trusted")
            segment = self._segments.to_bytes(8, "big")
            self._write(stream, segment, 0, parent.hash if parent else bytes(32), last, opened, None)
            self._open[stream] = segment
        last = self._last(stream)
        assert last is not None
        if key is not None:
            self.keys[subject_of(key)] = key
        return self._write(stream, last.segment, last.seq + 1, last.hash, last, event, key)

    def _last(self, stream: str) -> Record | None:
        held = self.streams.get(stream)
        return held[-1].record if held else None

    def _write(self, stream: Any, segment: Any, seq: Any, prev: Any, last: Any, event: Any, key: Any) -> Record:
        record = write_record(
            stream=stream,
            segment=segment,
            seq=seq,
            prev=prev,
            time=tick(last.time if last else None, NOW),
            event=event,
            key=key,
            signing=self.signing,
        )
        self.streams.setdefault(stream, []).append(stored_record(record))
        return record

    def corrupt(self, stream: str, index: int, data: bytes) -> None:
        good = self.streams[stream][index]
        self.streams[stream][index] = read_stored(stream, good.segment, good.seq, data)

    def read(self, pull: Pull) -> list[Stored]:
        """What a store does for a pull: mending records first, then what no known head covers, in order."""
        held = self.streams.get(pull.stream, [])
        at = {(one.segment, one.seq): one for one in held}
        wanted = [
            one
            for hole in pull.holes
            if (one := at.get((hole.segment, hole.seq))) is not None and mends(hole, one.hash)
        ]
        covered = self._covered(pull.stream, pull.after)
        wanted += [one for one in held if one.seq > covered.get(one.segment, -1) and one not in wanted]
        return fill(wanted, pull)

    def _covered(self, stream: str, heads: Iterable[Head]) -> dict[bytes, int]:
        parents: dict[bytes, tuple[bytes, int]] = {}
        before: Stored | None = None
        for one in self.streams.get(stream, []):
            if one.seq == 0 and before is not None:
                parents[one.segment] = (before.segment, before.seq)
            before = one
        covered: dict[bytes, int] = {}
        for head in heads:
            place: tuple[bytes, int] | None = (head.segment, head.seq)
            while place is not None:
                covered[place[0]] = max(covered.get(place[0], -1), place[1])
                place = parents.get(place[0])
        return covered


@dataclass
class Taker:
    """A durable receiver: `take` is one commit."""

    name: str
    opening: OpeningKey
    trust: Trust
    streams: tuple[str, ...]
    counter: int = 0
    intakes: dict[str, Intake] = field(default_factory=dict)
    keys: dict[bytes, bytes] = field(default_factory=dict)
    records: dict[str, list[bytes]] = field(default_factory=dict)
    proofs: list[bytes] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)

    def __post_init__(self) -> None:
        for stream in self.streams:
            self.intakes.setdefault(stream, Intake(stream))
            self.records.setdefault(stream, [])

    def take(self, batch: BatchArrived) -> None:
        opener = Opener(self.opening)
        for sealed in batch.keys:
            self.keys[sealed.subject] = opener.open(sealed)
        for arrived in batch.records:
            self._take(arrived)

    def _take(self, arrived: Any) -> None:
        intake, record = self.intakes[arrived.stream], arrived.record
        signer = self.trust.signer(record.signer) if record else None
        if record is not None and signer is None:
            self.judged.append(intake.refuse(arrived, "signer"))
            return
        if record is not None and record.subject is not None and record.subject not in self.keys:
            self.judged.append(intake.refuse(arrived, "key"))
            return
        try:
            if record is not None and signer is not None:
                verify_record(record, signer.public)
        except PeerError:
            self.judged.append(intake.refuse(arrived, "signature"))
            return
        stored = next((h for s, q, h in self._places(arrived.stream) if (s, q) == (arrived.segment, arrived.seq)), None)
        judged = intake.judge(arrived, stored)
        self.judged.append(judged)
        if judged.outcome in BELIEVED:
            self.records[arrived.stream].append(arrived.encoded)
        if judged.outcome is Outcome.PROOF:
            self.proofs.append(arrived.encoded)

    def _places(self, stream: str) -> Any:
        for encoded in self.records[stream]:
            record = parse_record(encoded)
            yield record.segment, record.seq, record.hash

    def held(self) -> list[Held]:
        return [self.intakes[stream].held() for stream in self.streams]


class End:
    """A session with its log and its memory: what a driver does, without the I/O."""

    def __init__(
        self, session: Session, writer: Writer, taker: Taker, entropy: Callable[[], bytes], shelf: Shelf | None = None
    ) -> None:
        self.session = session
        self.writer = writer
        self.taker = taker
        self.shelf = shelf or Shelf()
        self.events: list[SessionEvent] = []
        self._entropy = entropy

    def feed(self, data: bytes, now_ms: int = NOW) -> None:
        for event in self.session.receive(data, now_ms):
            self.events.append(event)
            match event:
                case Authenticated():
                    self._commit(0)
                    self.want()
                case ChunkArrived(number=number):
                    self._take_piece(event)
                    self._commit(number)
                case BatchArrived(number=number):
                    self.taker.take(event)
                    self._commit(number)
        self.pump(now_ms)

    def _commit(self, through: int) -> None:
        self.taker.counter += 1
        self.session.committed(through, self.taker.counter, self.taker.held())

    def _take_piece(self, came: ChunkArrived) -> None:
        if came.refused:
            return
        if self.shelf.take(came):
            self.session.blobs.over(came.address)
            self.want()
        elif came.address in self.shelf.refused:
            self.session.blobs.refuse(came.address)

    def want(self) -> None:
        """Want what is missing of blobs."""
        self.session.want(self.shelf.wants())

    def pump(self, now_ms: int = NOW) -> None:
        self._pump_records(now_ms)
        while (want := self.session.pull_blob()) is not None:
            piece, is_last = self.shelf.read(want)
            self.session.supply_blob(want, piece, is_last=is_last, now_ms=now_ms)
            self._pump_records(now_ms)

    def _pump_records(self, now_ms: int) -> None:
        while (pull := self.session.pull()) is not None:
            records = self.writer.read(pull)
            wanted = self.session.keys_wanted(pull, records)
            keys = [(subject, self.writer.keys[subject]) for subject in wanted if subject in self.writer.keys]
            self.session.supply(pull, records, keys, lambda size: self._entropy()[:size], now_ms)

    def failures(self) -> list[PeerFailed]:
        return [event for event in self.events if isinstance(event, PeerFailed)]

    def checkpoints(self) -> list[CheckpointArrived]:
        return [event for event in self.events if isinstance(event, CheckpointArrived)]


class World:
    """One annexe and one prefecture, their logs and memories; `connect` opens a conversation."""

    def __init__(self) -> None:
        self.prefecture = make_prefecture()
        self.edge = self.prefecture.identity("annexe", "berkane-05")
        self.centre = self.prefecture.identity("centre", "prefecture")
        self.log = Writer(self.edge.signing)
        self.feeds = Writer(self.centre.signing)
        self.at_centre = self.taker("prefecture", streams_of("edge", "berkane-05"))
        self.at_edge = self.taker("berkane-05", streams_of("centre", "berkane-05"))
        self.blobs_at_edge = Shelf()
        self.blobs_at_centre = Shelf()
        self._draws = 0

    def taker(self, name: str, streams: tuple[str, ...]) -> Taker:
        trust = self.prefecture.trust()
        trust.add(self.prefecture.issuer)
        trust.add(self.edge.leaf)
        trust.add(self.centre.leaf)
        return Taker(name, OpeningKey(seed(name + "/x")), trust, streams)

    def draw(self) -> bytes:
        self._draws += 1
        return self._draws.to_bytes(32, "big")

    def connect(self, **edge_options: Any) -> tuple[End, End]:
        """Two new sessions; what is given is the edge's."""
        edge = Session("edge", self.edge, self.prefecture.trust(), self.draw(), **edge_options)
        centre = Session("centre", self.centre, self.prefecture.trust(), self.draw())
        return (
            End(edge, self.log, self.at_edge, self.draw, self.blobs_at_edge),
            End(centre, self.feeds, self.at_centre, self.draw, self.blobs_at_centre),
        )

    def meet(self, edge: End, centre: End, frames: int | None = None) -> int:
        """Carry frames until both are silent, or `frames` were carried: then the link is cut, and the rest is lost."""
        centre.feed(edge.session.hello)
        carried = 0
        while True:
            moved = False
            for here, there in ((centre, edge), (edge, centre)):
                for frame in here.session.outgoing():
                    if carried == frames:
                        return carried
                    if not there.session.is_over:
                        there.feed(frame)
                    carried += 1
                    moved = True
            if not moved:
                return carried

    def encoded(self, stream: str) -> list[bytes]:
        return [stored.encoded for stored in self.log.streams.get(stream, [])]
