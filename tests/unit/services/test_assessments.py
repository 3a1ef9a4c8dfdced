"""Assessments through their service: begun, submitted, changed, read, on both databases."""

import threading
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from lti_tool.domain.assessment import State
from lti_tool.domain.errors import (
    AlreadySubmitted,
    AssessmentWithdrawn,
    FormInvalid,
    NotAllowed,
    NotYours,
    StaleVersion,
    UnknownThing,
)
from lti_tool.domain.people import Actor, Role
from lti_tool.models.assessment import AssessmentVersion, Flag, Occasion
from lti_tool.models.audit import AuditEntry
from lti_tool.models.passback import Passback
from lti_tool.models.result import Result
from lti_tool.services.unit import Rounds
from tests.factories import Ward, ward


@pytest.fixture
def place(rounds: Rounds) -> Ward:
    return ward(rounds)


def refused(place: Ward, actor: Actor, number: int, **changes: object) -> dict[str, str]:
    content = replace(place.content("teamwork", 3), **changes)
    with pytest.raises(FormInvalid) as caught, place.rounds.work() as unit:
        unit.assessments.submit(actor, number, 1, content)
    return caught.value.faults


def test_a_draft_keeps_what_was_typed_and_counts_nowhere(place: Ward) -> None:
    number = place.draft(place.helen, place.amara, "teamwork")
    half = replace(place.content("teamwork", 3), ratings={"TW-1": 4, "TW-2": None}, on=None)
    with place.rounds.work() as unit:
        assert unit.assessments.save_draft(place.helen, number, 1, half) == 2
    with place.rounds.reading() as unit:
        form = unit.assessments.form(place.helen, number)
        assert form.content == half
        assert (form.version, form.state) == (2, State.DRAFT)
        assert unit.session.scalar(select(func.count(Result.id))) == 0
    assert place.draft(place.helen, place.amara, "teamwork") == number


def test_a_submit_writes_result_audit_and_message_together(
    place: Ward, jobs: list[tuple[str, str]]
) -> None:
    number = place.score(place.helen, place.amara, "teamwork", 3, worked="Sickest first.")
    with place.rounds.reading() as unit:
        result = unit.session.scalars(select(Result)).one()
        assert (result.mean, result.grade, result.assessments) == ("3/1", "80/1", 1)
        owed = unit.session.scalars(select(Passback)).one()
        assert (owed.message["score"], owed.message["maximum"]) == ("80", "100")
        assert "Dr Helen Brandt scored Teamwork on 14 September." in owed.message["comment"]
        assert "Teamwork 1 of 2" in owed.message["comment"]
        entry = unit.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "assessment-submitted")
        ).one()
        assert (entry.actor_id, entry.about_id) == (place.helen.person, str(number))
    assert ("passback", f"{owed.id}:1") in jobs


def test_nothing_is_written_when_the_form_has_faults(place: Ward) -> None:
    number = place.draft(place.helen, place.amara, "teamwork")
    ratings = {"TW-1": 3, "TW-2": 3, "TW-3": 1, "TW-4": 3, "TW-5": 3}
    assert refused(place, place.helen, number, ratings=ratings, on=None, concern=True) == {
        "on": "date-missing",
        "happened-TW-3": "what-happened",
        "TW-6": "choose",
        "concern-text": "what-happened",
    }
    with place.rounds.reading() as unit:
        assert unit.assessments.form(place.helen, number).state == State.DRAFT
        assert unit.session.scalar(select(func.count(Passback.id))) == 0


def test_a_date_ahead_and_an_assessment_of_nothing_are_refused(place: Ward) -> None:
    number = place.draft(place.helen, place.amara, "teamwork")
    nothing = place.content("teamwork", None).ratings
    assert refused(place, place.helen, number, on=date(2100, 1, 1), ratings=nothing) == {
        "on": "date-ahead",
        "TW-1": "nothing-seen",
    }


def test_the_second_tab_is_refused_and_changes_nothing(place: Ward) -> None:
    number = place.draft(place.helen, place.amara, "teamwork")
    first, second = place.content("teamwork", 3), place.content("teamwork", 2)
    with place.rounds.work() as unit:
        unit.assessments.save_draft(place.helen, number, 1, first)
    with pytest.raises(StaleVersion), place.rounds.work() as unit:
        unit.assessments.save_draft(place.helen, number, 1, second)
    with pytest.raises(StaleVersion), place.rounds.work() as unit:
        unit.assessments.submit(place.helen, number, 1, second)
    with place.rounds.reading() as unit:
        assert unit.assessments.form(place.helen, number).content == first


def test_a_submitted_one_is_not_submitted_again(place: Ward) -> None:
    number = place.score(place.helen, place.amara, "teamwork", 3)
    for act in ("submit", "save_draft"):
        with pytest.raises(AlreadySubmitted), place.rounds.work() as unit:
            getattr(unit.assessments, act)(place.helen, number, 2, place.content("teamwork", 2))


def test_two_supervisors_at_the_same_moment_both_count(place: Ward) -> None:
    drafts = [
        (actor, place.draft(actor, place.amara, "teamwork")) for actor in (place.helen, place.ruth)
    ]
    content, failures = place.content("teamwork", 3), []
    together = threading.Barrier(2)

    def submit(actor: Actor, number: int) -> None:
        together.wait()
        try:
            with place.rounds.work() as unit:
                unit.assessments.submit(actor, number, 1, content)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=submit, args=draft) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with place.rounds.reading() as unit:
        assert unit.session.scalars(select(Result)).one().assessments == 2


def test_an_amendment_keeps_what_was_said_before_and_why(place: Ward) -> None:
    number = place.score(place.helen, place.amara, "teamwork", 3)
    better = place.content("teamwork", 4)
    with pytest.raises(FormInvalid, match="reason"), place.rounds.work() as unit:
        unit.assessments.amend(place.helen, number, 2, better, " ")
    with place.rounds.work() as unit:
        unit.assessments.amend(place.helen, number, 2, better, "Took the wrong column.")
    with place.rounds.reading() as unit:
        reading = unit.assessments.read(place.helen, number)
        assert reading.state == State.AMENDED
        assert reading.content.ratings["TW-1"] == 4
        [earlier] = reading.earlier
        assert (earlier.version, earlier.reason) == (2, "Took the wrong column.")
        assert earlier.changed_by == "Dr Helen Brandt"
        assert earlier.content.ratings["TW-1"] == 3
        assert unit.session.scalars(select(Result)).one().grade == "100/1"


def test_a_withdrawn_one_takes_its_number_back(place: Ward) -> None:
    number = place.score(place.helen, place.amara, "teamwork", 3)
    with place.rounds.work() as unit:
        unit.assessments.withdraw(place.helen, number, 2, "Scored the wrong evening.")
    with place.rounds.reading() as unit:
        owed = unit.session.scalars(select(Passback).order_by(Passback.stamp)).all()
        assert [row.state for row in owed] == ["superseded", "waiting"]
        assert owed[-1].message["score"] is None
        assert owed[0].stamp < owed[1].stamp
        assert unit.session.scalars(select(AssessmentVersion)).one().reason
    with pytest.raises(AssessmentWithdrawn), place.rounds.work() as unit:
        unit.assessments.withdraw(place.helen, number, 3, "Again.")


def test_moving_to_the_right_intern_moves_the_number(place: Ward) -> None:
    number = place.score(place.helen, place.amara, "teamwork", 3)
    with place.rounds.work() as unit:
        unit.assessments.move(place.lead, number, 2, place.jonas.person, "Was Jonas.")
    with place.rounds.reading() as unit:
        found = {row.intern_id: row.grade for row in unit.session.scalars(select(Result))}
        assert found == {place.amara.person: None, place.jonas.person: "80/1"}
        owed = unit.session.scalars(select(Passback).order_by(Passback.id)).all()
        assert {row.intern_id: row.message["score"] for row in owed if row.state == "waiting"} == {
            place.amara.person: None,
            place.jonas.person: "80",
        }


def test_low_on_a_critical_criterion_raises_a_flag_only_leads_see(place: Ward) -> None:
    number = place.score(
        place.helen,
        place.amara,
        "teamwork",
        3, 3, 1, 3,
        what_happened={"TW-3": "Left without handing over."},
        concern=True,
        concern_text="A list lay in the corridor.",
    )  # fmt: skip
    with place.rounds.reading() as unit:
        flags = unit.flags.open(place.lead, place.activity)
        assert [(flag.criterion_id, flag.text) for flag in flags] == [
            ("TW-3", "Left without handing over."),
            (None, "A list lay in the corridor."),
        ]
        for reader in (place.helen, place.amara):
            assert unit.assessments.read(reader, number).flags == ()
            with pytest.raises(NotAllowed):
                unit.flags.open(reader, place.activity)
        assert len(unit.assessments.read(place.lead, number).flags) == 2
        seen = unit.assessments.read(place.amara, number).content
        assert (seen.what_happened, seen.concern, seen.concern_text) == ({}, False, "")


def test_an_amendment_drops_the_flag_whose_cause_is_gone(place: Ward) -> None:
    number = place.score(
        place.helen, place.amara, "teamwork", 3, 3, 1, 3, what_happened={"TW-3": "Left early."}
    )
    with place.rounds.work() as unit:
        unit.assessments.amend(
            place.helen, number, 2, place.content("teamwork", 3), "It was another day."
        )
    with place.rounds.reading() as unit:
        assert unit.flags.open(place.lead, place.activity) == []
        assert unit.session.scalars(select(Flag)).one().dropped


def test_a_flag_is_resolved_with_a_note(place: Ward) -> None:
    place.score(
        place.helen, place.amara, "teamwork", 3, 3, 1, 3, what_happened={"TW-3": "Left early."}
    )
    with place.rounds.reading() as unit:
        [flag] = unit.flags.open(place.lead, place.activity)
    with pytest.raises(FormInvalid), place.rounds.work() as unit:
        unit.flags.resolve(place.lead, flag.id, " ")
    with place.rounds.work() as unit:
        unit.flags.resolve(place.lead, flag.id, "Talked it through with both.")
    with place.rounds.reading() as unit:
        assert unit.flags.open(place.lead, place.activity) == []
        assert unit.flags.get(place.lead, flag.id).resolved_by == "Dr Ingrid Solheim"


def test_who_may_read_what(place: Ward) -> None:
    number = place.score(place.helen, place.amara, "teamwork", 3)
    with place.rounds.reading() as unit:
        for reader in (place.helen, place.lead, place.amara):
            assert unit.assessments.read(reader, number).intern.name == "Amara Okafor"
        for stranger in (place.ruth, place.jonas, place.observer):
            with pytest.raises(NotYours):
                unit.assessments.read(stranger, number)
    place.score(place.ruth, place.amara, "teamwork", 2)
    with place.rounds.reading() as unit:
        assert unit.assessments.read(place.ruth, number).assessor.name == "Dr Helen Brandt"


def test_who_no_longer_scores_reads_nothing_any_more(place: Ward) -> None:
    number = place.score(place.helen, place.amara, "teamwork", 3)
    for role in (Role.OBSERVER, Role.NONE, Role.INTERN):
        with pytest.raises(NotYours), place.rounds.reading() as unit:
            unit.assessments.read(replace(place.helen, role=role), number)


def test_a_paper_form_is_its_assessors_also_when_who_typed_it_leads_no_more(place: Ward) -> None:
    number = place.draft(place.lead, place.amara, "teamwork", paper_for=place.ruth.person)
    with place.rounds.work() as unit:
        unit.assessments.submit(place.lead, number, 1, place.content("teamwork", 3))
    typist = replace(place.lead, role=Role.SUPERVISOR)
    with pytest.raises(NotYours), place.rounds.reading() as unit:
        unit.assessments.read(typist, number)
    with pytest.raises(NotYours), place.rounds.work() as unit:
        unit.assessments.withdraw(typist, number, 2, "No.")


def test_the_right_intern_does_not_read_whom_it_was_taken_for(place: Ward) -> None:
    number = place.score(place.helen, place.amara, "teamwork", 3)
    with place.rounds.work() as unit:
        unit.assessments.move(place.helen, number, 2, place.jonas.person, "Not Amara Okafor.")
    with place.rounds.reading() as unit:
        assert unit.assessments.read(place.jonas, number).earlier == ()
        assert len(unit.assessments.read(place.lead, number).earlier) == 1


def test_who_may_change_what(place: Ward) -> None:
    number = place.score(place.helen, place.amara, "teamwork", 3)
    content = place.content("teamwork", 4)
    for other in (place.ruth, place.lead, place.amara, place.observer):
        with pytest.raises(NotAllowed), place.rounds.work() as unit:
            unit.assessments.amend(other, number, 2, content, "No.")
    for other in (place.ruth, place.amara, place.observer):
        with pytest.raises(NotAllowed), place.rounds.work() as unit:
            unit.assessments.withdraw(other, number, 2, "No.")
    for other in (place.amara, place.observer):
        with pytest.raises(NotAllowed), place.rounds.work() as unit:
            unit.assessments.start(other, place.activity, place.jonas.person, "teamwork")


def test_another_course_knows_nothing_of_it(place: Ward) -> None:
    number = place.score(place.helen, place.amara, "teamwork", 3)
    other = ward(place.rounds)
    with pytest.raises(UnknownThing), place.rounds.reading() as unit:
        unit.assessments.read(other.lead, number)
    with pytest.raises(UnknownThing), place.rounds.work() as unit:
        unit.assessments.start(other.helen, other.activity, place.amara.person, "teamwork")
    with pytest.raises(UnknownThing), place.rounds.work() as unit:
        unit.assessments.start(other.helen, place.activity, other.amara.person, "teamwork")


def test_a_paper_form_is_entered_for_a_supervisor_and_says_so(place: Ward) -> None:
    number = place.draft(place.lead, place.amara, "teamwork", paper_for=place.ruth.person)
    with pytest.raises(NotYours), place.rounds.reading() as unit:
        unit.assessments.form(place.ruth, number)
    with place.rounds.reading() as unit:
        for actor, draft in ((place.lead, number), (place.ruth, None)):
            page = unit.assessments.start_page(actor, place.activity, place.amara.person)
            drafts = {one.competency.id: one.draft for one in page.competencies}
            assert drafts["teamwork"] == draft
    with place.rounds.work() as unit:
        unit.assessments.submit(place.lead, number, 1, place.content("teamwork", 3))
    with place.rounds.reading() as unit:
        reading = unit.assessments.read(place.lead, number)
        assert (reading.assessor.name, reading.entered_by) == ("Ruth Osei", "Dr Ingrid Solheim")
        assert not reading.may_amend
        assert unit.assessments.read(place.ruth, number).may_amend
    with pytest.raises(NotAllowed), place.rounds.work() as unit:
        unit.assessments.start(
            place.helen, place.activity, place.amara.person, "teamwork", paper_for=place.ruth.person
        )


def test_competencies_of_one_occasion_share_it_until_one_says_otherwise(place: Ward) -> None:
    first = place.score(place.helen, place.amara, "teamwork", 3, setting="Ward 6")
    second = place.draft(place.helen, place.amara, "documentation", same_occasion_as=first)
    with place.rounds.work() as unit:
        unit.assessments.submit(
            place.helen, second, 1, place.content("documentation", 3, setting="Ward 6")
        )
    with place.rounds.reading() as unit:
        assert unit.session.scalar(select(func.count(Occasion.id))) == 1
    with place.rounds.work() as unit:
        unit.assessments.amend(
            place.helen, second, 2, place.content("documentation", 3, setting="Ward 7"), "Ward 7."
        )
    with place.rounds.reading() as unit:
        assert unit.assessments.read(place.helen, first).content.setting == "Ward 6"
        assert unit.assessments.read(place.helen, second).content.setting == "Ward 7"


def test_a_discarded_draft_is_gone_with_its_occasion(place: Ward) -> None:
    number = place.draft(place.helen, place.amara, "teamwork")
    with place.rounds.work() as unit:
        unit.assessments.discard(place.helen, number)
    with place.rounds.reading() as unit:
        assert unit.session.scalar(select(func.count(Occasion.id))) == 0
    with pytest.raises(UnknownThing), place.rounds.reading() as unit:
        unit.assessments.form(place.helen, number)
