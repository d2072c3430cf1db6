"""What the prefecture tells an annexe of its agents' looks."""

from __future__ import annotations

from edge.services.office import Office
from edge.store.feeds import accept
from edge.store.uplink import Uplink
from protocol.office.events import AccountReadAtPrefecture, to_value
from protocol.records.chain import segment_opened
from protocol.records.clock import Timestamp
from protocol.records.credentials import Trust
from protocol.records.envelope import write_record
from protocol.records.keys import SigningKey
from tests.edge.web.support import NOON, root_of

SIGNING = SigningKey(b"p" * 32)


async def read_at_prefecture(office: Office, account: bytes, *told: list[str], segment: bytes = b"lookedat") -> None:
    """Agents of the prefecture looked at requests of this account on these days: a record for each list of them."""
    ((_, key),) = await Uplink(office.store).keys_for([account])
    opening = segment_opened(parent=None, software="test", fingerprint="test", clock="trusted")
    events = [opening, *(to_value(AccountReadAtPrefecture(days=days)) for days in told)]
    records, previous = [], b"\0" * 32
    for seq, event in enumerate(events):
        record = write_record(
            stream="to/berkane-05", segment=segment, seq=seq, prev=previous, time=Timestamp(NOON, seq),
            event=event, key=key if seq else None, signing=SIGNING,
        )  # fmt: skip
        records.append(record.encoded())
        previous = record.hash
    await accept(office.store, "berkane-05", records, Trust([root_of(SIGNING)]), keys=[(account, key)])
