"""The read side: typed rows, opened with the keys at hand, from one consistent moment.

`Transaction` offers the same reads against the open transaction, so a service reads in the same words on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

from edge.store.columns import blob, number, text
from edge.store.connection import Row, SqlValue
from edge.store.keyring import Keyring, Source
from edge.store.recent import Recent
from edge.store.rows import AccountView, CaseRow, Later, LogRow, OutboxRow, ScreenView, StaffView
from edge.store.sealed_files import open_older
from edge.store.vault import Vault
from edge.store.views.accounts import GUARDIAN, INDEXED, open_account, open_look
from edge.store.views.cases import open_case
from edge.store.views.outbox import open_message
from edge.store.views.prefecture_looks import open_days
from edge.store.views.screens import open_screen
from edge.store.views.staff import open_staff
from protocol.errors import CallerError, PeerError
from protocol.office.casework import Case, State
from protocol.office.catalogue import NotAProcedure, Procedure, parse_procedure
from protocol.records.credentials import Credential, parse_credential
from protocol.records.encoding import decode
from protocol.records.envelope import Record, open_body, parse_record
from protocol.records.refusals import NeedsUpgrade

LONGEST_LIST = 1_000
"""Rows of any one list: what a screen can page through; a longer one is a query that forgot its filter."""


class Reader:
    """Reads from one source; made by `Store.reading`."""

    def __init__(self, source: Source, keyring: Keyring, vault: Vault, recent: Recent | None = None) -> None:
        """`recent`: where an account may come from instead of the disk."""
        self._source = source
        self._keyring = keyring
        self._vault = vault
        self._recent = recent

    async def rows(self, sql: str, params: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one query of the store's own; services have a typed method for each of theirs."""
        return await self._source.rows(sql, params)

    async def data_key(self, subject: bytes) -> bytes | None:
        """Return the data key of a subject, for the uplink to seal to its reader; None when it is not held."""
        return await self._key(subject)

    async def data_keys(self, subjects: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the data keys of these subjects that are held and sound, in their order."""
        return await self._keyring.sound_keys(self._source, subjects)

    async def _key(self, subject: bytes) -> bytes | None:
        return await self._keyring.key(self._source, subject)

    async def _required_key(self, subject: bytes) -> bytes:
        key = await self._key(subject)
        if key is None:
            raise PeerError("a row's key is not in the store: verify the log, then restore it from the mirror")
        return key

    async def account(self, subject: bytes) -> AccountView | None:
        """Return the account, opened, with every look at it; None when there is none."""
        recent = self._recent
        if recent is None:
            return await self._account(subject)
        known = recent.find(subject)
        if known is not None:
            return known
        moment = recent.moment
        found = await self._account(subject)
        if found is not None:
            recent.keep(found, moment)
        return found

    async def _account(self, subject: bytes) -> AccountView | None:
        found = await self.rows(
            "SELECT -1 AS at_ms, subject AS record, details FROM accounts WHERE subject = ?1"
            " UNION ALL SELECT at_ms, record, details FROM account_looks WHERE account = ?1 ORDER BY at_ms, record",
            (subject,),
        )
        if not found:
            return None
        key = await self._required_key(subject)
        account = open_account(key, subject, blob(found[0][2]))
        return with_looks(account, key, found[1:]) if found[1:] else account

    async def prefecture_days(self, account: bytes) -> list[str]:
        """Return the days (ISO) on which the prefecture looked at requests of this account, each once, latest first."""
        rows = await self.rows("SELECT record, details FROM prefecture_looks WHERE account = ?", (account,))
        key = await self._required_key(account) if rows else b""
        days = {day for record, details in rows for day in open_days(key, blob(record), blob(details))}
        return sorted(days, reverse=True)

    async def account_by(self, kind: str, text: str) -> bytes | None:
        """Return the account of this number or phone (canonical form); of several with one phone, any, and of several
        that claim one number, whose it is."""
        found = await self.accounts_by(kind, text)
        return found[0] if found else None

    async def accounts_by(self, kind: str, text: str) -> list[bytes]:
        """Return all accounts of this `kind` of document's number, or of this "phone": it may be a family's."""
        if kind not in INDEXED:
            raise CallerError(f"accounts are found by the number of a document or by phone, not by {kind!r}")
        return await self._indexed(kind, text)

    async def is_second_claim(self, account: AccountView) -> bool:
        """Return whether the number of an account's document is another account's, which claimed it first."""
        found = await self.rows(
            "SELECT second FROM account_index WHERE kind = ? AND blind = ? AND account = ?",
            (account.document, self._vault.blind(account.document, account.cnie), account.subject),
        )
        return bool(found and found[0][0])

    async def children_of(self, guardian: bytes) -> list[bytes]:
        """Return the accounts that were opened through this guardian's account."""
        return await self._indexed(GUARDIAN, guardian.hex())

    async def _indexed(self, kind: str, text: str) -> list[bytes]:
        found = await self.rows(
            "SELECT account FROM account_index WHERE kind = ? AND blind = ? ORDER BY second, account",
            (kind, self._vault.blind(kind, text)),
        )
        return [blob(row[0]) for row in found]

    async def case(self, subject: bytes) -> Case | None:
        """Return the case, opened; None when there is none."""
        found = await self.rows("SELECT details FROM cases WHERE subject = ?", (subject,))
        return open_case(await self._required_key(subject), subject, blob(found[0][0])) if found else None

    async def case_by_reference(self, reference: str) -> bytes | None:
        """Return the case of this reference (as `references.parse` returns it): of two, whose stands first."""
        found = await self.cases_by_reference(reference)
        return found[0] if found else None

    async def cases_by_reference(self, reference: str) -> list[bytes]:
        """Return the cases of this reference, whose stands first ahead: one, but where a log that has parted drew it
        twice (`edge.store.views.references`)."""
        blind = self._vault.blind("reference", reference)
        found = await self.rows("SELECT subject FROM cases WHERE reference = ? ORDER BY second", (blind,))
        return [blob(row[0]) for row in found]

    async def cases(
        self, *, state: State | None = None, account: bytes | None = None, limit: int = 200
    ) -> list[CaseRow]:
        """Return cases in this state and of this account, at most `limit`.

        Those in one state come the oldest first, as a queue does; others the newest first, as a history does.
        """
        wanted: list[tuple[str, SqlValue]] = []
        if state is not None:
            wanted.append(("state = ?", state.value))
        if account is not None:
            wanted.append(("account = ?", account))
        where = f"WHERE {' AND '.join(clause for clause, _ in wanted)} " if wanted else ""
        found = await self.rows(
            "SELECT subject, account, state, procedure, submitted_ms, due, updated_ms FROM cases "  # noqa: S608 - ours
            f"{where}ORDER BY submitted_ms {'DESC' if state is None else 'ASC'}, subject LIMIT ?",
            (*(value for _, value in wanted), min(limit, LONGEST_LIST)),
        )
        return [_case_row(row) for row in found]

    async def procedure(self, id: str, version: int | None = None) -> Procedure | None:  # noqa: A002 - the event's own word
        """Return this version of a procedure, the newest when none is given; None when there is none.

        Of versions that only a later release can read there is none here: the newest is the newest that can be read.
        """
        found = await self.rows(
            "SELECT document FROM procedures WHERE id = ?1 AND (?2 IS NULL OR version = ?2) ORDER BY version DESC",
            (id, version),
        )
        return next((one for one in map(readable_procedure, found) if one is not None), None)

    async def procedures(self) -> list[Procedure]:
        """Return the newest version of every procedure, by id; as `procedure` does."""
        found = await self.rows("SELECT document FROM procedures ORDER BY id, version")
        newest = {one.id: one for one in map(readable_procedure, found) if one is not None}
        return list(newest.values())

    async def later(self) -> Later:
        """Return what is held that only a later release can read."""
        records = await self.rows("SELECT count(*) FROM later_records")
        newest = await self.rows("SELECT document, max(version) FROM procedures GROUP BY id")
        return Later(number(records[0][0]), sum(readable_procedure(row) is None for row in newest))

    async def credentials(self) -> list[Credential]:
        """Return every credential that the prefecture has published, as it stands in the log (`Trust` judges them)."""
        found = await self.rows(
            "SELECT c.bytes FROM credentials AS c JOIN records USING (stream, segment, seq) ORDER BY position"
        )
        return [parse_credential(blob(row[0])) for row in found]

    async def revoked_keys(self) -> list[bytes]:
        """Return the ids of the keys that the prefecture has revoked."""
        return [blob(row[0]) for row in await self.rows("SELECT id FROM revoked_keys")]

    async def staff(self, login: str) -> StaffView | None:
        """Return the agent of this login."""
        found = await self.rows(
            "SELECT login, subject, details FROM staff WHERE login = ?", (self._vault.blind("login", login),)
        )
        return await self._staff(found[0]) if found else None

    async def staff_list(self) -> list[StaffView]:
        """Return all agents, by login."""
        found = [await self._staff(row) for row in await self.rows("SELECT login, subject, details FROM staff")]
        return sorted(found, key=lambda staff: staff.login)

    async def screens(self) -> list[ScreenView]:
        """Return every screen that was ever paired, those that were removed too, by name."""
        rows = [tuple(map(blob, row)) for row in await self.rows("SELECT screen, subject, details FROM screens")]
        found = [open_screen(await self._required_key(subject), screen, sealed) for screen, subject, sealed in rows]
        return sorted(found, key=lambda one: (one.name, one.screen))

    async def _staff(self, row: Row) -> StaffView:
        login, subject, details = (blob(value) for value in row)
        return open_staff(await self._required_key(subject), login, details)

    def result(self, command: bytes, sealed: bytes) -> bytes:
        """Return what a command was first answered, encoded; raises CannotOpen."""
        return self._vault.open_result(command, sealed)

    async def secret(self, name: str) -> bytes | None:
        """Return a secret of the appliance itself."""
        found = await self.rows("SELECT sealed FROM secrets WHERE name = ?", (name,))
        return self._vault.open_local(secret_place(name), blob(found[0][0])) if found else None

    async def older_file(self, name: bytes) -> bytes | None:
        """Return a certificate of before they were blobs, opened, by the hash of its sealed bytes."""
        found = await self.rows("SELECT subject, bytes FROM blobs WHERE hash = ?", (name,))
        if not found:
            return None
        subject, sealed = blob(found[0][0]), blob(found[0][1])
        return open_older(await self._required_key(subject), subject, name, sealed)

    async def outbox(
        self, *, states: Iterable[str] | None = None, case: bytes | None = None, limit: int = 200
    ) -> list[OutboxRow]:
        """Return messages, the oldest first: those in `states` (all when None), of `case` (any when None)."""
        wanted = None if states is None else list(states)
        clauses = ["1"]
        params: list[SqlValue] = []
        if wanted is not None:
            clauses.append(f"state IN ({', '.join('?' for _ in wanted)})")
            params += wanted
        if case is not None:
            clauses.append("subject = ?")
            params.append(case)
        found = await self.rows(
            "SELECT message, subject, state, attempts, queued_ms, updated_ms, details FROM messages"  # noqa: S608 - ours
            f" WHERE {' AND '.join(clauses)} ORDER BY queued_ms, message LIMIT ?",
            (*params, min(limit, LONGEST_LIST)),
        )
        return [await self._message(row) for row in found]

    async def _message(self, row: Row) -> OutboxRow:
        message, case = text(row[0]), blob(row[1])
        details = open_message(await self._required_key(case), message, blob(row[6]))
        return OutboxRow(
            message=message,
            case=case,
            state=text(row[2]),
            template=details.template,
            language=details.language,
            part_count=details.part_count,
            attempts=number(row[3]),
            queued_ms=number(row[4]),
            updated_ms=number(row[5]),
            why=details.why,
        )

    async def log_tail(self, n: int) -> list[LogRow]:
        """Return the last `n` records of all streams, the newest first."""
        found = await self.rows(
            "SELECT hash, bytes FROM records ORDER BY position DESC LIMIT ?", (min(n, LONGEST_LIST),)
        )
        return [await self._log_row(blob(row[0]), blob(row[1])) for row in found]

    async def _log_row(self, hash_: bytes, data: bytes) -> LogRow:
        record = parse_record(data)
        key = None if record.subject is None else await self._key(record.subject)
        sealed_away = record.subject is not None and key is None
        kind = None if sealed_away else _kind_of(record, key)
        return LogRow(
            stream=record.stream,
            segment=record.segment,
            seq=record.seq,
            kind=kind,
            time_ms=record.time.ms,
            hash=hash_,
            subject=record.subject,
            is_sealed_away=sealed_away,
        )


def _kind_of(record: Record, key: bytes | None) -> str | None:
    try:
        kind = open_body(record, key).get("kind")
    except NeedsUpgrade:
        return None
    return kind if isinstance(kind, str) else None


@lru_cache(maxsize=512)
def parsed_procedure(document: bytes) -> Procedure:
    """Return the procedure in these bytes; each version is parsed once, for they never change."""
    return parse_procedure(decode(document))


def readable_procedure(row: Row) -> Procedure | None:
    """Return the procedure in a row that begins with its document; None for one of a later release."""
    try:
        return parsed_procedure(blob(row[0]))
    except NotAProcedure:
        return None


def secret_place(name: str) -> bytes:
    """Return what a secret is bound to."""
    return b"secrets/" + name.encode()


def with_looks(account: AccountView, key: bytes, looks: list[Row]) -> AccountView:
    """Return the account with its looks, given as rows of (time, record, details)."""
    return replace(account, views=tuple(open_look(key, blob(record), blob(details)) for _, record, details in looks))


def _case_row(row: Row) -> CaseRow:
    due = row[5]
    return CaseRow(
        subject=blob(row[0]),
        account=blob(row[1]),
        state=State(row[2]),
        procedure=text(row[3]),
        submitted_ms=number(row[4]),
        due=date.fromisoformat(due) if isinstance(due, str) else None,
        updated_ms=number(row[6]),
    )
