"""Those who attack meet the same office as everybody else in the tests."""

from __future__ import annotations

from tests.edge.web.conftest import clock, documents, office

__all__ = ["clock", "documents", "office"]
