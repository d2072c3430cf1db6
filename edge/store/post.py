"""Who writes in the annexe's name: the post that this machine holds.

    STANDBY --promote--> ANNEXE --a record of a later epoch comes--> REPLACED

Rules:

- A machine begins with the post that its seed gives it. What happened since stands in the table `meta`, written in the
  transaction in which it happened: a power cut leaves the old post or the new one.
- Epochs stand in credentials. A record that a later epoch signed proves that the standby was promoted; the credential
  alone proves nothing, for it was made in advance.
- Who is replaced writes nothing more, for good: to serve again it is installed anew, from the seed of a later epoch. It
  goes on giving what it holds to the prefecture and to its successor.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from edge.store.columns import blob
from edge.store.keyring import Source
from protocol.errors import OperatorError
from protocol.records.credentials import Credential, parse_credential
from protocol.records.encoding import Value, decode, encode

POST = "post"
"""Under this name `meta` holds the post, once it is another than the seed's."""

COLLEAGUE = "credential/"
"""And under names that begin so the credentials of the annexe's other machines, with their issuers, by key id."""


class Post(Enum):
    """What this machine does for the annexe; the values are kept on the disk."""

    ANNEXE = "annexe"
    STANDBY = "standby"
    REPLACED = "replaced"


class NotTheWriter(OperatorError):
    """This machine does not write in the annexe's name."""


WHY = {
    Post.STANDBY: (
        "this appliance is the standby: it holds what the annexe writes, and writes nothing itself. Work at the "
        "annexe's own address; if that appliance is lost, stop this service and run `mulhaqa-edge promote`"
    ),
    Post.REPLACED: (
        "this appliance was replaced by its standby, which writes in the annexe's name now. Work at the annexe's own "
        "address; what this one wrote is kept. To use the machine again, install it anew from another seed"
    ),
}
"""Why nothing can be written, and what to do."""


def check_writer(post: Post) -> None:
    """Raises NotTheWriter unless this is the post of the annexe."""
    if post in WHY:
        raise NotTheWriter(WHY[post])


async def load_post(source: Source, given: Post) -> Post:
    """Return the post that the disk knows of, or the one that the seed gave."""
    found = await source.rows("SELECT value FROM meta WHERE name = ?", (POST,))
    return Post(blob(found[0][0]).decode()) if found else given


async def load_colleagues(source: Source) -> list[Credential]:
    """Return the credentials of the annexe's other machines, each behind its issuer."""
    rows = await source.rows("SELECT value FROM meta WHERE name GLOB ? ORDER BY name", (f"{COLLEAGUE}*",))
    return [parse_credential(each) for row in rows for each in _links(decode(blob(row[0])))]


def colleague(chain: Iterable[bytes]) -> bytes:
    """Return what is kept of a colleague: its chain, leaf first, as it stood in the hello."""
    links: list[Value] = list(chain)
    return encode(links)


def _links(value: Value) -> list[bytes]:
    links = value if isinstance(value, list) else []
    return [link for link in reversed(links) if isinstance(link, bytes)]
