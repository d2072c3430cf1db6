"""The law of a request, told as stories: what may happen, what may not, and with which sentence it is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest

from protocol.errors import CallerError, PersonError, PersonErrors
from protocol.office import casework
from protocol.office.casework import State, Step
from protocol.office.events import CaseEvent
from tests.protocol.office.stories import (
    ADMIN,
    AGENT,
    CITIZEN,
    CLERK,
    OTHER_AGENT,
    PROCEDURE,
    SUPERVISOR,
    SYSTEM,
    Story,
    annulled,
    answered,
    appealed,
    asked,
    attempted,
    collected,
    completed,
    corrected,
    enquired,
    fact,
    failed,
    granted,
    lapsed,
    queued,
    reached,
    ready,
    refused,
    reopened,
    replaced,
    sealed,
    sealed_again,
    sent,
    submitted,
    told,
    under_decision,
    undone,
    withdrawn,
)  # fmt: skip

Write = Callable[[Sequence[bytes]], CaseEvent]


def tell(story: Story, *writes: Write) -> Story:
    for write in writes:
        story.then(write(story.heads))
    return story


def refusal(story: Story, event: CaseEvent) -> PersonError:
    before = story.folded
    with pytest.raises(PersonError) as caught:
        story.then(event)
    assert story.folded == before
    return caught.value


def test_a_residence_certificate_from_the_kiosk_to_the_hand() -> None:
    story = tell(Story(), submitted)
    assert (story.case.state, story.case.complete_ms) == (State.SUBMITTED, None)
    assert story.case.due == date(2027, 1, 23), "provisional, as on the receipt"
    assert tell(story, completed).case.state is State.FIELD_ENQUIRY
    assert story.case.due == date(2027, 2, 1), "counted anew from the complete dossier"
    assert story.case.pieces == ("cnie", "bill")
    assert tell(story, enquired).case.state is State.UNDER_DECISION
    assert tell(story, granted).case.state is State.APPROVED, "approval is not readiness"
    assert tell(story, sealed, ready, queued, attempted, sent).case.state is State.READY
    assert [message.state for message in story.case.messages] == ["sent"]
    tell(story, collected)
    assert story.case.state is State.COLLECTED
    assert all(step.lawful for step in story.case.history)
    assert casework.fold(reversed(story.facts)) == story.case


def test_a_refusal_gives_its_reason_is_told_and_can_be_appealed() -> None:
    story = under_decision()
    for blank in ("", "   "):
        assert "reason" in refusal(story, refused(story.heads, reason=blank)).message
    assert refusal(story, msgspec.structs.replace(refused(story.heads), reason_code="")).field == "reason_text"
    tell(story, refused, queued, failed, told, appealed)
    assert story.case.state is State.REFUSED
    assert [message.state for message in story.case.messages] == ["told"]
    assert story.case.history[-1].kind == "appeal.lodged"


def test_missing_documents_are_asked_for_once() -> None:
    story = tell(Story(), submitted, asked)
    assert (story.case.state, story.case.asked) == (State.AWAITING_PIECES, ("bill",))
    assert refusal(story, asked(story.heads)).status == 409
    tell(story, completed, enquired)
    error = refusal(story, asked(story.heads, AGENT))
    assert "once only" in error.message


def test_the_agent_may_ask_once_and_the_enquiry_is_not_made_again() -> None:
    story = under_decision()
    story.then(asked(story.heads, AGENT))
    assert story.case.complete_ms is None, "the delay starts anew with the complete dossier"
    with pytest.raises(CallerError):
        story.then(completed(story.heads, enquiry=True))
    story.then(completed(story.heads, enquiry=False))
    assert story.case.state is State.UNDER_DECISION


def test_only_documents_of_the_catalogue_may_be_asked_for() -> None:
    story = tell(Story(), submitted)
    invented = msgspec.structs.replace(asked(story.heads), pieces=["legalised copy"])
    assert refusal(story, invented).field == "pieces"
    assert refusal(story, msgspec.structs.replace(asked(story.heads), pieces=[])).field == "pieces"


def test_a_dossier_is_complete_when_each_piece_was_seen() -> None:
    story = tell(Story(), submitted)
    whole = completed(story.heads)
    for pieces in ([], whole.pieces[:1]):
        assert refusal(story, msgspec.structs.replace(whole, pieces=pieces)).field == "pieces"
    assert story.case.state is State.SUBMITTED


def test_a_procedure_without_an_enquiry_goes_straight_to_the_agent() -> None:
    story = tell(Story(msgspec.structs.replace(PROCEDURE, field_enquiry=False)), submitted)
    with pytest.raises(CallerError):
        story.then(completed(story.heads, enquiry=True))
    assert story.then(completed(story.heads, enquiry=False)).case.state is State.UNDER_DECISION


def test_a_decision_is_taken_once() -> None:
    story = tell(under_decision(), granted)
    assert refusal(story, granted(story.heads)).status == 409
    assert refusal(story, refused(story.heads)).status == 409


def test_nothing_is_decided_before_dossier_and_enquiry() -> None:
    story = Story()
    for write in (submitted, completed):
        story.then(write(story.heads))
        assert refusal(story, granted(story.heads)).status == 409


def test_a_decision_is_undone_by_who_took_it_before_it_is_sealed_or_told() -> None:
    story = tell(under_decision(), granted)
    assert refusal(story, undone(story.heads, OTHER_AGENT)).status == 403
    tell(story, undone)
    assert (story.case.state, story.case.decision) == (State.UNDER_DECISION, None)
    tell(story, granted, sealed)
    assert refusal(story, undone(story.heads)).status == 409
    told_already = tell(under_decision(), refused, queued)
    assert refusal(told_already, undone(told_already.heads)).status == 409


def test_paper_comes_in_its_order() -> None:
    story = tell(under_decision(), granted)
    assert "not sealed yet" in refusal(story, ready(story.heads)).message
    tell(story, sealed)
    assert refusal(story, sealed(story.heads)).status == 409
    unstamped = msgspec.structs.replace(ready(story.heads), stamped=False)
    assert refusal(story, unstamped).field == "stamped"
    assert refusal(story, collected(story.heads)).status == 409
    tell(story, ready)
    assert refusal(story, msgspec.structs.replace(collected(story.heads), card_seen=False)).field == "card_seen"


def test_a_request_is_withdrawn_while_nothing_is_answered() -> None:
    assert tell(under_decision(), withdrawn).case.state is State.WITHDRAWN
    story = tell(under_decision(), granted)
    assert refusal(story, withdrawn(story.heads)).status == 409


def test_a_request_lapses_when_the_missing_piece_never_comes() -> None:
    assert tell(Story(), submitted, asked, lapsed).case.state is State.LAPSED


@pytest.mark.parametrize(
    ("write", "roles"),
    [(granted, (CITIZEN, CLERK, SUPERVISOR, SYSTEM, ADMIN)), (withdrawn, (AGENT, SYSTEM, ADMIN))],
)
def test_each_does_his_own_part(write: Callable[..., CaseEvent], roles: Sequence[object]) -> None:
    story = under_decision()
    for actor in roles:
        assert refusal(story, write(story.heads, actor)).status == 403


def test_nobody_files_a_request_for_what_is_not_asked_for_here() -> None:
    gone = msgspec.structs.replace(PROCEDURE, status="abolished")
    assert refusal(Story(gone), submitted()).status == 409
    assert refusal(Story(), submitted(by=AGENT)).status == 403
    assert isinstance(
        refusal(Story(), msgspec.structs.replace(submitted(), answers={"purpose": "school"})), PersonErrors
    )
    with pytest.raises(CallerError):
        casework.check(None, submitted(), msgspec.structs.replace(PROCEDURE, version=4))
    with pytest.raises(CallerError):
        Story().then(submitted([b"h" * 32]))


def test_a_case_is_judged_by_the_version_that_it_was_opened_under() -> None:
    story = tell(Story(), submitted)
    with pytest.raises(CallerError):
        casework.check(story.case, completed(story.heads), msgspec.structs.replace(PROCEDURE, version=4))


def test_who_decides_on_an_old_view_of_the_case_is_told_to_look_again() -> None:
    story = tell(Story(), submitted)
    old = story.heads
    tell(story, completed)
    assert "changed meanwhile" in refusal(story, enquired(old)).message


def test_a_message_is_queued_before_it_is_tried() -> None:
    story = tell(under_decision(), refused)
    with pytest.raises(CallerError):
        story.then(attempted(story.heads))
    tell(story, queued, attempted)
    assert [message.state for message in story.case.messages] == ["sending"]
    with pytest.raises(CallerError):
        story.then(queued(story.heads))
    story.then(failed(story.heads, final=False))
    assert [(message.state, message.why) for message in story.case.messages] == [("waiting", "no network")]


def test_a_frozen_case_is_not_changed() -> None:
    story = tell(Story(), submitted)
    with pytest.raises(PersonError) as caught:
        casework.check(replace(story.case, frozen=True), completed(story.heads), PROCEDURE)
    assert caught.value.status == 409


def test_the_history_names_who_did_what_when_and_how_it_ended() -> None:
    story = tell(under_decision(), refused)
    assert story.case.history[-2:] == (
        Step("enquiry.reported", 2_000, CLERK, "favourable"),
        Step("decision.taken", 3_000, AGENT, "refused"),
    )


def test_the_drawn_table_holds_every_rule() -> None:
    lines = casework.transitions_markdown().splitlines()
    assert len(lines) == 2 + len(casework.TRANSITIONS)
    assert "| under_decision | `decision.taken` | authority | approved, refused |" in lines
    assert lines[2] == "| (none) | `request.submitted` | citizen, clerk, supervisor | submitted |"


def test_the_table_in_the_readme_is_the_table() -> None:
    readme = (Path(__file__).parents[3] / "protocol" / "office" / "README.md").read_text("utf-8")
    shown = readme.split("<!-- transitions -->\n")[1].split("<!-- /transitions -->")[0]
    assert shown == casework.transitions_markdown()


def test_what_the_modem_answers_fits_whatever_became_of_the_request() -> None:
    story = tell(under_decision(), granted, sealed, ready, queued, attempted, collected, sent)
    assert story.case.state is State.COLLECTED
    assert [message.state for message in story.case.messages] == ["sent"]


def test_no_rule_grants_anything_but_a_decision() -> None:
    granted_already = (State.APPROVED, State.READY, State.COLLECTED)
    for (state, kind), rule in casework.TRANSITIONS.items():
        if State.APPROVED in rule.then and state not in granted_already:
            assert kind == "decision.taken"
            assert rule.roles <= {"authority", "supervisor"}


def test_part_of_the_delay_is_noted_once_and_its_end_is_silence_that_grants_nothing() -> None:
    story = under_decision()
    for mark in (50, 80, 100):
        story.then(reached(story.heads, mark=mark))
    assert (story.case.state, story.case.marks, story.case.silent) == (State.UNDER_DECISION, (50, 80, 100), True)
    with pytest.raises(CallerError):
        story.then(reached(story.heads, mark=80))
    tell(story, queued)
    assert not story.case.told, "to tell of silence is not to tell of an answer"
    tell(story, granted, undone, granted)
    assert not story.case.silent


def test_a_mark_belongs_to_the_delay_that_runs() -> None:
    story = under_decision()
    with pytest.raises(CallerError):
        story.then(msgspec.structs.replace(reached(story.heads), due="2027-01-23"))
    tell(story, reached)
    story.then(asked(story.heads, AGENT))
    assert story.case.marks == (), "the delay stands while a document is missing"
    assert refusal(story, reached(story.heads)).status == 409
    story.then(completed(story.heads, enquiry=False))
    assert tell(story, reached).case.marks == (50,)


def test_an_appeal_is_lodged_once_with_its_grounds_and_answered_with_a_reason() -> None:
    story = tell(under_decision(), refused)
    assert refusal(story, answered(story.heads)).status == 409
    assert refusal(story, msgspec.structs.replace(appealed(story.heads), grounds="  ")).field == "grounds"
    tell(story, appealed)
    assert refusal(story, appealed(story.heads)).status == 409
    assert refusal(story, answered(story.heads, AGENT)).status == 403
    assert refusal(story, msgspec.structs.replace(answered(story.heads), reason_text=" ")).field == "reason_text"
    tell(story, queued, answered)
    assert story.case.appeal is not None
    assert (story.case.state, story.case.appeal.outcome, story.case.told) == (State.REFUSED, "rejected", False)
    assert refusal(story, answered(story.heads)).status == 409


def test_an_appeal_that_is_heard_brings_the_request_back_to_the_agent() -> None:
    story = tell(under_decision(), refused, queued, sent, appealed, reopened)
    assert (story.case.state, story.case.decision) == (State.UNDER_DECISION, None)
    tell(story, granted)
    assert tell(story, undone).case.state is State.UNDER_DECISION, "the new decision was not told yet"


def test_a_wrong_certificate_is_annulled_put_right_and_decided_anew() -> None:
    story = tell(under_decision(), granted, sealed, ready, queued, sent, collected)
    assert refusal(story, annulled(story.heads, CLERK)).status == 403
    assert refusal(story, msgspec.structs.replace(annulled(story.heads), reason_text="")).field == "reason_text"
    with pytest.raises(CallerError):
        story.then(msgspec.structs.replace(annulled(story.heads), serial="other"))
    tell(story, annulled)
    assert [(void.serial, void.cause) for void in story.case.void] == [("abc", "annulled")]
    assert (story.case.state, story.case.certificate, story.case.decision) == (State.UNDER_DECISION, None, None)
    assert story.case.due == date(2027, 3, 1)
    tell(story, corrected, granted)
    assert story.case.applicant.name_fr == "Fatima Zahra El Amrani"
    with pytest.raises(CallerError):
        story.then(sealed(story.heads))
    tell(story, sealed_again, ready, collected)
    assert story.case.certificate is not None
    assert story.case.certificate.serial == "def"


def test_a_lost_certificate_is_replaced_on_the_strength_of_the_same_decision() -> None:
    story = tell(under_decision(), granted, sealed)
    assert refusal(story, replaced(story.heads)).status == 409
    tell(story, ready, collected)
    assert refusal(story, replaced(story.heads, AGENT)).status == 403
    decision = story.case.decision
    tell(story, replaced)
    assert (story.case.state, story.case.decision) == (State.APPROVED, decision)
    assert refusal(story, undone(story.heads)).status == 409, "the decision was answered once"
    tell(story, sealed_again, ready, collected)
    assert [(void.serial, void.cause) for void in story.case.void] == [("abc", "lost")]


def test_what_is_decided_is_corrected_no_more() -> None:
    story = tell(under_decision(), granted)
    assert refusal(story, corrected(story.heads)).status == 409


def test_two_branches_that_answer_an_appeal_differently_are_a_conflict() -> None:
    story = tell(under_decision(), refused, appealed)
    beside = fact(reopened(story.heads), "clone", 50_000)
    tell(story, answered)
    assert casework.fold([*story.facts, beside]).state is State.CONFLICT


def test_what_two_branches_sealed_is_kept_whichever_counts() -> None:
    story = tell(under_decision(), granted)
    elsewhere = msgspec.structs.replace(sealed(story.heads), serial="xyz", blob=b"e" * 32, size=9)
    here = msgspec.structs.replace(sealed(story.heads), size=8)
    story.then(here)
    tell(story, ready)
    case = casework.fold([*story.facts, fact(elsewhere, "clone", 50_000)])
    assert {paper.blob for paper in case.papers} == {here.blob, elsewhere.blob}
    assert {file.size for file in case.files} == {8, 9}
