import sqlite3
from pathlib import Path

import pytest

from edge.store.connection import ConstraintBroken, DiskFailed, open_scratch, open_sqlite, statements_of
from protocol.errors import CallerError, OperatorError


async def test_a_store_is_opened_so_that_a_confirmed_commit_survives_a_power_cut(tmp_path: Path) -> None:
    connection = await open_sqlite(tmp_path / "a.db", True)
    assert await connection.rows("PRAGMA journal_mode") == [("wal",)]
    assert await connection.rows("PRAGMA synchronous") == [(2,)]
    assert await connection.rows("PRAGMA foreign_keys") == [(1,)]
    await connection.close()
    assert (tmp_path / "a.db").stat().st_mode & 0o777 == 0o600


async def test_the_log_beside_the_database_is_as_private_as_it(tmp_path: Path) -> None:
    connection = await open_sqlite(tmp_path / "a.db", True)
    await connection.script("CREATE TABLE t (x);")
    assert (tmp_path / "a.db-wal").stat().st_mode & 0o777 == 0o600
    await connection.close()


async def test_a_disk_that_carries_no_write_ahead_log_is_refused() -> None:
    with pytest.raises(OperatorError):
        await open_sqlite(Path("/dev/null"), True)


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    writer = await open_sqlite(tmp_path / "a.db", True)
    await writer.script("CREATE TABLE t (x);")
    reader = await open_sqlite(tmp_path / "a.db", False)
    with pytest.raises((CallerError, DiskFailed)):
        await reader.execute("INSERT INTO t VALUES (1)")
    await reader.close()
    await writer.close()


async def test_a_reader_of_nothing_is_told_where_to_look(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no store"):
        await open_sqlite(tmp_path / "a.db", False)


async def test_a_run_stops_at_its_first_failure(tmp_path: Path) -> None:
    connection = await open_sqlite(tmp_path / "a.db", True)
    await connection.script("CREATE TABLE t (x INTEGER PRIMARY KEY);")
    with pytest.raises(ConstraintBroken):
        await connection.run([("INSERT INTO t VALUES (?)", (n,)) for n in (1, 1, 2)])
    assert await connection.rows("SELECT x FROM t") == [(1,)]
    await connection.close()


async def test_a_wrong_statement_is_the_callers_fault(tmp_path: Path) -> None:
    connection = await open_sqlite(tmp_path / "a.db", True)
    with pytest.raises(CallerError):
        await connection.rows("SELECT nothing FROM nowhere")
    assert await connection.execute("CREATE TABLE t (x)") == -1
    assert await connection.execute("INSERT INTO t VALUES (1), (2)") == 2
    await connection.close()


async def test_bytes_that_are_no_database_are_the_operators_business(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"this was never a database, and it is long enough to be looked at" * 100)
    with pytest.raises(OperatorError):
        await open_sqlite(tmp_path / "a.db", True)


async def test_a_scratch_database_is_another_each_time() -> None:
    one, other = await open_scratch(), await open_scratch()
    await one.script("CREATE TABLE t (x);")
    with pytest.raises(CallerError):
        await other.rows("SELECT x FROM t")
    await one.close()
    await other.close()


def test_a_script_is_split_where_sqlite_splits_it() -> None:
    script = "CREATE TABLE a (x TEXT DEFAULT ';\n');\nCREATE TABLE b (y);\n"
    statements = statements_of(script)
    assert len(statements) == 2
    connection = sqlite3.connect(":memory:")
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_a_script_without_its_last_semicolon_is_refused() -> None:
    with pytest.raises(CallerError):
        statements_of("CREATE TABLE a (x)")
