"""`certificate.seal`: a certificate whole (page, QR code, PAdES seal) against the bare Typst compile of its page.

Both in one process with a warm typesetter, as the press's worker is; each certificate is another, for Typst remembers
what it has set. The figure is milliseconds: less is better.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import count

import msgspec

from bench.figure import Aim, Effort, Figure, Round, figure
from bench.place import Place, now_ms
from edge.press.documents import CertificateData, Detail, Issuer, Person
from edge.press.pages import certificate_page
from edge.press.typesetter import Typesetter
from edge.press.worker import make_certificate
from protocol.office.catalogue import Bilingual
from protocol.office.seals import SealKeys
from protocol.office.synthetic import Person as MadeUp

ISSUER = Issuer(
    id="berkane-05",
    name=Bilingual(ar="الملحقة الإدارية الخامسة", fr="Annexe administrative 5"),
    town=Bilingual(ar="بركان", fr="Berkane"),
    province=Bilingual(ar="إقليم بركان", fr="Province de Berkane"),
)
TOKEN = "MLQ1:" + "6BF" * 170
"""What a code of the real length shows in the bare compile."""


def measure(place: Place, effort: Effort) -> Figure:
    """One certificate after the other, sealed and bare in turn."""
    seals = SealKeys.from_value(place.installation().seed.seals)
    typesetter, papers = Typesetter(), _papers(place.people)
    make_certificate(typesetter, next(papers), seals)  # fonts and libraries are loaded by the first
    rounds = [_turn(typesetter, papers, seals, effort.seconds) for _ in range(effort.rounds)]
    return figure("certificate.seal", "ms", rounds, Aim("<=", 6.0))


def _turn(typesetter: Typesetter, papers: Iterator[CertificateData], seals: SealKeys, seconds: float) -> Round:
    began, turns, sealed_s, bare_s = time.perf_counter(), 0, 0.0, 0.0
    while turns == 0 or time.perf_counter() - began < 2 * seconds:
        start = time.perf_counter()
        make_certificate(typesetter, next(papers), seals)
        middle = time.perf_counter()
        paper = next(papers)
        typesetter.set("certificate", certificate_page(paper, TOKEN), paper.issued_ms)
        sealed_s, bare_s, turns = sealed_s + middle - start, bare_s + time.perf_counter() - middle, turns + 1
    return Round(1000 * sealed_s / turns, 1000 * bare_s / turns)


def _papers(people: Sequence[MadeUp]) -> Iterator[CertificateData]:
    for number in count():
        yield msgspec.structs.replace(_paper(people[number % len(people)]), serial=f"{number:016x}")


def _paper(one: MadeUp) -> CertificateData:
    return CertificateData(
        template="residence",
        issuer=ISSUER,
        procedure="residence-autorite-locale",
        title=Bilingual(ar="شهادة السكنى", fr="Certificat de résidence"),
        reference="B05-7K3MQ-2X9RT",
        serial="",
        person=Person(
            name_ar=one.name_ar,
            name_fr=one.name_fr,
            cnie=one.cnie,
            birth_date=one.birth_date,
            address=one.address,
        ),
        details=[
            Detail(
                id="depuis",
                label=Bilingual(ar="يسكن به منذ", fr="Y réside depuis"),
                value=Bilingual(ar="مارس 2019", fr="mars 2019"),
            )
        ],
        issued_ms=now_ms(),
        verify_url="https://centre.berkane.internal/verify",
        enquiry_on="2026-11-10",
    )
