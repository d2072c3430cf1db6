"""Who asks for himself, who needs another, and who that may be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import msgspec
import pytest

from protocol.errors import CallerError, PersonError
from protocol.office.applicants import (
    Standing,
    check_association_ar,
    check_association_fr,
    check_represented,
    is_child,
    standing,
)
from protocol.office.case import State
from protocol.office.events import CertificateCollected, Representative, RequestSubmitted
from tests.protocol.office.stories import (
    APPLICANT,
    CITIZEN,
    CLERK,
    Story,
    completed,
    corrected,
    enquired,
    granted,
    ready,
    sealed,
    submitted,
)

TODAY = date(2026, 11, 27)
FATHER = Representative(
    capacity="guardian", cnie="FA999", name_fr="Ali El Amrani", name_ar="علي العمراني", basis="livret de famille 12"
)
PRESIDENT = msgspec.structs.replace(FATHER, capacity="president", document="residence_card", cnie="B012345X")


@pytest.mark.parametrize(
    ("born", "child"),
    [("2008-11-28", True), ("2008-11-27", False), ("2008-11-26", False), ("2026-11-27", True), ("1950-01-01", False)],
)
def test_childhood_ends_with_eighteen_full_years(born: str, child: bool) -> None:
    assert is_child(born, TODAY) is child


def test_who_was_born_on_a_leap_day_is_of_age_on_the_first_of_march() -> None:
    assert is_child("2008-02-29", date(2026, 2, 28))
    assert not is_child("2008-02-29", date(2026, 3, 1))


def test_an_association_is_no_child_however_young() -> None:
    assert standing("association", "2025-01-01", TODAY) is Standing.ASSOCIATION
    assert standing("none", "2020-01-01", TODAY) is Standing.CHILD
    assert standing("cnie", "1987-03-12", TODAY) is Standing.ADULT


@pytest.mark.parametrize(
    ("stands", "by", "fits"),
    [
        (Standing.ADULT, None, True),
        (Standing.ADULT, FATHER, True),
        (Standing.ADULT, msgspec.structs.replace(FATHER, capacity="proxy"), True),
        (Standing.ADULT, PRESIDENT, False),
        (Standing.CHILD, FATHER, True),
        (Standing.CHILD, None, False),
        (Standing.CHILD, msgspec.structs.replace(FATHER, capacity="proxy"), False),
        (Standing.ASSOCIATION, PRESIDENT, True),
        (Standing.ASSOCIATION, FATHER, False),
        (Standing.ASSOCIATION, None, False),
    ],
)
def test_only_who_has_the_right_asks_for_another(stands: Standing, by: Representative | None, fits: bool) -> None:
    if fits:
        check_represented(stands, by)
    else:
        with pytest.raises(PersonError):
            check_represented(stands, by)


@pytest.mark.parametrize("name", ["Association Al Amal 2000", "Coopérative « Tissage d’Aklim »", "AMDH (section)"])
def test_an_association_is_named_with_digits_and_signs(name: str) -> None:
    assert check_association_fr(f" {name} ") == name


@pytest.mark.parametrize("name", ["", "A", "2000", "جمعية الأمل", "Amal\u202e", "x" * 81])
def test_an_association_without_a_latin_name_is_sent_back(name: str) -> None:
    with pytest.raises(PersonError):
        check_association_fr(name)


def test_an_associations_arabic_name_is_arabic() -> None:
    assert check_association_ar("جمعية  الأمل 2000") == "جمعية الأمل 2000"
    for name in ("Association", "2000", "", "جمعية Amal"):
        with pytest.raises(PersonError):
            check_association_ar(name)


def for_a_child(by: Representative | None, document: str = "none") -> RequestSubmitted:
    child = msgspec.structs.replace(APPLICANT, document=document, cnie="", birth_date="2020-05-01", verified=True)
    return msgspec.structs.replace(submitted((), CLERK), applicant=child, represented_by=by)


def test_the_law_of_a_request_wants_someone_for_who_has_no_document() -> None:
    for event in (for_a_child(None), for_a_child(FATHER, "association"), for_a_child(PRESIDENT, "none")):
        with pytest.raises(PersonError):
            Story().then(event)
    story = Story().then(for_a_child(FATHER))
    assert story.case.represented_by == FATHER


def test_nobody_asks_for_another_from_a_kiosk() -> None:
    with pytest.raises(PersonError) as caught:
        Story().then(msgspec.structs.replace(for_a_child(FATHER), by=CITIZEN))
    assert caught.value.status == 403


def handed(story: Story, to: str) -> Callable[[], Story]:
    event = CertificateCollected(follows=list(story.heads), card_seen=True, collected_by=to, by=CLERK)  # type: ignore[arg-type]  # the wrong ones too
    return lambda: story.then(event)


def ready_for(event: RequestSubmitted) -> Story:
    story = Story().then(event)
    story.then(completed(story.heads, enquiry=True))
    story.then(enquired(story.heads))
    for write in (granted, sealed, ready):
        story.then(write(story.heads))
    return story


def test_the_case_remembers_who_took_the_paper() -> None:
    story = ready_for(for_a_child(FATHER))
    with pytest.raises(PersonError):
        handed(story, "applicant")()
    assert handed(story, "representative")().case.collected_by == "representative"
    assert story.case.history[-1].note == "representative"
    alone = ready_for(submitted((), CITIZEN))
    with pytest.raises(PersonError):
        handed(alone, "representative")()
    assert handed(alone, "applicant")().case.collected_by == "applicant"
    assert alone.case.state is State.COLLECTED


def test_what_a_request_says_is_put_right_by_a_card_and_only_where_it_differs() -> None:
    story = Story().then(submitted((), CITIZEN))
    assert not story.case.identity_seen
    same = msgspec.structs.replace(corrected(story.heads), applicant=APPLICANT)
    with pytest.raises(PersonError):
        story.then(same)
    unseen = msgspec.structs.replace(APPLICANT, address="3, rue du Lac")
    with pytest.raises(CallerError):
        story.then(msgspec.structs.replace(same, applicant=unseen))
    assert story.then(corrected(story.heads)).case.identity_seen
