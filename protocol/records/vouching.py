"""Credentials as a feed publishes them: each is believed or not, and none keeps what follows it from being read.

- They are taken in however they stand: one that comes ahead of who vouches for it is believed once that one is here.
- One that its issuer had no right to give, or that stands on nobody known here, is not believed; whoever reads the
  feed goes on, and says so.
- After a change of roots an annexe may begin with the new one. What the feed holds from before then stands on a root
  that is not known here, and nothing is wrong with it: a root known here is published as one that it has signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from protocol.errors import PeerError
from protocol.records.credentials import Credential, Trust, parse_credential
from protocol.records.envelope import Record, unsealed_event
from protocol.records.refusals import CredentialRefused, IssuerUnknown


def published_in(records: Iterable[Record]) -> list[Credential]:
    """The credentials that these records publish, in their order. What is none is passed over."""
    found = []
    for record in records:
        event = unsealed_event(record)
        encoded = None if event is None else event.get("credential")
        if event is not None and event["kind"] == "credential.published" and isinstance(encoded, bytes):
            with suppress(PeerError):
                found.append(parse_credential(encoded))
    return found


def believe(trust: Trust, published: Iterable[Credential]) -> dict[Credential, CredentialRefused]:
    """Take in what holds; return what does not, with why, but for what stands on a root from before those known."""
    given = list(dict.fromkeys(published))
    refused = _refused(trust, given)
    before = _from_before(trust, given)
    return {
        one: why for one, why in refused.items() if not (isinstance(why, IssuerUnknown) and one.issuer in before)
    }


def _refused(trust: Trust, given: Sequence[Credential]) -> dict[Credential, CredentialRefused]:
    left, count = list(given), len(given) + 1
    refused: dict[Credential, CredentialRefused] = {}
    while left and len(left) < count:  # until a round adds nothing
        count, refused = len(left), {}
        for one in left:
            try:
                trust.add(one)
            except CredentialRefused as why:
                refused[one] = why
        left = list(refused)
    return refused


def _from_before(trust: Trust, given: Sequence[Credential]) -> set[bytes]:
    """Ids of the roots that vouched for those known here, and of all that stands on them."""
    before = {one.issuer for one in given if one.kind == "root" and trust.signer(one.id) is not None}
    count = 0
    while len(before) > count:
        count = len(before)
        before |= {one.id for one in given if one.issuer in before}
        before |= {one.issuer for one in given if one.kind == "root" and one.id in before}
    return before
