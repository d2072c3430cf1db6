"""Checking a whole form at once, so that a person hears of every slip and not only of the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from protocol.errors import PersonError, PersonErrors

Checked = TypeVar("Checked")


class FormCheck:
    """Collects the errors of a form's fields; `done` raises them together."""

    def __init__(self) -> None:
        self._errors: list[PersonError] = []

    def field(self, check: Callable[[], Checked], otherwise: Checked) -> Checked:
        """Run one field's check; keep its error and go on with `otherwise`."""
        try:
            return check()
        except PersonErrors as errors:
            self._errors.extend(errors.errors)
        except PersonError as error:
            self._errors.append(error)
        return otherwise

    def done(self) -> None:
        """Raise PersonErrors when a field was wrong."""
        if self._errors:
            raise PersonErrors(self._errors)
