"""One conversation between an annexe and the prefecture, or between a standby and the annexe that it follows: a state
machine without sockets, clocks or threads.

The driver feeds `receive` with each whole frame and the time, acts on the events that come back, and sends
`outgoing()`.

Which frame may come when is a table (`protocol.sync.states`, drawn in `docs/session.md`). Rules:

1. No credential, no byte of data: neither end sends a checkpoint or a batch before the other's signature over the
   transcript is verified. The welcome of who answers names only itself.
2. Each end says first what it holds durably (`committed(0, ...)` after `Authenticated`). Nothing is sent to an end that
   has not said so in this conversation: what it held yesterday may be gone since.
3. `pull()` names what the driver should read from its log next: the most urgent stream that may have more, from the
   heads that the peer holds or that are on their way to it. `supply()` takes what was read, and puts it on the wire.
4. `committed(number, ...)` is called after the commit of that batch, never before. It sends the checkpoint and new
   credit.
5. Records travel in order on each stream. A bad one becomes a hole in the peer's next checkpoint; a hole is tried
   again at most once in a conversation, when the log has bytes that may mend it.
6. What somebody wrote comes back to him only if he **asks**: by naming, in a checkpoint, what he holds of a stream that
   he himself writes. He asks when a checkpoint of the other's names heads of it that he does not hold (`ask`): a card
   or a database that was restored, replaced or cloned, or an annexe whose standby was promoted. Until they have come,
   or he waits no longer (`stop_waiting`), he sends nothing of that stream: only then is clear what the other holds.
7. Blobs go last: `pull_blob()` names a piece only while `pull()` has nothing to read (`protocol.sync.blob_flow`).
8. What the peer does wrong is a `PeerError` inside, told to it as a `failed` frame and to the driver as `PeerFailed`.
   What our own code does wrong raises CallerError. After FAILED or CLOSED nothing more is sent or believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from protocol.errors import CallerError, PeerError
from protocol.records.clock import MAX_MS
from protocol.records.credentials import Credential, Trust
from protocol.records.encoding import Value
from protocol.sync.arrivals import Arrivals
from protocol.sync.batches import Stored, parse_batch
from protocol.sync.blob_flow import SINCE, BlobFlow, Want
from protocol.sync.boxed import BOXED_SINCE
from protocol.sync.checkpoint import (
    Held,
    Judgement,
    Known,
    judge,
    parse_checkpoint,
    verify_checkpoint,
    write_checkpoint,
)
from protocol.sync.events import (
    Authenticated,
    BatchArrived,
    CheckpointArrived,
    CheckpointIgnored,
    PeerFailed,
    PeerLeft,
    ProgressTold,
    SessionEvent,
)
from protocol.sync.frames import MAX_FRAME, MAX_HELLO, MAX_KIND, MAX_SENTENCE, blob, natural, pack, text, unpack
from protocol.sync.hello import DIALS, MIRRORS, OTHER, VERSIONS, LocalIdentity, Role
from protocol.sync.meeting import Meeting
from protocol.sync.outbound import Pull
from protocol.sync.refusals import OutOfTurn
from protocol.sync.results import MARKS_SINCE, MIRROR_VERSIONS, parse_mark, parse_results, write_given, write_results
from protocol.sync.results import SINCE as RESULTS_SINCE
from protocol.sync.sealed_keys import Held as HeldKeys
from protocol.sync.sending import Sending
from protocol.sync.states import OVER, TRANSITIONS, State
from protocol.sync.streams import in_urgency, streams_of

# The version of the protocol in which an annexe tells how far it is.
PROGRESS_SINCE = 2


class Session:
    """See the rules above. One session is one conversation; a new connection needs a new session and a new nonce."""

    def __init__(
        self,
        role: Role,
        identity: LocalIdentity,
        trust: Trust,
        nonce: bytes,
        *,
        known: Known | None = None,
        certificate: bytes | None = None,
        versions: tuple[int, ...] | None = None,
        is_brief: bool = True,
    ) -> None:
        """`known`: the last checkpoint that this peer gave us; the centre looks it up by the id that the hello
        claims. `versions`: those of the protocol that this end speaks, as far as its identity allows, None for all.
        `is_brief`: leave out of the hello what the peer surely holds."""
        self.role = role
        self.state = State.AWAIT_HELLO
        spoken = versions or (MIRROR_VERSIONS if role in MIRRORS else VERSIONS)
        if identity.opening is None:
            spoken = tuple(one for one in spoken if one < BOXED_SINCE)
        self._meeting = Meeting(
            role, identity, trust, nonce, certificate=certificate, versions=spoken, is_brief=is_brief
        )
        self._known = known
        self._believed = False
        self._out: list[bytes] = []
        self._sending = Sending()
        self.blobs = BlobFlow()
        """What is wanted of blobs, either way: the driver tells it when one is over."""
        self._arrivals = Arrivals(self.blobs)
        self.answers = 0
        """Checkpoints that came: while an answer is owed, the driver watches that this grows (`is_waiting`)."""

    # What the driver sends

    @property
    def peer(self) -> Credential | None:
        """Whose hello came; a claim until `Authenticated`."""
        return self._meeting.claimed

    @property
    def nonce(self) -> bytes:
        """Ours of this conversation: what a fresh checkpoint echoes."""
        return self._meeting.ours.nonce

    @property
    def version(self) -> int:
        """The version that both ends speak; 0 before they have met."""
        return self._meeting.version

    @property
    def known(self) -> Known | None:
        """The last checkpoint believed, to be kept for the next conversation."""
        return self._known

    @property
    def hello(self) -> bytes:
        """The hello of who dials, for the upgrade request."""
        if self.role not in DIALS:
            raise CallerError("Only the hello of who dials rides on the upgrade request.")
        return self._meeting.ours.encoded

    def outgoing(self) -> list[bytes]:
        """The frames to send now, in order; each is handed out once."""
        frames, self._out = self._out, []
        return frames

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be said."""
        return self.state in OVER

    @property
    def is_waiting(self) -> bool:
        """Whether the peer owes an answer: its first checkpoint, or one for what was sent."""
        return self.state is State.OPEN and (not self._believed or self.in_flight > 0)

    @property
    def is_wanting(self) -> bool:
        """Whether blobs were wanted of the peer that are not over."""
        return self.state is State.OPEN and self.blobs.is_wanting

    @property
    def arrived(self) -> int:
        """How many batches and chunks came."""
        return self._arrivals.last

    # What arrives

    def receive(self, data: bytes, now_ms: int) -> list[SessionEvent]:
        """Take one whole frame; raises CallerError after the end of the conversation."""
        if self.is_over:
            raise CallerError("This conversation is over; open a new session.")
        try:
            return self._take(data, now_ms)
        except PeerError as error:
            return [self._refuse(error)]

    def _take(self, data: bytes, now_ms: int) -> list[SessionEvent]:
        tag, fields = unpack(data, max_size=MAX_FRAME if self.state is State.OPEN else 2 * MAX_HELLO)
        following = TRANSITIONS.get((self.role, self.state, tag))
        if following is None:
            raise OutOfTurn(f"A {tag} cannot come while the session is in the state {self.state.value}.")
        events = self._handle(tag, fields, data, now_ms)
        self.state = following
        return events

    def _handle(self, tag: str, fields: list[Value], data: bytes, now_ms: int) -> list[SessionEvent]:
        match (tag, fields):
            case ("hello", _):
                self._out.append(self._meeting.welcome(data))
                return []
            case ("welcome", [hello, signature]):
                self._out.append(self._meeting.prove(blob(hello), blob(signature, 64)))
                event: SessionEvent = self._opened(now_ms)
            case ("proof", [signature]):
                self._meeting.believe(blob(signature, 64))
                event = self._opened(now_ms)
            case ("checkpoint", [checkpoint, through, credit]):
                event = self._on_checkpoint(blob(checkpoint), natural(through), natural(credit), now_ms)
            case ("batch", _):
                event = self._on_batch(self._arrivals.batch(parse_batch(fields), len(data)))
            case ("boxed", [number, box]):
                event = self._on_batch(self._arrivals.boxed(natural(number), blob(box), len(data)))
            case ("want", [wants]):
                self.blobs.note(wants)
                return []
            case ("chunk", [number, address, place, piece]):
                event = self._arrivals.chunk(natural(number), address, place, piece, len(data))
            case ("results" | "given", [number, box, *mark]):
                event = self._arrivals.results(parse_results(number, box, *mark), len(data))
            case ("progress" | "mark", _):
                event = _told(fields)
            case ("failed", [kind, sentence]):
                event = PeerFailed(text(kind, MAX_KIND), text(sentence, MAX_SENTENCE), told=True)
            case _:
                event = PeerLeft()
        return [event]

    def reject(self, error: PeerError) -> PeerFailed:
        """End the conversation because of what the driver found in the peer's records; the peer is told why."""
        if self.is_over:
            raise CallerError("This conversation is over already.")
        return self._refuse(error)

    def _refuse(self, error: PeerError) -> PeerFailed:
        sentence = str(error)[:MAX_SENTENCE] or "Refused."
        self._out.append(pack("failed", error.kind, sentence))
        self.state = State.FAILED
        return PeerFailed(error.kind, sentence)

    def _opened(self, now_ms: int) -> Authenticated:
        meeting = self._meeting
        peer, theirs = meeting.peer, meeting.theirs
        self._sending.begin(
            streams_of(self.role, meeting.annexe), in_urgency(self.role, meeting.annexe), self.version, peer.sealing
        )
        takes = streams_of(OTHER[self.role], meeting.annexe)
        self._arrivals.begin(takes, self.version, meeting.identity.opening)
        standing = meeting.trust.standing(peer, now_ms)
        return Authenticated(peer, theirs.chain if theirs else (), standing, theirs.software if theirs else "")

    # What the peer holds

    def _on_checkpoint(
        self, data: bytes, through: int, credit: int, now_ms: int
    ) -> CheckpointArrived | CheckpointIgnored:
        checkpoint = parse_checkpoint(data)
        peer = self._meeting.peer
        verify_checkpoint(checkpoint, peer.public, acker=peer.holder, audience=self._meeting.identity.id)
        self.answers += 1
        self._sending.answered(through, credit, now_ms)
        meaning = judge(self._known, checkpoint, self.nonce)
        if meaning is Judgement.STALE:
            return CheckpointIgnored(checkpoint.counter)
        self._known = Known(checkpoint.counter, checkpoint.echo)
        restored = meaning is Judgement.RESTORED
        self._sending.learn(checkpoint, self._arrivals.takes, restored=restored)
        self._believed = self._believed or checkpoint.echo == self.nonce
        return CheckpointArrived(checkpoint, restored)

    # What the peer sends

    def _on_batch(self, event: BatchArrived) -> BatchArrived:
        for arrived in event.records:
            if arrived.stream in self._sending.streams:
                self._sending.streams[arrived.stream].note(arrived)
        return event

    def committed(self, through: int, counter: int, held: Iterable[Held]) -> None:
        """Say what is held durably, after the commit of all batches up to `through` (0: at the beginning).

        `counter` must be higher than any given before to this peer; `held` names every stream that the peer sends.
        """
        if self.state is not State.OPEN:
            raise CallerError("Nothing can be acknowledged outside an open session.")
        credit = self._arrivals.commit(through)
        identity, theirs = self._meeting.identity, self._meeting.theirs
        checkpoint = write_checkpoint(
            identity.signing,
            acker=identity.id,
            audience=self._meeting.peer.holder,
            counter=counter,
            echo=theirs.nonce if theirs else None,
            held=held,
        )
        self._out.append(pack("checkpoint", checkpoint.encoded(), through, credit))

    def ask(self, streams: Iterable[str]) -> None:
        """Take these streams back, which we write ourselves; the next `committed` must name what is held of them."""
        wanted = set(streams)
        if not wanted <= self._sending.streams.keys() - set(self._arrivals.takes):
            raise CallerError("Only what one writes oneself is asked for.")
        self._arrivals.ask(wanted)
        self._sending.wait(wanted)

    def stop_waiting(self, stream: str) -> None:
        """What was asked for has come, or is waited for no longer: the stream is sent again."""
        self._sending.stop_waiting(stream)

    # Blobs

    @property
    def speaks_of_blobs(self) -> bool:
        """Whether the peer's release knows of blobs; before it is authenticated nobody knows."""
        return self.state is State.OPEN and self.version >= SINCE

    def want(self, wants: Iterable[Want]) -> None:
        """Want these blobs, as far as the peer knows of blobs and they were not wanted in this conversation.

        The first `committed` must have been said: what comes is credited as batches are.
        """
        if not self._arrivals.is_open:
            raise CallerError("A blob is wanted after what is held was said.")
        frame = self.blobs.ask(wants) if self.speaks_of_blobs else None
        if frame is not None:
            self._out.append(frame)

    def pull_blob(self) -> Want | None:
        """What to read of a blob, to be answered by `supply_blob`, once `pull` has found nothing more to send."""
        if self.state is not State.OPEN or not self._believed or not self._sending.window.room:
            return None
        return self.blobs.next

    def supply_blob(self, want: Want, piece: bytes | None, *, is_last: bool, now_ms: int) -> None:
        """Put a piece on the wire; None: the blob is not held here, or not undamaged."""
        if self.state is not State.OPEN:
            raise CallerError("Nothing can be sent outside an open session.")
        frame = pack("chunk", self._sending.next_number, want.address, want.place, piece)
        self.blobs.sent(want, is_last=is_last or piece is None)
        self._sending.left(frame, now_ms)
        self._out.append(frame)

    # Results of commands

    @property
    def takes_results(self) -> bool:
        """Whether the peer is a standby that takes the first results of commands, and there is room for some now."""
        return self._may_give and self._sending.window.room > 0

    @property
    def _may_give(self) -> bool:
        may = self.role == "primary" and self.state is State.OPEN and self.version >= RESULTS_SINCE
        return may and self._believed

    @property
    def keeps_marks(self) -> bool:
        """Whether the standby keeps up to where it holds results, and says it in the next conversation."""
        return self.version >= MARKS_SINCE

    def supply_results(self, box: bytes, now_ms: int, mark: bytes = b"") -> None:
        """Put a box of results on the wire; those that name records before the records that they name. `mark`: what the
        standby may say once it has kept all that it was given; an older one is told none."""
        if not self._may_give:
            raise CallerError("Results go to a standby that takes them.")
        number = self._sending.next_number
        frame = write_given(number, box, mark) if self.keeps_marks else write_results(number, box)
        self._sending.left(frame, now_ms)
        self._out.append(frame)

    def tell_mark(self, mark: bytes) -> None:
        """Say up to where this standby holds results, before the first `committed`; an older annexe is told nothing."""
        if self.role == "standby" and self.state is State.OPEN and self.keeps_marks:
            self._out.append(pack("mark", mark))

    # What we send

    @property
    def in_flight(self) -> int:
        """Bytes of batches sent and not acknowledged."""
        return self._sending.window.in_flight

    def announce(self, stream: str) -> None:
        """The log may have more of this stream now; one that does not go to this peer is left alone."""
        self._sending.announce(stream)

    def pull(self) -> Pull | None:
        """What to read from the log now, to be answered by `supply`; None until there is room, or something new is
        announced."""
        return self._sending.pull() if self.state is State.OPEN and self._believed else None

    def keys_wanted(self, pull: Pull, records: Sequence[Stored]) -> list[bytes]:
        """The subjects whose keys must travel with these records, in the order of first need."""
        return self._sending.keys_wanted(pull, records)

    def supply(
        self, pull: Pull, records: Sequence[Stored], keys: HeldKeys, draw: Callable[[int], bytes], now_ms: int
    ) -> None:
        """Put on the wire what was read for `pull`: first what mends its holes, then what follows, in order.

        Nothing read means that the stream has no more for now. `keys`: of the subjects wanted those that are held; one
        that is not (erased since) is not waited for. `draw(n)` gives n fresh random bytes.
        """
        if self.state is not State.OPEN:
            raise CallerError("Nothing can be sent outside an open session.")
        frame = self._sending.batch(pull, records, keys, draw, now_ms)
        if frame is not None:
            self._out.append(frame)

    def report(self, left: int, now_ms: int) -> None:
        """Tell the prefecture how many records are left to send, and our time; an older one is told nothing."""
        if self.role == "edge" and self.state is State.OPEN and self.version >= PROGRESS_SINCE:
            self._out.append(pack("progress", left, now_ms))

    def bye(self) -> None:
        """End the conversation cleanly."""
        if self.state is State.OPEN:
            self._out.append(pack("bye"))
        self.state = State.CLOSED


def _told(fields: list[Value]) -> SessionEvent:
    """What the peer only tells: how far it is, or up to where it holds results."""
    match fields:
        case [left, clock_ms]:
            return ProgressTold(natural(left), natural(clock_ms, MAX_MS))
        case _:
            return parse_mark(*fields)
