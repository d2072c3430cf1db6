"""The prefecture's parts put together: its identity, its store, ingest, folding and feeds. The server and commands use
it.

`Centre.open` takes what the prefecture's seed holds; it loads whom it trusts from what it published, and begins with a
fold of whatever a crash left unfolded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select

from central.store import schema
from central.store.blobs import Blobs
from central.store.database import Connect
from central.store.feed_log import Publisher
from central.store.feeds import FeedWriter
from central.store.folding import Folder
from central.store.ingest import Ingest
from central.store.outgoing import Outgoing
from central.store.queries import Queries
from central.store.reading import fold_as_this_release
from central.store.returned_feeds import ReturnedFeeds
from central.store.revocations import Revocations
from central.store.revoked_keys import trust_no_more
from central.store.store import CentralStore
from protocol.office.events import WhyRevoked
from protocol.records.credentials import Credential, Trust, parse_credential
from protocol.records.keys import OpeningKey, SigningKey
from protocol.records.vouching import believe
from protocol.sync.hello import LocalIdentity

logger = logging.getLogger(__name__)

# An issuer is vouched for by a root, a leaf by an issuer: taken in this order, each finds its own.
_ORDER = {"root": 0, "issuer": 1}


@dataclass(frozen=True, slots=True)
class Keys:
    """The prefecture's secret keys, from its seed (32 bytes each)."""

    signing: SigningKey
    opening: OpeningKey


@dataclass
class Centre:
    """Everything that a server process shares between its requests."""

    identity: LocalIdentity
    trust: Trust
    store: CentralStore
    ingest: Ingest
    folder: Folder
    feeds: FeedWriter
    outgoing: Outgoing
    queries: Queries
    revocations: Revocations
    returned: ReturnedFeeds
    blobs: Blobs
    now: Callable[[], int]
    entropy: Callable[[int], bytes]

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        keys: Keys,
        chain: Sequence[Credential],
        roots: Sequence[Credential],
        now: Callable[[], int],
        entropy: Callable[[int], bytes],
        software: str,
        database_url: str | None = None,
        connect: Connect | None = None,
    ) -> Centre:
        """Open the data folder. `chain`: the centre's credential and its issuer's. `now` in ms, `entropy(n)` n random
        bytes, `connect` as `open_database` says.

        Raises OperatorError when the store cannot serve.
        """
        store = await CentralStore.open(folder, entropy=entropy, database_url=database_url, connect=connect)
        try:
            identity = LocalIdentity(keys.signing, tuple(chain), software, keys.opening)
            return await cls._on(store, identity, keys.opening, roots, now, entropy)
        except BaseException:
            await store.close()
            raise

    @classmethod
    async def _on(
        cls,
        store: CentralStore,
        identity: LocalIdentity,
        opening: OpeningKey,
        roots: Sequence[Credential],
        now: Callable[[], int],
        entropy: Callable[[int], bytes],
    ) -> Centre:
        trust = Trust(roots)
        for credential in reversed(identity.chain):
            trust.add(credential)
        await _trust_published(store, trust)
        publisher = Publisher(identity.id, identity.signing, identity.software)
        feeds = await FeedWriter.open(store, publisher, now=now, entropy=entropy)
        centre = cls(
            identity=identity,
            trust=trust,
            store=store,
            ingest=Ingest(store, trust, opening, now),
            folder=Folder(store),
            feeds=feeds,
            outgoing=Outgoing(store, identity.id),
            queries=Queries(store, identity.id),
            revocations=Revocations(store, feeds, identity.id, [*roots, *reversed(identity.chain)]),
            returned=ReturnedFeeds(store, identity.id, trust),
            blobs=Blobs(store),
            now=now,
            entropy=entropy,
        )
        centre._stand_on_what_is_known()
        await fold_as_this_release(store, identity.id)
        await centre.folder.look_again()
        await centre.folder.fold()
        return centre

    async def publish_credentials(self, credentials: Sequence[Credential]) -> int:
        """Trust credentials and publish them in `all`; returns how many were new. Raises CredentialRefused."""
        self.trust.add_all(_unknown(credentials, self.trust))
        count = await self.feeds.publish_credentials(credentials)
        self._stand_on_what_is_known()
        return count

    async def revoke(self, credential: Credential, why: WhyRevoked) -> bool:
        """Revoke a credential's key at once and for good; False if it was already. Raises OperatorError for a root."""
        published = await self.feeds.publish_revocation(credential, why)
        self.trust.revoke(credential.id)
        return published

    async def learn(self) -> None:
        """Trust what another process has published since: a server hears of an annexe that a command admitted."""
        await _trust_published(self.store, self.trust)
        self._stand_on_what_is_known()

    def _stand_on_what_is_known(self) -> None:
        """Show from now on the newest credential of this centre, and what vouches for it down from the oldest root."""
        leaf = self.trust.signer(self.identity.leaf.id)
        if leaf is not None and leaf != self.identity.leaf:
            self.identity = replace(self.identity, chain=self.trust.chain(leaf))

    async def close(self) -> None:
        """Close the store."""
        await self.store.close()


async def _trust_published(store: CentralStore, trust: Trust) -> None:
    table = schema.credentials
    async with store.database.read() as connection:
        rows = (await connection.execute(select(table.c.kind, table.c.encoded))).all()
    published = [parse_credential(encoded) for _, encoded in sorted(rows, key=lambda row: _ORDER.get(row[0], 2))]
    for why in believe(trust, _unknown(published, trust)).values():
        logger.warning("a published credential is not believed: %s", why)
    await trust_no_more(store, trust)


def _unknown(credentials: Iterable[Credential], trust: Trust) -> list[Credential]:
    """All but the roots that are known: those may be vouched for by one from before this server."""
    return [one for one in credentials if one.kind != "root" or trust.signer(one.id) is None]
