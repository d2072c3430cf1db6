"""How long an owed answer is waited for, at either end.

The driver looks every `SILENCE_S` seconds of its loop's clock, which does not jump. Two looks with an answer owed and
none that came in between are enough: whatever hangs there, a new connection begins with what both hold.
"""

from __future__ import annotations

from typing import Final

from protocol.sync.session import Session

SILENCE_S: Final = 60.0
"""Seconds between two looks: the slowest link carries a full batch in half of them."""


class Patience:
    """Of one conversation."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waited = False
        self._answers = 0
        self._wanted = False
        self._arrived = 0

    def is_over(self) -> bool:
        """Look; whether the answer that is owed, or the blob that is wanted, is not coming any more.

        Records go before blobs, so whatever arrives says that a blob may still come.
        """
        session = self._session
        over = self._waited and session.is_waiting and session.answers == self._answers
        over = over or (self._wanted and session.is_wanting and session.arrived == self._arrived)
        self._waited, self._answers = session.is_waiting, session.answers
        self._wanted, self._arrived = session.is_wanting, session.arrived
        return over
