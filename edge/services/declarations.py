"""The declaration on honour that stands for an abolished certificate: a blank form, the same for everyone.

It asks for nobody's data and holds none: the person writes them by hand, so nothing of a person passes by here.
"""

from __future__ import annotations

from edge.press.documents import DeclarationData
from edge.services import guide
from edge.services.office import Office
from protocol.errors import N_, PersonError
from protocol.office.catalogue import Bilingual


async def pdf(office: Office, procedure_id: str, declaration_id: str) -> bytes:
    """Return the blank form, in both languages; PersonError 404 when the guide has none of these ids."""
    procedure = await guide.procedure(office, procedure_id)
    found = next((each for each in procedure.declarations if each.id == declaration_id), None)
    if found is None:
        raise PersonError(N_("The guide has no such declaration. Look for it on the procedure's page."), status=404)
    data = DeclarationData(
        annexe=Bilingual(ar=office.annexe.name_ar, fr=office.annexe.name_fr),
        title=found.title,
        text=found.text,
        lines=found.lines,
        replaces=procedure.name,
        since=procedure.since,
        legal_basis=procedure.legal_basis,
        at_ms=office.now(),
    )
    return await office.press.declaration(data)
