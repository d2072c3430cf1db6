"""Who may do what on the annexe's screens: the one table of duties and roles.

Every handler that is not open to all, or a citizen's own, is marked with one of these. `docs/roles.md` is drawn from
the routes themselves, and a test compares: a route that changes hands changes the page, where a reviewer sees it.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge.web.signed_in import staff
from protocol.office.parties import Role

DUTIES: Mapping[str, frozenset[Role]] = {
    "counter": frozenset({"clerk", "supervisor"}),
    "supervision": frozenset({"supervisor"}),
    "decision": frozenset({"authority"}),
    "appliance": frozenset({"admin", "supervisor"}),
}
"""Serving people and their dossiers; answering appeals; deciding and annulling; the machine, and who works here."""

AT_THE_COUNTER = staff(*DUTIES["counter"])
SUPERVISES = staff(*DUTIES["supervision"])
DECIDES = staff(*DUTIES["decision"])
RUNS_IT = staff(*DUTIES["appliance"])

SCREENS: Mapping[str, frozenset[Role]] = {
    "counter": DUTIES["counter"],
    "authority": DUTIES["decision"],
    "admin": DUTIES["appliance"],
}
"""The screens behind a sign-in, and the roles that each is for."""
