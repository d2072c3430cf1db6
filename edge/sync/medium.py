"""The log follows on a second medium: a USB SSD, whose folder the settings name (docs/decisions/0020).

- While the medium is in step, commands wait for it (`edge.sync.in_step`). It may go and come, be full or fail: that is
  said in `state`, looked at again every `LOOK_S`, and stops nobody.
- Whatever ends the following ends what is known of the medium: the next look reads what is there. What fails there is
  never tried again in place: the newest volume goes on behind its last sound entry as the medium itself tells it, and
  if anything before that is not as it was written, a new run begins; the old one stays until the new one holds all.
- If the medium holds records of this annexe that are not here, the card was put back or replaced: they are taken in
  first, and commands wait for that at a start, `LONGEST_S` at most.
- Scans follow beside the log, never before it; what was removed here is removed there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from edge.store.confirmations import MEDIUM, note
from edge.store.returning_scans import ReturningScans
from edge.store.rows import Committed
from edge.store.scans import Scans
from edge.store.store import Store, Transaction
from edge.store.uplink import Lag, lag_behind
from edge.store.uplink import Uplink as StoreUplink
from edge.store.whereabouts import HELD
from edge.sync.carried_scans import carry
from edge.sync.in_step import InStep
from edge.sync.medium_files import MediumFailed, MediumFiles
from edge.sync.medium_volumes import MediumVolumes
from edge.sync.recovery import recover, unseen
from edge.sync.source import Source
from edge.sync.tail import LONGEST_S
from protocol.errors import N_, OperatorError
from protocol.records.encoding import Value
from protocol.sync.checkpoint import Held, parse_checkpoint, write_checkpoint
from protocol.sync.hello import LocalIdentity

LOOK_S = 10.0
"""Seconds between two looks at a medium that is gone, or at one on which nothing is written: as soon as somebody who
plugged it in comes back to the page."""

SAVE_MS = 30_000
"""Between two notes of what the medium holds, which are commits on the card: what was written since the last is told
as not held after a power cut, and found to be held by the next look."""

SCANS_WAIT = N_("Scanned pieces cannot be written to the second medium; the records are.")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MediumState:
    """How the medium does. Instants are ms since the epoch; `attached_since_ms`: since when it follows.

    `written_ms`: when something was last written to it. `in_step`: whether commands wait for it. `scans`: how many are
    not on it yet. `error`: a msgid, None when nothing is wrong, `detail` the technical reason.
    """

    attached_since_ms: int | None = None
    written_ms: int | None = None
    in_step: bool = False
    scans: int = 0
    error: str | None = None
    detail: str = ""

    @property
    def attached(self) -> bool:
        """Whether the log follows there now."""
        return self.attached_since_ms is not None


class Medium:
    """`run()` until it is cancelled. `state` is always current; listeners are told of each change of it."""

    def __init__(
        self,
        store: Store,
        source: Source,
        files: MediumFiles,
        volumes: MediumVolumes,
        *,
        identity: LocalIdentity,
        now: Callable[[], int],
        look_s: float = LOOK_S,
    ) -> None:
        self.state = MediumState()
        self._store = store
        self._source = source
        self._files = files
        self._volumes = volumes
        self._identity = identity
        self._now = now
        self._look_s = look_s
        self._step = InStep(store, source.streams, "the second medium", self._changed)
        self._scans = Scans(files.scans, store.names_scan, lambda: store.failure is not None, now)
        self._copies = ReturningScans(files.scans, self._scans)
        self._hurry = asyncio.Event()
        self._grown = asyncio.Event()
        self._scanned = asyncio.Event()
        self._saved: Sequence[Held] = ()
        self._saved_ms = 0
        self._listeners: list[Callable[[MediumState], None]] = []
        store.on_commit(self._committed)

    def on_change(self, listener: Callable[[MediumState], None]) -> None:
        """Tell `listener` of each change of the state; it must not block."""
        self._listeners.append(listener)

    def try_now(self) -> None:
        """Look at once: the medium was plugged in."""
        self._hurry.set()

    async def lag(self) -> Lag | None:
        """What the medium does not hold; None if nobody ever saw it."""
        held = self._volumes.held if self.state.attached else await self._last_held()
        if held is None:
            return None
        async with self._store.reading() as reader:
            return await lag_behind(reader, [_of(held, stream) for stream in self._source.streams])

    async def run(self) -> None:
        """Look, follow, wait, look again. Ends by cancellation, or by OperatorError when the store fails."""
        self._store.hold(self)  # what the medium holds and the card does not is to be continued, not branched from
        patience = asyncio.get_running_loop().call_later(LONGEST_S, self._store.resume, self)
        try:
            while True:
                await self._once()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._look_s):
                        await self._hurry.wait()
                self._hurry.clear()
        finally:
            patience.cancel()
            self._store.resume(self)
            self._step.close()

    async def _once(self) -> None:
        try:
            await self._attach()
            self._store.resume(self)
            await self._follow()
        except MediumFailed as error:
            self._failed(error.sentence, str(error))
        except OperatorError as error:
            if self._store.failure is not None:
                raise
            self._failed(SCANS_WAIT, str(error))
        finally:
            self._store.resume(self)
            self._step.end()
            await self._detach()

    async def _attach(self) -> None:
        has_older = await self._volumes.attach()
        uplink = StoreUplink(self._store)
        unknown = [
            await uplink.unknown_heads(stream, _of(self._volumes.held, stream).leaves)
            for stream in self._source.streams
        ]
        if any(unknown) or has_older:
            await recover(self._store, self._source, self._files, self._volumes.opening, unseen)
        await self._volumes.begin()
        self._step.begin()
        self._show(replace(self.state, attached_since_ms=self._now(), error=None, detail=""))
        self._scanned.set()

    async def _follow(self) -> None:
        work = [asyncio.create_task(one) for one in (self._follow_log(), self._follow_scans())]
        try:
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
        finally:
            for one in work:
                one.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    async def _follow_log(self) -> None:
        while True:
            self._grown.clear()
            if await self._volumes.write_on():
                self._show(replace(self.state, written_ms=self._now()))
            self._step.heard({one.stream: one.leaves for one in self._volumes.held})
            if self._volumes.held != self._saved and self._now() - self._saved_ms >= SAVE_MS:
                await self._save()
            try:
                async with asyncio.timeout(self._look_s):
                    await self._grown.wait()
            except TimeoutError:
                await self._files.check()

    async def _follow_scans(self) -> None:
        while True:
            await self._scanned.wait()
            self._scanned.clear()
            try:
                await self._copy_scans()
            except OperatorError as error:
                if self._store.failure is not None:
                    raise
                await self._files.check()
                self._show(replace(self.state, error=SCANS_WAIT, detail=str(error)))
                await asyncio.sleep(self._look_s)
                self._scanned.set()

    async def _copy_scans(self) -> None:
        named = await self._source.scans_named()
        wanted = await self._copies.wanted(named)
        for left, want in zip(range(len(wanted), 0, -1), wanted, strict=True):
            self._show(replace(self.state, scans=left))
            await carry([want], self._store.scans, self._copies)
        missing = await self._copies.wanted(named)
        here = [one for one in missing if await self._store.scans.is_whole(one.address)]
        if here:
            raise OperatorError("the medium refuses the file of a scan")
        self._show(replace(self.state, scans=len(missing), error=None, detail=""))
        gone = {address.hex() for address in await self._source.scans_let_go()}
        for file in await self._files.scans.listing():
            if file.name in gone:
                await self._files.scans.delete(file.name)

    async def _detach(self) -> None:
        self._volumes.detach()
        if self.state.attached and self._store.failure is None:
            await self._save()
        self._show(replace(self.state, attached_since_ms=None))

    async def _save(self) -> None:
        """Note what the medium holds, and since when."""
        self._saved, self._saved_ms = self._volumes.held, self._now()
        own = [one for one in self._volumes.held if one.stream in self._source.streams]
        us = self._identity.id
        kept = write_checkpoint(self._identity.signing, acker=us, audience=us, counter=0, echo=None, held=own)
        restored = self._volumes.is_new

        async def work(transaction: Transaction) -> Value:
            transaction.put_checkpoint(HELD[MEDIUM], kept.encoded())
            await note(transaction, MEDIUM, own, restored=restored)
            return None

        await self._store.perform(work)
        self._volumes.is_new = False

    async def _last_held(self) -> tuple[Held, ...] | None:
        data = await StoreUplink(self._store).load_checkpoint(HELD[MEDIUM])
        return None if data is None else parse_checkpoint(data).held

    def _committed(self, committed: Sequence[Committed]) -> None:
        for stream in dict.fromkeys(one.stream for one in committed):
            self._volumes.grew(stream)
        self._grown.set()
        if any(one.kind in _OF_SCANS for one in committed):
            self._scanned.set()

    def _changed(self, in_step: bool) -> None:
        self._show(replace(self.state, in_step=in_step))

    def _failed(self, error: str, detail: str) -> None:
        if error != self.state.error:
            logger.warning("%s (%s)", error, detail)
        self._show(replace(self.state, error=error, detail=detail))

    def _show(self, state: MediumState) -> None:
        if state != self.state:
            self.state = state
            for listener in self._listeners:
                listener(state)


_OF_SCANS = frozenset({"piece.scanned", "scan.removed", "certificate.sealed"})


def _of(held: Sequence[Held], stream: str) -> Held:
    return next((one for one in held if one.stream == stream), Held(stream))
