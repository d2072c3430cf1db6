"""Accounts that were read lately, as they stand on the disk: what a person's next page and his command need again.

A trip to the database costs more than all else that a page does, and a visit asks for one account a dozen times.

- An account is forgotten the moment a decision changes it, and not kept again before that decision is on the disk: a
  decision in between finds nothing here, and reads what waits to be written.
- What was read while something else came onto the disk is not kept: nobody knows which side of it was read.
- Only what is asked for alone is answered from here. A look that must agree with itself (`Store.reading`) goes to the
  disk whole.
- Plain accounts lie in memory, as their keys do; they go with the process.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from edge.store.rows import AccountView

MOST: Final = 512
"""Accounts, some 2 kB each: those who come to an annexe on a busy day."""


class Recent:
    """Editions count the changes that were decided; moments, how often some of them came onto the disk."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, AccountView] = OrderedDict()
        self._changed: dict[bytes, int] = {}
        self._all_changed = 0
        self.edition = 0
        self.moment = 0

    def find(self, subject: bytes) -> AccountView | None:
        """Return the account if it was read lately and stands."""
        found = self._kept.get(subject)
        if found is not None:
            self._kept.move_to_end(subject)
        return found

    def keep(self, account: AccountView, moment: int) -> None:
        """Keep what was read; `moment` is of before it was asked for."""
        if moment != self.moment or account.subject in self._changed or self._all_changed:
            return
        self._kept[account.subject] = account
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def change(self, subjects: Iterable[bytes]) -> None:
        """A decision changes these; it is not on the disk yet."""
        self.edition += 1
        for subject in subjects:
            self._kept.pop(subject, None)
            self._changed[subject] = self.edition

    def change_all(self) -> None:
        """A decision may change any; it is not on the disk yet."""
        self.edition += 1
        self._kept.clear()
        self._all_changed = self.edition

    def settle(self, edition: int) -> None:
        """All that was decided through this edition is on the disk, or will never be."""
        self.moment += 1
        if self._all_changed <= edition:
            self._all_changed = 0
        for subject in [one for one, changed in self._changed.items() if changed <= edition]:
            del self._changed[subject]
