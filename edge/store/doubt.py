"""The mark that a failed disk leaves: what is in the file must be verified before anything is confirmed again.

After a failed fsync the kernel may have dropped the pages that it could not write, and what is read back may be what is
only in memory. So the process ends, the next one reads the file from the disk, and verifies it whole before it serves.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from disk.durable import sync_folder
from edge.store.connection import Connect, Scratch
from edge.store.vault import Vault
from edge.store.verify import verify_log
from edge.store.views.view import View
from protocol.errors import OperatorError

IN_DOUBT = "store.in-doubt"

logger = logging.getLogger(__name__)


def leave_doubt(folder: Path) -> None:
    """Leave the mark, as far as the disk still takes it."""
    try:
        (folder / IN_DOUBT).touch(mode=0o600)
        sync_folder(folder)
    except OSError:
        logger.exception("the mark that the store must be verified could not be left")


async def settle_doubt(
    folder: Path, *, vault: Vault, own: bytes, connect: Connect, scratch: Scratch, views: Sequence[View]
) -> None:
    """Verify the store if the mark is there, and take the mark away; raises OperatorError when it is not sound."""
    mark = folder / IN_DOUBT
    if not mark.exists():
        return
    report = await verify_log(folder, vault=vault, own=own, connect=connect, scratch=scratch, views=views)
    if not report.sound:
        found = "; ".join(f"{finding.place}: {finding.what}" for finding in report.findings[:3])
        raise OperatorError(f"the disk failed and the log is damaged ({found}): restore it from the mirror or a backup")
    mark.unlink()
    sync_folder(folder)
