"""The whole way of a request: with the real press, the real seals and the simulated modem."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from devices.modem import SimulatedModem
from edge.press.client import Press
from edge.services import accounts, certificates, decisions, messages, pieces, requests, settling
from edge.services.office import Office
from protocol.office.attestation import token_key_id, verify_token
from protocol.office.casework import State
from protocol.records.hashing import digest
from tests.edge.services.support import (
    ANSWERS,
    CITIZEN,
    CLERK,
    RESIDENCE_ID,
    Clock,
    account,
    authority,
    case_of,
    completed,
    decided,
    enquired,
    form,
    office_in,
    ready_to_decide,
    state_of,
)


def public_keys(office: Office) -> dict[bytes, bytes]:
    assert office.seals is not None
    certificate = x509.load_der_x509_certificate(office.seals.token_cert)
    public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {token_key_id(public): public}


async def test_a_certificate_from_the_kiosk_to_the_hand(tmp_path: Path, clock: Clock) -> None:
    modem = SimulatedModem(clock)
    async with office_in(tmp_path, clock, press=Press.start(), modem=modem) as office:
        owner = await account(office)
        asked = await requests.submit(office, office.command(), owner, RESIDENCE_ID, ANSWERS, CITIZEN, "fr")
        case = asked.case
        assert (await requests.receipt_pdf(office, case, "fr")).startswith(b"%PDF")
        assert (await requests.public_state(office, asked.reference)).state is State.SUBMITTED

        await completed(office, case)
        assert await state_of(office, case) is State.FIELD_ENQUIRY
        await enquired(office, case)
        (waiting,) = await decisions.waiting(office)
        assert (waiting.case, waiting.reference, waiting.days_left) == (case, asked.reference, 60)

        agent = await authority(office)
        await decided(office, case, "approved", agent)
        await decisions.undo(office, office.command(), case, agent.staff)
        assert await state_of(office, case) is State.UNDER_DECISION
        await decided(office, case, "approved", agent)

        assert await settling.settle_decisions(office) == 0
        clock.ms += office.settings.undo_ms
        assert await settling.settle_decisions(office) == 1
        sealed = (await case_of(office, case)).certificate
        assert sealed is not None
        paper = await certificates.pdf(office, case)
        assert digest("pdf", paper) == sealed.pdf_hash
        claims = verify_token(sealed.token, public_keys(office))
        assert (claims.reference, claims.serial) == (asked.reference, sealed.serial)
        assert (claims.cnie, claims.birth_date) == ("FA123456", "1987-03-12")
        assert claims.issued_ms == clock.ms

        assert [row.case for row in await certificates.to_print(office)] == [case]
        await certificates.confirm_ready(office, office.command(), case, True, True, CLERK)
        assert await certificates.to_print(office) == []
        assert await messages.send_due(office) == 1
        (sms,) = modem.messages
        assert sms.number == "+212612345621"
        assert asked.reference in sms.text
        assert (await requests.dossier(office, case)).told == "sent"

        await certificates.hand_over(office, office.command(), case, True, CLERK)
        history = await case_of(office, case)
        assert history.state is State.COLLECTED
        assert all(step.lawful for step in history.history)
        assert [row.state for row in await requests.of_account(office, owner)] == [State.COLLECTED]


async def test_a_refusal_with_its_reason_reaches_the_citizen(tmp_path: Path, clock: Clock) -> None:
    modem = SimulatedModem(clock)
    async with office_in(tmp_path, clock, modem=modem) as office:
        case = await ready_to_decide(office)
        await decided(office, case, "refused")
        await settling.settle_decisions(office)
        await messages.send_due(office)
        assert modem.messages == ()
        clock.ms += office.settings.undo_ms
        assert await settling.settle_decisions(office) == 1
        assert await settling.settle_decisions(office) == 0
        assert await messages.send_due(office) == 1
        assert len(modem.messages) == 1
        told = await case_of(office, case)
        assert told.decision is not None
        assert (told.decision.outcome, told.decision.reason_code) == ("refused", "not_resident")
        assert [message.state for message in told.messages] == ["sent"]


async def test_a_clerk_helps_someone_without_a_mobile(tmp_path: Path, clock: Clock) -> None:
    async with office_in(tmp_path, clock) as office:
        owner = await accounts.open_account(office, office.command(), form(phone="", pin=None), CLERK, assisted=True)
        await accounts.verify_identity(office, office.command(), owner, CLERK)
        known = await accounts.view(office, owner)
        assert known.assisted
        assert known.verified
        assert known.verified_by == CLERK
        asked = await requests.submit(office, office.command(), owner, RESIDENCE_ID, ANSWERS, CLERK, "ar")
        await pieces.complete(office, office.command(), asked.case, ["cnie", "bill"], CLERK, card_seen=True)
        await enquired(office, asked.case)
        await decided(office, asked.case)
        clock.ms += office.settings.undo_ms
        await settling.settle_decisions(office)
        await certificates.confirm_ready(office, office.command(), asked.case, True, True, CLERK)
        assert await messages.send_due(office) == 0
        assert (await requests.dossier(office, asked.case)).told == "failed"
        await messages.told_in_person(office, office.command(), asked.case, CLERK)
        assert (await requests.dossier(office, asked.case)).told == "told"
