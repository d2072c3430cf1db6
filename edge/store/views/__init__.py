"""The views of an annexe: each a few tables and the small folds that keep them; see `view` for their rules."""

from edge.store.views.accounts import ACCOUNTS
from edge.store.views.calendar import CALENDAR
from edge.store.views.cases import CASES
from edge.store.views.catalogue import CATALOGUE
from edge.store.views.flawed import FLAWED
from edge.store.views.later import LATER
from edge.store.views.outbox import OUTBOX
from edge.store.views.prefecture_looks import PREFECTURE_LOOKS
from edge.store.views.revocations import REVOCATIONS
from edge.store.views.screens import SCREENS
from edge.store.views.staff import STAFF
from edge.store.views.view import View

DEFAULT_VIEWS: tuple[View, ...] = (
    ACCOUNTS,
    CASES,
    OUTBOX,
    STAFF,
    SCREENS,
    CATALOGUE,
    CALENDAR,
    REVOCATIONS,
    PREFECTURE_LOOKS,
    LATER,
    FLAWED,
)

__all__ = ["DEFAULT_VIEWS", "View"]
