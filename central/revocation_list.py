"""The list of void certificates as anyone gets it: signed records with the credentials that vouch for their signer.

A list is a value of the closed encoding, {"chain": [credential...], "records": [record...]}: the records
`revocations.published` of one number, as they stand in `all`, and the credentials from the prefecture's root down to
its server, whose key signed them.

Whoever has the prefecture's root (`root.credential`, which its IT shows to everybody) checks a list with no network:

- each credential of the chain is vouched for by one before it, the first by the root that he has;
- each record is of the stream `all`, and signed by a key of that chain that speaks for the prefecture;
- all parts of one number are there, and say the same times.

A list says of a certificate that it counts no more. Of one that it does not name it says so up to `issued_ms`; after
`next_update_ms` there is a newer list, and nothing should rest on this one. That the signer's credential has ended
since is no refusal: what it signed in time stays signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from protocol.errors import PeerError
from protocol.office.events import RevocationsPublished, from_value
from protocol.records.credentials import Credential, Trust, parse_credential
from protocol.records.encoding import Value, decode, encode
from protocol.records.envelope import open_body, parse_record, verify_record

ALL = "all"
SPEAK_FOR_IT = frozenset({"root", "issuer", "centre"})
"""Kinds of credential that speak for the prefecture."""

LARGEST = 4 * 1024 * 1024
"""Bytes of a list: 64 records, some 64,000 certificates made void while they were valid; a bound before reading."""

MAX_CHAIN = 16
"""Credentials in a list: a root, its successors in a century, an issuer, a server."""


class ListRefused(PeerError):
    """This is no list of void certificates of this prefecture, or not a whole one."""

    kind = "revocation-list"


@dataclass(frozen=True, slots=True)
class Voided:
    """A certificate that counts no more: why ("annulled" or "replaced"), and since when."""

    cause: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A whole list, checked: `void` by serial."""

    number: int
    issued_ms: int
    next_update_ms: int
    void: Mapping[str, Voided]

    def overdue(self, now_ms: int) -> bool:
        """Tell whether a newer list should be had."""
        return now_ms > self.next_update_ms


def put_together(parts: Sequence[RevocationsPublished]) -> RevocationList:
    """One list from its parts, in any order; ListRefused when they are not all there or do not agree."""
    if not parts or {part.part for part in parts} != set(range(parts[0].parts)):
        raise ListRefused("This list of void certificates is not whole: fetch it again.")
    heads = {(part.number, part.issued_ms, part.next_update_ms, part.parts) for part in parts}
    if len(heads) != 1:
        raise ListRefused("These are parts of several lists of void certificates: fetch the newest again.")
    void = {}
    for part in parts:
        for cause, named in (("annulled", part.annulled), ("replaced", part.replaced)):
            void.update({one.serial: Voided(cause, one.since_ms) for one in named})
    return RevocationList(parts[0].number, parts[0].issued_ms, parts[0].next_update_ms, void)


def newest_whole(parts: Iterable[RevocationsPublished]) -> RevocationList | None:
    """The newest list of which every part is among these, which may be of several; None if there is none."""
    lists: dict[tuple[int, int, int, int], list[RevocationsPublished]] = {}
    for part in parts:
        lists.setdefault((part.number, part.issued_ms, part.next_update_ms, part.parts), []).append(part)
    for (*_, count), found in sorted(lists.items(), reverse=True, key=lambda item: item[0]):
        if {part.part for part in found} == set(range(count)):
            return put_together(found)
    return None


def write_list(chain: Iterable[Credential], records: Iterable[bytes]) -> bytes:
    """The bytes of a list; `chain` from the root down."""
    return encode({"chain": [one.encoded() for one in chain], "records": list(records)})


def read_list(data: bytes, root: Credential) -> RevocationList:
    """Check a list by the prefecture's root. Raises PeerError: ListRefused, or what is wrong with a part of it."""
    match decode(data, max_size=LARGEST):
        case {"chain": list(chain), "records": list(records), **rest} if not rest and len(chain) <= MAX_CHAIN:
            trust = _trusted(chain, root)
            return put_together([_published(record, trust) for record in records])
    raise ListRefused("This is no list of void certificates: it has a chain and records.")


def _trusted(chain: Sequence[Value], root: Credential) -> Trust:
    trust = Trust([root])
    for encoded in chain:
        credential = parse_credential(_bytes(encoded))
        if credential != root:
            trust.add(credential)
    return trust


def _published(encoded: Value, trust: Trust) -> RevocationsPublished:
    record = parse_record(_bytes(encoded))
    signer = trust.signer(record.signer)
    if signer is None or signer.kind not in SPEAK_FOR_IT or record.stream != ALL:
        raise ListRefused("This list of void certificates is not signed by this prefecture.")
    verify_record(record, signer.public)
    event = from_value(open_body(record, None)) if record.subject is None else None
    if not isinstance(event, RevocationsPublished):
        raise ListRefused("One of the records is no list of void certificates.")
    return event


def _bytes(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise ListRefused("This is no list of void certificates: what it holds is no bytes.")
    return value
