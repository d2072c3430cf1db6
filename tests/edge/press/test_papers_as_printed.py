"""The papers as a printer and a reader get them: text, order, one page, nothing lost, no markup."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from edge.press.documents import DeclarationData, Detail, Language, Paper, Person, StandIn
from edge.press.pages import certificate_page, claims_of, declaration_page, receipt_page, ticket_page
from edge.press.typesetter import Typesetter
from edge.press.worker import TICKET_DPI
from protocol.errors import OperatorError
from protocol.office.attestation import encode_token
from protocol.office.catalogue import Bilingual
from tests.edge.press.papers import (
    ANSWERED,
    DECLARATION,
    FATIMA,
    FIANCES,
    ISSUED_MS,
    LONGEST,
    RECEIPT,
    RESIDENCE,
    chain,
    codes_in,
    of,
    pages_of,
    text_of,
)

TOKEN_KEY = chain().seals.token_key
PAPERS: list[Paper] = ["a4", "a5"]
LANGUAGES: list[Language] = ["ar", "fr"]


def certificate(
    typesetter: Typesetter, person: Person = FATIMA, details: Sequence[Detail] = RESIDENCE.details
) -> bytes:
    data = msgspec.structs.replace(of(person), details=list(details))
    return typesetter.set("certificate", certificate_page(data, encode_token(claims_of(data), TOKEN_KEY)), ISSUED_MS)


def receipt(typesetter: Typesetter, language: Language = "ar", paper: Paper = "a4") -> bytes:
    return typesetter.set("receipt", receipt_page(RECEIPT, language, paper), ISSUED_MS)


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_certificate_says_who_where_and_since_when_in_both_languages(typesetter: Typesetter) -> None:
    text = flat(text_of(certificate(typesetter)))
    for said in (
        "Certificat de résidence",
        "شهادة السكنى",
        "المملكة المغربية",
        "وزارة الداخلية",
        "إقليم بركان",
        "Fatima Zahra Benabdellah",
        "فاطمة الزهراء بنعبد الله",
        "FA123456",
        "12 avril 1988",
        "mars 2019",
        "التسجيل المدرسي",
        "b5x7cmq2k9rt4wza",
        "B05-7K3MQ-2X9RT",
        "Fait à Berkane, le 12 novembre 2026",
        "حرر ببركان في",
    ):
        assert said in text, said


def test_its_heading_is_in_arabic_and_tifinagh(typesetter: Typesetter) -> None:
    text = text_of(certificate(typesetter))
    assert "ⵜⴰⴳⵍⴷⵉⵜ ⵏ ⵍⵎⵖⵔⵉⴱ" in text
    assert "المملكة المغربية" in text


def test_it_says_what_the_seal_proves_what_not_and_where_to_check(typesetter: Typesetter) -> None:
    text = flat(text_of(certificate(typesetter)))
    assert "loi n° 43-20" in text
    assert "n'est pas une signature électronique qualifiée" in text
    assert "وليس توقيعا إلكترونيا مؤهلا" in text
    assert "https://centre.berkane.internal/verify" in text
    assert "Cachet et signature" in text


def test_an_attestation_names_the_other_person_and_its_legal_basis(typesetter: Typesetter) -> None:
    page = certificate_page(FIANCES, encode_token(claims_of(FIANCES), TOKEN_KEY))
    text = flat(text_of(typesetter.set("certificate", page, ISSUED_MS)))
    assert "Youssef El Mansouri" in text
    assert "Code de la famille, article 65" in text
    assert "l'exactitude des renseignements" in text


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_holds_what_law_55_19_asks_for(typesetter: Typesetter, language: Language, paper: Paper) -> None:
    pdf = receipt(typesetter, language, paper)
    text = flat(text_of(pdf))
    for said in (
        "Récépissé de dépôt de demande",
        "وصل إيداع طلب",
        "B05-7K3MQ-2X9RT",
        "12 novembre 2026",
        "Certificat de résidence (autorité locale)",
        "فاطمة الزهراء بنعبد الله",
        "présentée",
        "manquante",
        "17 janvier 2027",
        "يناير",
        "recours",
        "loi n° 55-19",
        "Nadia El Alami",
    ):
        assert said in text, said
    assert len(PdfReader(BytesIO(pdf)).pages) == 1


def test_the_persons_language_comes_first_on_a_receipt(typesetter: Typesetter) -> None:
    arabic, french = text_of(receipt(typesetter, "ar")), text_of(receipt(typesetter, "fr"))
    assert arabic.index("وصل إيداع") < arabic.index("Récépissé")
    assert french.index("Récépissé") < french.index("وصل إيداع")


def test_a_receipts_code_opens_the_state_of_the_request(typesetter: Typesetter, tmp_path: Path) -> None:
    assert codes_in(receipt(typesetter, "ar", "a5"), tmp_path) == [RECEIPT.follow_url]


def test_a_receipt_gives_neither_birth_date_nor_address(typesetter: Typesetter) -> None:
    text = text_of(receipt(typesetter))
    assert "1988" not in text
    assert "ابن خلدون" not in text


def test_the_longest_names_and_address_stay_on_one_page_whole(typesetter: Typesetter, tmp_path: Path) -> None:
    pdf = certificate(typesetter, LONGEST)
    assert len(PdfReader(BytesIO(pdf)).pages) == 1
    text = flat(text_of(pdf))
    assert LONGEST.address in text
    assert LONGEST.name_fr in text
    for page in pages_of(pdf, tmp_path, 60):
        margin = page.convert("L").crop((page.width - 30, 0, page.width, page.height))
        assert margin.getextrema() == (255, 255), "something runs over the right margin"


@pytest.mark.parametrize("person", [FATIMA, LONGEST], ids=["usual", "longest"])
def test_a_form_of_many_questions_stays_on_one_page_too(typesetter: Typesetter, person: Person) -> None:
    pdf = certificate(typesetter, person, ANSWERED)
    assert len(PdfReader(BytesIO(pdf)).pages) == 1
    text = flat(text_of(pdf))
    for detail in ANSWERED:
        assert detail.value.fr in text


def test_what_no_page_can_hold_goes_on_and_leaves_the_seal_whole(typesetter: Typesetter) -> None:
    pdf = certificate(typesetter, LONGEST, ANSWERED * 3)
    first, last = (flat(page.extract_text()) for page in PdfReader(BytesIO(pdf)).pages)
    for part in ("Cachet et signature", RESIDENCE.verify_url):
        assert part in last
        assert part not in first


PRESIDENT = StandIn(
    capacity="president",
    name_ar="أوا ديوب",
    name_fr="Awa Diop",
    cnie="B012345X",
    document="residence_card",
    basis="Procès-verbal n° 7",
)
ASSOCIATION = Person(
    name_ar="جمعية الأمل 2000",
    name_fr="Association Al Amal 2000",
    cnie="123/2019",
    birth_date="2019-06-14",
    address="3, rue du Lac, Berkane",
    document="association",
)


def test_an_associations_certificate_names_its_receipt_its_seat_and_its_president(typesetter: Typesetter) -> None:
    data = msgspec.structs.replace(of(ASSOCIATION), represented_by=PRESIDENT)
    page = certificate_page(data, encode_token(claims_of(data), TOKEN_KEY))
    text = flat(text_of(typesetter.set("certificate", page, ISSUED_MS)))
    for said in ("N° du récépissé", "123/2019", "Date de la déclaration", "Siège", "Président(e)", "Awa Diop",
                 "N° de la carte de séjour", "B012345X", "a effectivement son siège"):  # fmt: skip
        assert said in text, said
    assert "CNIE" not in text


def test_a_child_without_a_document_has_no_number_and_a_guardian(typesetter: Typesetter) -> None:
    child = msgspec.structs.replace(FATIMA, document="none", cnie="")
    guardian = msgspec.structs.replace(PRESIDENT, capacity="guardian", document="cnie", cnie="FA77")
    data = msgspec.structs.replace(of(child), represented_by=guardian)
    page = certificate_page(data, encode_token(claims_of(data), TOKEN_KEY))
    text = flat(text_of(typesetter.set("certificate", page, ISSUED_MS)))
    assert "Représentant légal" in text
    assert text.count("N° de la CNIE") == 1


@pytest.mark.parametrize("paper", PAPERS)
def test_a_receipt_says_who_asks_and_on_what_paper(typesetter: Typesetter, paper: Paper) -> None:
    data = msgspec.structs.replace(RECEIPT, represented_by=PRESIDENT)
    pdf = typesetter.set("receipt", receipt_page(data, "fr", paper), ISSUED_MS)
    text = flat(text_of(pdf))
    for said in ("Président(e)", "Awa Diop", "B012345X", "En vertu de", "Procès-verbal n° 7"):
        assert said in text, said
    assert len(PdfReader(BytesIO(pdf)).pages) == 1


def test_the_longest_names_by_the_longest_representative_stay_on_one_page(typesetter: Typesetter) -> None:
    by = msgspec.structs.replace(PRESIDENT, name_ar=LONGEST.name_ar, name_fr=LONGEST.name_fr, cnie="FA1234567Z")
    data = msgspec.structs.replace(of(LONGEST), represented_by=by)
    page = certificate_page(data, encode_token(claims_of(data), TOKEN_KEY))
    assert len(PdfReader(BytesIO(typesetter.set("certificate", page, ISSUED_MS))).pages) == 1


def test_what_a_person_typed_is_never_markup(typesetter: Typesetter) -> None:
    typed = '#strong[x] $y^2$ *z* _w_ `raw` \\ "quoted" <label> @ref // comment'
    text = flat(text_of(certificate(typesetter, msgspec.structs.replace(FATIMA, address=typed))))
    assert typed in text


def test_a_letter_that_no_font_has_does_not_stop_the_paper(typesetter: Typesetter) -> None:
    pdf = certificate(typesetter, msgspec.structs.replace(FATIMA, address="12 rue 中文 😀, Berkane"))
    assert "Berkane" in text_of(pdf)


def test_the_same_data_and_time_make_the_same_file_and_another_time_another(typesetter: Typesetter) -> None:
    assert receipt(typesetter) == receipt(typesetter)
    later = typesetter.set("receipt", receipt_page(RECEIPT, "ar", "a4"), ISSUED_MS + 60_000)
    assert later != receipt(typesetter)


def test_the_file_claims_an_archivable_tagged_form(typesetter: Typesetter) -> None:
    reader = PdfReader(BytesIO(certificate(typesetter)))
    metadata = reader.xmp_metadata
    assert metadata is not None
    assert b"<pdfaid:part>2</pdfaid:part>" in metadata.stream.get_data()
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in metadata.stream.get_data()
    assert "/MarkInfo" in reader.root_object
    assert "/StructTreeRoot" in reader.root_object


def test_a_missing_font_names_the_package_to_install(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="apt-get install fonts-hosny-amiri fonts-noto-core"):
        Typesetter([tmp_path, tmp_path / "nowhere"])


def ticket(typesetter: Typesetter, language: Language) -> Image.Image:
    drawn = typesetter.draw("ticket", ticket_page(RECEIPT, language), TICKET_DPI)
    with Image.open(BytesIO(drawn)) as picture:
        return picture.convert("L")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_ticket_fits_the_roll_and_its_code_is_read_in_the_printers_dots(
    typesetter: Typesetter, language: Language
) -> None:
    picture = ticket(typesetter, language)
    assert picture.width == 576
    dots = picture.point(lambda value: 255 * (value >= 128), mode="1").convert("L")
    (code,) = zxingcpp.read_barcodes(dots)
    assert code.text == RECEIPT.follow_url
    longest = msgspec.structs.replace(RECEIPT, person=LONGEST, pieces=RECEIPT.pieces * 6)
    drawn = typesetter.draw("ticket", ticket_page(longest, language), TICKET_DPI)
    with Image.open(BytesIO(drawn)) as long:
        assert long.width == 576
        assert picture.height < long.height < 8000, "longer, and still a ticket that the printer takes"


def test_a_ticket_is_in_the_persons_language_first(typesetter: Typesetter) -> None:
    assert ticket(typesetter, "ar").tobytes() != ticket(typesetter, "fr").tobytes()


def declaration(typesetter: Typesetter, data: DeclarationData = DECLARATION) -> bytes:
    return typesetter.set("declaration", declaration_page(data), data.at_ms)


def test_a_declaration_is_one_form_in_two_languages_with_room_to_write(typesetter: Typesetter) -> None:
    text = flat(text_of(declaration(typesetter)))
    for said in (
        "Déclaration sur l’honneur de parenté",
        "تصريح بالشرف بالقرابة العائلية",
        "Je soussigné(e)",
        "Nom complet",
        "N° de la CNIE",
        "Date et lieu de naissance",
        "Lien de parenté",
        "Je déclare sur l’honneur",
        "sanctions prévues par la loi",
        "Signature",
        "remplace depuis avril 2021 : Certificat de parenté",
        "loi n° 55-19",
        "......",
    ):
        assert said in text, said


def test_a_declaration_is_a_persons_own_paper(typesetter: Typesetter, tmp_path: Path) -> None:
    """No heading of the administration, no seal, no code: nobody takes it for a certificate."""
    pdf = declaration(typesetter)
    assert "Royaume du Maroc" not in text_of(pdf)
    assert "المملكة المغربية" not in text_of(pdf)
    assert codes_in(pdf, tmp_path) == []


def test_a_declaration_with_many_lines_stays_on_one_page(typesetter: Typesetter) -> None:
    lines = [Bilingual(ar=f"الوارث {number}، وصلته بالمتوفى", fr=f"Héritier {number}, lien") for number in range(6)]
    pdf = declaration(typesetter, msgspec.structs.replace(DECLARATION, lines=lines))
    assert len(PdfReader(BytesIO(pdf)).pages) == 1


def test_a_receipt_says_what_it_is_worth_besides(typesetter: Typesetter) -> None:
    worth = Bilingual(
        ar="إذا كان هذا الوصل مختوما ومؤرخا فهو وصل مؤقت بالتصريح. يسلم الوصل النهائي داخل أجل أقصاه 60 يوما." * 2,
        fr="Cacheté et daté par l’annexe, ce récépissé vaut récépissé provisoire de la déclaration. " * 3,
    )
    for paper in PAPERS:
        page = receipt_page(msgspec.structs.replace(RECEIPT, note=worth), "ar", paper)
        pdf = typesetter.set("receipt", page, ISSUED_MS)
        assert "vaut récépissé provisoire" in flat(text_of(pdf))
        assert len(PdfReader(BytesIO(pdf)).pages) == 1
