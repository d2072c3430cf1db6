"""A scan of a piece: what is copied, until when, and what a decision rested on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import pytest

from protocol.errors import CallerError, PersonError
from protocol.office import casework
from protocol.office.case import State
from protocol.office.casework import Case, Fact
from protocol.office.events import CaseEvent
from protocol.office.scan_duties import MAX_SCANS
from tests.protocol.office.stories import (
    AGENT,
    CITIZEN,
    SYSTEM,
    Story,
    collected,
    completed,
    enquired,
    fact,
    granted,
    ready,
    scanned,
    sealed,
    submitted,
    unscanned,
)


def filed() -> Story:
    story = Story()
    story.then(submitted(()))
    return story


def tell(story: Story, *writes: Callable[[Sequence[bytes]], CaseEvent]) -> None:
    for write in writes:
        story.then(write(story.heads))


def refusal(story: Story, event: CaseEvent) -> PersonError:
    with pytest.raises(PersonError) as caught:
        story.then(event)
    return caught.value


def test_what_is_left_in_the_dossier_is_scanned_and_moves_the_request_nowhere() -> None:
    story = filed()
    story.then(scanned(story.heads))
    story.then(scanned(story.heads, page=b"2"))
    assert story.case.state is State.SUBMITTED
    assert [(scan.piece, scan.media, scan.size) for scan in story.case.scans_held] == [("bill", "image/jpeg", 4000)] * 2


def test_what_is_only_shown_is_not_copied() -> None:
    story = filed()
    shown = msgspec.structs.replace(scanned(story.heads), piece="cnie")
    assert "law 55-19" in refusal(story, shown).message
    assert refusal(story, msgspec.structs.replace(shown, piece="diploma")).field == "piece"


def test_the_same_scan_stands_once_in_a_dossier() -> None:
    story = filed()
    story.then(scanned(story.heads))
    assert refusal(story, scanned(story.heads)).status == 409
    story.then(unscanned(story.heads))
    story.then(scanned(story.heads))
    assert [scan.removed for scan in story.case.scans] == ["mistake", ""]


def test_a_dossier_holds_no_more_scans_than_it_may() -> None:
    story = filed()
    for number in range(MAX_SCANS):
        story.then(scanned(story.heads, page=bytes([number])))
    assert "one PDF" in refusal(story, scanned(story.heads, page=b"more")).message


def test_who_decides_and_who_asks_attach_nothing() -> None:
    story = filed()
    for stranger in (CITIZEN, AGENT, SYSTEM):
        assert refusal(story, scanned(story.heads, stranger)).status == 403


def test_a_decided_dossier_stays_as_it_was_read_but_for_what_was_kept_long_enough() -> None:
    story = filed()
    tell(story, scanned, completed, enquired, granted)
    assert "answered" in refusal(story, scanned(story.heads, page=b"2")).message
    assert refusal(story, unscanned(story.heads)).status == 403
    tell(story, sealed, ready, collected)
    read = story.case.scans_read
    story.then(unscanned(story.heads, SYSTEM))
    assert story.case.scans_held == ()
    assert story.case.scans_read == read, "the signed sheet still names what the agent saw"


def test_the_appliance_removes_what_was_kept_and_a_clerk_what_was_a_mistake() -> None:
    story = filed()
    story.then(scanned(story.heads))
    swapped = msgspec.structs.replace(unscanned(story.heads), cause="retention")
    with pytest.raises(CallerError):
        story.then(swapped)
    assert refusal(story, unscanned(story.heads, page=b"2")).status == 409


def test_a_scan_that_was_attached_on_two_branches_stands_once() -> None:
    opened = fact(submitted(()), "opened")
    one, other = (fact(scanned([opened.hash]), name) for name in ("here", "on the copied card"))
    case = fold([opened, one, other])
    assert len(case.scans) == 1
    assert all(step.lawful for step in case.history)


def fold(facts: list[Fact]) -> Case:
    """Both orders of arrival give one case."""
    case = casework.fold(facts)
    assert casework.fold(reversed(facts)) == case
    return case
