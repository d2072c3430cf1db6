"""What opening a store reads and prepares, before its writer starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edge.store.columns import blob, text
from edge.store.connection import Connection
from edge.store.keyring import Keyring
from edge.store.pending import Pending
from edge.store.refold import Progress, refold
from edge.store.schema import TABLES, VERSION
from edge.store.vault import Vault
from edge.store.views.fold import fingerprint, read_event
from edge.store.views.later import LATER
from edge.store.views.view import View
from protocol.errors import OperatorError
from protocol.office.events import UnknownEvent
from protocol.office.vocabulary import vocabulary
from protocol.records.envelope import parse_record
from protocol.records.keys import subject_of
from protocol.records.refusals import NeedsUpgrade

RESULTS_KEPT_MS = 30 * 24 * 3600 * 1000
"""How long a command's first answer is remembered: a form left open, or a tablet in a drawer, longer than anyone's
patience. Its id is remembered for good, some 30 bytes a command: whoever repeats it later, or after the clock has
jumped, is told so, and nothing is done twice."""

OFFICE_KEY_SIZE = 32


async def prepare(
    connection: Connection,
    *,
    annexe: str,
    views: Sequence[View],
    keyring: Keyring,
    vault: Vault,
    now_ms: int,
    progress: Progress,
) -> None:
    """Create what is missing, in one transaction; rebuild the views when their folds are not those that made them.

    A start that is cut in between leaves the old views, and the next one begins anew.
    """
    pending = Pending(connection)
    await connection.execute("BEGIN IMMEDIATE")
    try:
        await connection.script(TABLES)
        await _check_meta(connection, annexe)
        if await _must_refold(pending, views, keyring):
            await refold(pending, views, keyring, vault, progress)
        await _note_reads(pending)
        old = "UPDATE commands SET result = x'' WHERE at_ms < ? AND length(result) > 0"
        pending.write(old, (now_ms - RESULTS_KEPT_MS,))
        await pending.flush()
    except BaseException:
        await connection.execute("ROLLBACK")
        raise
    await connection.execute("COMMIT")


async def _must_refold(pending: Pending, views: Sequence[View], keyring: Keyring) -> bool:
    """Say whether the views are others than this release would fold.

    Their own versions tell; so does what the release that folded them read and this one does not (it was put back), or
    a record that this one reads and it did not (it was upgraded).
    """
    marked = {text(row[0]): blob(row[1]) for row in await pending.rows("SELECT name, value FROM meta")}
    if marked.get("views") != fingerprint(views):
        return True
    read_before = set(marked.get("reads", b"").decode().splitlines())
    return not read_before <= vocabulary() or await _reads_more(pending, views, keyring)


async def _note_reads(pending: Pending) -> None:
    """Remember what this release reads; written only when it says something new, for flash wears out."""
    reads = "\n".join(sorted(vocabulary())).encode()
    noted = await pending.rows("SELECT value FROM meta WHERE name = 'reads'")
    if [blob(row[0]) for row in noted] != [reads]:
        pending.write("INSERT OR REPLACE INTO meta (name, value) VALUES ('reads', ?)", (reads,))


async def _reads_more(pending: Pending, views: Sequence[View], keyring: Keyring) -> bool:
    if LATER not in views:
        return False
    rows = await pending.rows("SELECT bytes FROM later_records JOIN records USING (stream, segment, seq)")
    for (data,) in rows:
        record = parse_record(blob(data))
        try:
            read_event(record, None if record.subject is None else await keyring.key(pending, record.subject))
        except (NeedsUpgrade, UnknownEvent):
            continue
        return True
    return False


async def _check_meta(connection: Connection, annexe: str) -> None:
    facts = {"version": str(VERSION).encode(), "annexe": annexe.encode()}
    for name, value in facts.items():
        await connection.execute("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", (name, value))
    found = await connection.rows("SELECT name, value FROM meta WHERE name IN ('version', 'annexe')")
    held = {name: blob(value) for name, value in found}
    if held["version"] != facts["version"]:
        raise OperatorError("the store was written by another release: start the release that wrote it, or upgrade")
    if held["annexe"] != facts["annexe"]:
        raise OperatorError("this data folder belongs to another annexe: give each annexe its own")


async def load_office(connection: Connection, keyring: Keyring, entropy: Callable[[int], bytes]) -> tuple[bytes, bytes]:
    """Return the subject and key of the office's events; a new one is stored with the first record that it seals."""
    found = await connection.rows("SELECT value FROM meta WHERE name = 'office'")
    if not found:
        key = entropy(OFFICE_KEY_SIZE)
        return subject_of(key), key
    subject = blob(found[0][0])
    held = await keyring.key(Pending(connection), subject)
    if held is None:
        raise OperatorError("the office's key is missing from the store: restore it from the mirror or a backup")
    return subject, held
