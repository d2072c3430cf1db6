"""The words with which the agent's page explains a decision sheet, and what it says while it signs.

The page draws the sheet from the bytes that will be signed; these words only name fields and explain codes. Keys are
those of `screens/static/authority/sheet.js` and `signing.js`; values are msgids, or texts of the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge.services.reasons import REASONS
from edge.web.staff_words import ENQUIRIES, TITLES
from protocol.errors import N_
from protocol.office.applicants import CAPACITIES
from protocol.office.catalogue import Bilingual, Procedure
from protocol.office.documents import DOCUMENTS

FIELDS: Mapping[str, str] = {
    "field.outcome": N_("Decision"),
    "field.reason_code": N_("Reason for the refusal"),
    "field.reason_text": N_("Justification"),
    "field.reference": N_("Reference"),
    "field.procedure": N_("Procedure"),
    "field.procedure_version": N_("Version of the procedure"),
    "field.identity.name_ar": N_("Name in Arabic letters"),
    "field.identity.name_fr": N_("Name in Latin letters"),
    "field.identity.cnie": N_("CNIE"),
    "field.identity.document": N_("Document"),
    "field.identity.number": N_("Number of the document"),
    "field.identity.declared": N_("Day of the declaration"),
    "field.represented_by.capacity": N_("Asked by"),
    "field.represented_by.name_ar": N_("Name in Arabic letters"),
    "field.represented_by.name_fr": N_("Name in Latin letters"),
    "field.represented_by.document": N_("Document"),
    "field.represented_by.cnie": N_("CNIE"),
    "field.represented_by.number": N_("Number of the document"),
    "field.represented_by.basis": N_("Paper that gives the right to ask"),
    "field.identity.birth_date": N_("Date of birth"),
    "field.identity.address": N_("Address"),
    "field.answers": N_("Answers"),
    "field.pieces": N_("Documents seen"),
    "field.scans": N_("Scans, by their fingerprint"),
    "field.enquiry": N_("Field enquiry"),
    "field.enquiry.outcome": N_("Field enquiry"),
    "field.enquiry.by_title": N_("Made by"),
    "field.enquiry.on": N_("Made on"),
    "field.enquiry.note": N_("Note"),
    "field.annexe": N_("Annexe"),
    "field.agent": N_("Signed by"),
    "field.claimed_ms": N_("At (this annexe's clock)"),
    "field.case": N_("Case, in the log"),
    "field.follows": N_("State of the case that is decided on"),
    "field.credential": N_("Key that signs"),
}

SAID: Mapping[str, str] = {
    "none": N_("none"),
    "outcome.approved": N_("granted"),
    "outcome.refused": N_("refused"),
    "verdict.approved": N_("You grant this request"),
    "verdict.refused": N_("You refuse this request"),
    "say.preparing": N_("The annexe prepares the sheet…"),
    "say.signing": N_("Signing, then sending…"),
    "say.offline": N_("No connection to the annexe: nothing was sent, nothing is decided. Try again when it is back."),
    "say.signed_out": N_("Your sign-in has ended, nothing was decided. Reload the page to sign in again."),
    "say.failed": N_("This did not work, and nothing was decided. Try again; if it stays so, call the administrator."),
    "say.unreadable": N_("This sheet cannot be shown whole here, so do not sign it here. Call the administrator."),
    "say.other_sheet": N_("The sheet is not the one that you asked for: do not sign. Call the administrator."),
    "say.no_key": N_("The signing key is not on this tablet any more. Reload the page to make another one."),
}


def vocabulary(procedure: Procedure | None) -> list[tuple[str, str | Bilingual]]:
    """Return (key, text) pairs: msgids to translate, or bilingual texts of the catalogue."""
    words: list[tuple[str, str | Bilingual]] = [*FIELDS.items(), *SAID.items()]
    words += [(f"document.{document}", label) for document, label in DOCUMENTS.items()]
    words += [(f"capacity.{capacity}", label) for capacity, label in CAPACITIES.items()]
    words += [(f"title.{title}", label) for title, label in TITLES.items()]
    words += [(f"enquiry.{outcome}", label) for outcome, label in ENQUIRIES.items()]
    words += [(f"reason.{reason.code}", reason.label) for reason in REASONS]
    if procedure is not None:
        words.append((f"procedure.{procedure.id}", procedure.name))
        words += [(f"piece.{piece.id}", piece.label) for piece in procedure.pieces]
        words += [(f"field.answers.{field.id}", field.label) for field in procedure.fields]
        words += [
            (f"answers.{field.id}.{choice.id}", choice.label) for field in procedure.fields for choice in field.choices
        ]
    return words
