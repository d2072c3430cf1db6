"""The part of `mulhaqa-edge verify-log` about scans: is each one that a case names here, whole, and what it was?

Apart from the log's own verification: a scan that is missing comes back from the prefecture, and keeps no appliance
from starting.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.store.columns import blob
from edge.store.connection import Connect, open_sqlite
from edge.store.scan_files import SCANS, FolderScanFiles, OpenScanFiles
from edge.store.scans import Scans
from edge.store.schema import DATABASE


@dataclass(frozen=True, slots=True)
class ScanReport:
    """How many scans cases name, and the addresses (hexadecimal) of those that are not here, or not undamaged."""

    named: int
    unsound: tuple[str, ...]


async def verify_scans(
    folder: Path, *, connect: Connect = open_sqlite, scans: OpenScanFiles = FolderScanFiles
) -> ScanReport:
    """Verify the scans of the store in `folder`, also beside a running one: nothing is written."""
    connection = await connect(folder / DATABASE, False)
    try:
        rows = await connection.rows(
            "SELECT address FROM scans WHERE NOT removed AND subject IN (SELECT subject FROM keys) ORDER BY address"
        )
    finally:
        await connection.close()
    kept = Scans(scans(folder / SCANS), _all_are_named, lambda: False, lambda: 0)
    named = [blob(row[0]) for row in rows]
    return ScanReport(len(named), tuple([one.hex() for one in named if not await kept.is_whole(one)]))


async def _all_are_named(_address: bytes) -> bool:
    return True
